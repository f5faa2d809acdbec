"""Tools and SDKs that others wrote: installed and run as their users do."""

import os
import subprocess
from pathlib import Path

import pytest

from harness.function_runtimes import NodeSdk
from tests.conftest import SURROUNDINGS


def variables(home: Path, **more: str) -> dict[str, str]:
    """Environment variables: a home, the emulator's keys, and nothing of the person's."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        **more,
    }


def output_of(*command: str | Path, env: dict[str, str], cwd: Path | None = None) -> str:
    """What a command prints; a failure fails the test."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def npm_packages(lock: Path, folder: Path) -> Path:
    """The folder with the packages of npm's lock in `lock`, made in `folder` if need be."""
    installed = NodeSdk(lock, folder)
    if installed.wanted():
        installed.make(_install)
    if not installed.complete():
        assert os.environ.get("TAPSTACK_REQUIRE_RUNTIMES") != "1"
        pytest.skip("needs npm")
    return installed.folder


def _install(*command: str | Path) -> None:
    subprocess.run(command, env=SURROUNDINGS, check=True)
