"""What the page Runs shows of runs under way, and the one that it starts: `tapstack run`.

One at a time, with its output as a terminal would have it. It ends with the console, as by Ctrl-C.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import asdict
from typing import Any

from harness.console.reports import Reports
from harness.naming import as_typed, command
from harness.problems import Problem
from harness.run.under_way import runs_under_way
from harness.settings import Settings, positive_count, seconds
from harness.targets.endpoint import EndpointTarget

_LINES = 400  # of output, the newest
_ENDS_WITHIN_S = 60.0


class Runs:
    """The runs of these settings: those that others started, and one that is started here."""

    def __init__(self, settings: Settings, reports: Reports) -> None:
        self._settings, self._reports = settings, reports
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._shown: dict[str, Any] = {}
        self._lines: deque[str] = deque(maxlen=_LINES)

    def look(self) -> dict[str, Any]:
        """The event "runs": what runs, the output of what was started here, the newest report."""
        names = self._reports.names()
        started = None
        if self._process:
            code = self._process.poll()
            started = {
                **self._shown,
                "running": code is None,
                "code": code,
                "lines": list(self._lines),
            }
        return {
            "runs": {
                "under_way": [asdict(each) for each in runs_under_way(self._settings.state_dir)],
                "started": started,
                "reports": [len(names), *names[:1]],
            }
        }

    def scenarios(self) -> dict[str, Any]:
        """What can be started."""
        from harness.run.catalogue import scenarios  # late: it takes NumPy and 25 MB with it

        return {
            "scenarios": [
                {
                    "name": each.name,
                    "title": each.title,
                    "gate": bool(each.gate),
                    "options": each.options,
                }
                for each in sorted(
                    scenarios(self._settings), key=lambda each: each.name != "daily-load"
                )
            ]
        }

    def start(self, scenario: str, images: str, day: str) -> dict[str, Any]:
        """Start a scenario; `images` and `day` are empty or what a person would type.

        Raises Problem where something runs already, or the target is not ours.
        """
        if self._settings.target == EndpointTarget.name:
            raise Problem(
                "This target is not ours, so the console only looks at it.",
                as_typed("Run the scenario with `tapstack run`."),
            )
        known = [each["name"] for each in self.scenarios()["scenarios"]]
        if scenario not in known:
            raise Problem(f"There is no scenario {scenario!r}.", f"Choose of: {', '.join(known)}.")
        options = []
        if images:
            options += ["--images", str(positive_count(images, "images"))]
        if day:
            options += ["--day", f"{seconds(day):g}s"]
        with self._lock:
            if self._running():
                raise Problem("A scenario runs already.", "Wait for its end, or stop it.")
            if others := runs_under_way(self._settings.state_dir):
                raise Problem(
                    f"{others[0].scenario} runs already, and was not started here.",
                    "Wait for its end.",
                )
            self._begin(scenario, options)
        return {"started": scenario}

    def stop(self) -> dict[str, Any]:
        """End what was started here as Ctrl-C does: what is known is judged and reported."""
        with self._lock:
            process = self._running()
            if process is None:
                raise Problem("Nothing runs that was started here.", "Open the page again.")
            process.send_signal(signal.SIGINT)
        return {}

    def close(self) -> None:
        """End what was started here, and wait for its report."""
        with self._lock:
            process = self._running()
            if process is None:
                return
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _running(self) -> "subprocess.Popen[str] | None":
        process = self._process
        return process if process and process.poll() is None else None

    def _begin(self, scenario: str, options: list[str]) -> None:
        settings = self._settings
        self._lines = deque(maxlen=_LINES)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "harness", "run", scenario, *options),
                *("--suffix", settings.suffix, "--target", settings.target),
                *("--template", str(settings.template)),
                *(("--stack-name", name) if (name := settings.given_stack_name) else ()),
                *("--state", str(settings.state_dir)),
            ],
            env={**os.environ, "TAPSTACK_REPORTS": str(settings.reports_dir), "COLUMNS": "110"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C at the console is passed on by close(), once
        )
        self._shown = {
            "scenario": scenario,
            "command": command(" ".join(["run", scenario, *options])),
            "began": time.time(),
            "pid": self._process.pid,
        }
        threading.Thread(
            target=self._listen, args=(self._process, self._lines), name="run", daemon=True
        ).start()

    @staticmethod
    def _listen(process: "subprocess.Popen[str]", lines: deque[str]) -> None:
        assert process.stdout
        for line in process.stdout:
            lines.append(line.rstrip())
        process.wait()
