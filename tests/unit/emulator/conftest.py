"""Programs that run where the emulator does."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[[str], str]


@pytest.fixture
def run(installation: Path, tmp_path: Path) -> Run:
    """Run a program in the emulator's environment; return what it printed."""

    def run_one(program: str) -> str:
        done = subprocess.run(
            [installation / "emulator-venv" / "bin" / "python", "-I", "-c", program],
            env={"HOME": str(tmp_path), "FILESYSTEM_ROOT": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_one
