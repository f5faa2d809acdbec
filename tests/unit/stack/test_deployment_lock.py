"""The deployment lock: who holds it is told, and the dead hold nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.problems import Problem
from harness.settings import Settings
from harness.stack.deployment_lock import deployment_lock

HOLD = """
import sys, time
from pathlib import Path
from harness.settings import Settings
from harness.stack.deployment_lock import deployment_lock
with deployment_lock(Settings(state_dir=Path(sys.argv[1])), print):
    print("held", flush=True)
    time.sleep(600)
"""


def test_who_waits_too_long_sees_what_runs(tmp_path: Path, project_root: Path) -> None:
    """The holder's process; and once that is killed, the lock is free at once."""
    settings, told = Settings(state_dir=tmp_path), list[str]()
    holder = subprocess.Popen(
        [sys.executable, "-P", "-c", HOLD, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(project_root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(Problem, match=f"process {holder.pid}"),
            deployment_lock(settings, told.append, wait_at_most_s=0),
        ):
            pass
        assert f"process {holder.pid}" in told[0]
        holder.send_signal(signal.SIGKILL)
    with deployment_lock(settings, told.append, wait_at_most_s=0):
        pass


def test_stacks_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """Each has a lock of its own."""
    told: list[str] = []
    with (
        deployment_lock(Settings(state_dir=tmp_path, suffix="one"), told.append),
        deployment_lock(Settings(state_dir=tmp_path, suffix="two"), told.append, 0),
    ):
        assert told == []
