"""`tapstack gate` as a person ends it: in the middle, with Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from harness.targets import emulator
from tests.integration.days import heard_of


def test_ctrl_c_ends_the_whole_gate_with_its_page(
    project_root: Path, state_dir: Path, tmp_path: Path
) -> None:
    """What was judged is reported; nothing has passed, no scenario follows, the emulator stays."""
    reports = tmp_path / "reports"
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "harness", "gate"],
        cwd=project_root,
        env={
            **os.environ,
            "TAPSTACK_STATE": str(state_dir),
            "TAPSTACK_REPORTS": str(reports),
            "TAPSTACK_PORT": "0",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    heard_of(process, " images")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=120)

    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "gate: NOT PASSED – it was interrupted in daily-load" in said
    (folder,) = reports.glob("*-gate")
    report = json.loads((folder / "report.json").read_text())
    assert report["passed"] is False
    names = [step["name"] for step in report["steps"]]
    assert names == ["lint", "verify", "daily-load"]
    page = (folder / "report.html").read_text()
    assert "interrupted in daily-load" in page
    assert emulator.status(state_dir).port
