"""The command line as a person runs it, with a state folder of its own that ends with the test."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import emulator

Tapstack = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """A state folder; an emulator that a command left running in it is stopped at the end."""
    folder = tmp_path / "state"
    yield folder
    emulator.stop(folder)


@pytest.fixture
def tapstack(project_root: Path, state_dir: Path, tmp_path: Path) -> Tapstack:
    """Run `tapstack ARGUMENTS` with further environment variables as keywords; any free port."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "harness", *arguments],
            cwd=project_root,
            env={
                **os.environ,
                "TAPSTACK_STATE": str(state_dir),
                "TAPSTACK_REPORTS": str(tmp_path / "reports"),
                "TAPSTACK_PORT": "0",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run
