"""What the page Runs shows of finished runs: the reports, newest first, and two compared."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, Response

from harness.files import shown
from harness.problems import Problem

SHOWN = 100  # reports
_NAME = re.compile(r"\d{8}T\d{6}Z-[a-z-]+(-\d+)?")
_TYPES = {"report.html": "text/html", "report.json": "application/json"}
# A report has its own policy, which allows its own script by its hash and no connection; here it
# also loses its origin, and with it the console's storage and token.
_HEADERS = {
    "Content-Security-Policy": (
        "sandbox allow-scripts allow-downloads allow-modals; "
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "unsafe-none",  # nothing that is sandboxed may have another
}


class Reports:
    """The reports in a folder. What is in one never changes, so each is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, dict[str, Any]] = {}

    def names(self) -> list[str]:
        """The folders of reports, newest first, however they were written."""
        try:
            found = [each.name for each in os.scandir(self._folder) if each.is_dir()]
        except OSError:
            return []
        return sorted((name for name in found if _NAME.fullmatch(name)), reverse=True)

    def list(self) -> dict[str, Any]:
        """The newest reports with their verdicts, and how many there are."""
        names = self.names()
        found = [self._summary(name) for name in names[:SHOWN]]
        return {
            "folder": shown(self._folder),
            "total": len(names),
            "reports": [each for each in found if each],
        }

    def compare(self, before: str, after: str) -> dict[str, Any]:
        """Two runs side by side, as `tapstack compare` shows them. Raises Problem."""
        from harness.evidence.comparison import compare, read_report

        known = self.names()
        if missing := [name for name in (before, after) if name not in known]:
            raise Problem(f"There is no report {missing[0]!r}.", "Open the page again.")
        reports = [read_report(self._folder, name) for name in (before, after)]
        return asdict(compare(reports[0], reports[1], (before, after)))

    def file(self, name: str, file: str) -> Response | None:
        """A file of a report as a page that can do nothing beside itself; None if it has none."""
        path = self._folder / name / file
        if not _NAME.fullmatch(name) or file not in _TYPES or not path.is_file():
            return None
        return FileResponse(path, media_type=_TYPES[file], headers=_HEADERS)

    def _summary(self, name: str) -> dict[str, Any] | None:
        if name not in self._known:
            try:
                text = (self._folder / name / "report.json").read_text(encoding="utf-8")
                self._known[name] = _summary(json.loads(text)) | {
                    "name": name,
                    "page": (self._folder / name / "report.html").is_file(),
                }
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                return None  # of another version, or written by half
        return self._known[name]


def _summary(report: Mapping[str, Any]) -> dict[str, Any]:
    if "steps" in report:
        return {
            "scenario": "gate",
            "verdict": _verdict(report),
            "said": report["verdict"],
            "started": report["started_at"],
            "compares": False,
        }
    from harness.page.words import headline  # late: it takes NumPy with it

    return {
        "scenario": report["scenario"],
        "verdict": _verdict(report),
        "said": report["ended_early"] or headline(report),
        "started": report["started_at"],
        "elapsed_s": report["elapsed_s"],
        "p95_ms": report["latency_ms"]["p95"],
        "per_s": report["throughput_per_s"] if report["images"]["planned"] else None,
        "compares": True,
    }


def _verdict(report: Mapping[str, Any]) -> str:
    if report.get("ended_early"):
        return "ended early"
    return "passed" if report["passed"] else "failed"
