"""`tapstack run daily-load` as a person runs it: begun, heard, and its report read."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class Day:
    """Commands on one state folder, and the report that they left last.

    `within` is a command that each is run by, such as one that enters a namespace.
    """

    def __init__(
        self, root: Path, folder: Path, within: Sequence[str] = (), **environment: str
    ) -> None:
        self._within = within
        self.reports, self.state = folder / "reports", folder / "state"
        self._root = root
        self._environment = {
            **os.environ,
            "TAPSTACK_STATE": str(self.state),
            "TAPSTACK_REPORTS": str(self.reports),
            "TAPSTACK_PORT": "0",
            **environment,
        }

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `tapstack run daily-load ARGUMENTS`."""
        return subprocess.Popen(
            [
                *self._within,
                *(sys.executable, "-P", "-m", "harness", "run", "daily-load"),
                *arguments,
            ],
            cwd=self._root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """The exit code of that command, and all that it said."""
        process = self.begin(*arguments)
        said, _ = process.communicate(timeout=280)
        return process.returncode, said

    def report(self) -> dict[str, Any]:
        """The latest report."""
        report: dict[str, Any] = json.loads((self.reports / "latest" / "report.json").read_text())
        return report


def heard_of(process: subprocess.Popen[str], text: str) -> list[str]:
    """The lines of `process` up to the one with `text`."""
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"{text!r} was never said:\n{''.join(lines)}")
