"""One Judge for the tests that run the gate's stages for real."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutants.judge import Judge


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """A Judge with an emulator of its own, which ends with the tests."""
    one = Judge(Path(tmp_path_factory.mktemp("judge")))
    yield one
    one.close()
