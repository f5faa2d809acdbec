"""Fixtures of the tests in this folder."""

from collections.abc import Iterator

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.iam import bucket_of


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    with bucket_of(emulator) as name:
        yield name
