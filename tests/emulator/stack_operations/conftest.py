"""Fixtures of the tests in this folder."""

from collections.abc import Iterator

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack


@pytest.fixture
def stack(emulator: Emulator) -> Iterator[Stack]:
    """A stack of its own, deleted at the end."""
    one = Stack(emulator.client("cloudformation"))
    yield one
    one.delete()
