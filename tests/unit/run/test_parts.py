"""Memory and processor time of the parts, of real processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, cast

import pytest

from harness.polling import wait_until
from harness.run.parts import PartsMonitor
from harness.targets.target import Target

# A process that starts another one, which takes a second of processor time and 60 MB.
_WORK = """
import time
held = b"x" * 60_000_000
while time.process_time() < 1:
    pass
time.sleep(60)
"""
_EMULATOR = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_WORK!r}])"


class _Here:
    """What PartsMonitor asks of a target: whether its process is on this machine."""

    def __init__(self, pid: int | None) -> None:
        self._pid = pid

    def status(self) -> dict[str, Any]:
        return {"pid": self._pid}


@pytest.fixture
def emulator() -> Iterator[int]:
    """The process of something like an emulator, with one function."""
    process = subprocess.Popen([sys.executable, "-c", _EMULATOR], process_group=0)
    yield process.pid
    os.killpg(process.pid, 9)
    process.wait()


def test_what_the_emulator_has_started_counts_as_functions(emulator: int) -> None:
    """Memory at each sample, processor time since the first."""
    with PartsMonitor(cast(Target, _Here(emulator))) as watch:
        seen = wait_until(
            lambda: watch.seen,
            deadline_s=60,
            interval_s=0.5,
            describe="a second of processor time",
            until=lambda parts: parts is not None and parts.spent_s["functions"] >= 0.9,
        )
    assert seen
    assert seen.peak_mb["functions"] > 60
    assert seen.peak_mb["harness"] > 20
    assert len(seen.at) == len(seen.mb["emulator"]) == len(seen.cpu_s["harness"])
    assert list(seen.at) == sorted(seen.at)
    assert list(seen.cpu_s["functions"]) == sorted(seen.cpu_s["functions"])


def test_processes_of_other_machines_are_not_made_up() -> None:
    """A target without a process of its own here has none."""
    with PartsMonitor(cast(Target, _Here(None))) as watch:
        assert watch.seen is None
