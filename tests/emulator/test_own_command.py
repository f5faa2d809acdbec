"""The command localstack-parity: the emulator as a project without the harness has it."""

import os
import subprocess
from pathlib import Path

from harness.targets.ports import choose_port


def test_simultaneous_starts_at_one_port_do_not_mistake_each_other(
    tmp_path: Path, installation: Path
) -> None:
    """Of two folders one has the port; the other's start fails instead of naming that emulator."""
    command, port = installation / "emulator-venv" / "bin" / "localstack-parity", choose_port(0)
    states = [tmp_path / "one", tmp_path / "other"]
    starts = [
        subprocess.Popen(
            [command, "start", "--detach", "--port", str(port), "--state", state],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TAPSTACK_RUNTIMES": str(installation / "runtimes")},
        )
        for state in states
    ]
    said = [start.communicate() for start in starts]
    try:
        assert sorted(start.returncode for start in starts) == [0, 2]
        assert sorted(bool(output) for output, _ in said) == [False, True]
        assert any("is already used" in errors or "already in use" in errors for _, errors in said)
    finally:
        for state in states:
            subprocess.run([command, "stop", "--state", state], check=True, capture_output=True)
