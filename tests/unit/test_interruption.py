"""Signals that end a command: all as Ctrl-C does, and told apart by the exit code."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

WAITS = """
import sys, time
from harness import interruption
interruption.listen()
try:
    print("ready", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    print("cleaned up", flush=True)
    sys.exit(interruption.exit_code())
"""


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT], ids=lambda n: n.name
)
def test_a_signal_ends_a_command_as_ctrl_c_does(project_root: Path, number: signal.Signals) -> None:
    """It cleans up, and its exit code is 128 and the signal, as shells say it."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", WAITS],
        env={**os.environ, "PYTHONPATH": str(project_root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.communicate(timeout=60)[0] == "cleaned up\n"
    assert process.returncode == 128 + number
