"""Faults on purpose for the length of a test."""

from contextlib import AbstractContextManager
from typing import Any, cast

from harness.faults.injection import Disturbance, disturbed
from harness.targets.target import Target
from tests.emulator.conftest import Emulator

type Rule = dict[str, Any]


def chaos(emulator: Emulator, **kinds: Any) -> AbstractContextManager[Disturbance]:
    """Have things go wrong until the block ends: `faults`, `events`, `invocations`, `seed`."""
    return disturbed(cast(Target, emulator), **kinds)
