"""Report files: for people, for machines, and what they were judged from, in a folder of their own.

The folder appears once it is whole, and reports/latest points at the newest. Whether it can be
written is looked at before a run; a disk that fills up in the meantime costs the files, never the
verdict, which is shown in any case.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness.evidence import invocations
from harness.evidence.observations import Run
from harness.files import free_inodes, trusted_folder
from harness.problems import Problem

_ROOM_BYTES = 20 * 1024**2  # a day of 2,000 images writes 8 MB
_ROOM_INODES = 20


def check_reports_folder(folder: Path, room_bytes: int = _ROOM_BYTES) -> None:
    """Problem unless a report can be written there: to be said before a run, not after it."""
    remedy = "Free some space, or name another folder in TAPSTACK_REPORTS."
    try:
        trusted_folder(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
        free, inodes = shutil.disk_usage(folder).free, free_inodes(folder)
    except OSError as error:
        raise Problem(
            f"Reports cannot be written to {folder}: {error.strerror}.", remedy
        ) from error
    if free < room_bytes:
        raise Problem(
            f"There is no room for a report: {free / 1024**2:.0f} MB are free at {folder}, "
            f"{room_bytes / 1024**2:.0f} MB are needed.",
            remedy,
        )
    if inodes < _ROOM_INODES:
        raise Problem(
            f"There is no room for a report's files: {inodes} inodes are free at {folder}.",
            "Remove files there (`df -i` shows inodes), or name another folder in "
            "TAPSTACK_REPORTS.",
        )


type Pages = Callable[[Path], Mapping[str, Iterable[bytes]]]


def save_report(
    reports_dir: Path, report: Mapping[str, Any], run: Run, pages: Pages | None = None
) -> tuple[Path, str]:
    """Write everything of a run; the folder, and why it could not be written, empty if it could.

    `pages` are more files for it, by name, made for the folder that they will be in, in pieces
    that are written as they come.
    """
    try:
        with report_folder(reports_dir, report["scenario"], run.seen.started) as (part, folder):
            write_report(part, report, run)
            for name, content in (pages(folder) if pages else {}).items():
                write_pieces(part / name, content)
    except OSError as error:
        return reports_dir, f"it could not be written to {reports_dir}: {error.strerror}"
    return (reports_dir / "latest").resolve(), ""


def write_pieces(file: Path, content: Iterable[bytes]) -> None:
    """Write a file of which only a piece at a time is in memory."""
    with open(file, "wb") as out:
        out.writelines(content)


@contextmanager
def report_folder(
    reports_dir: Path, name: str, started: float, *, latest: bool = True
) -> Iterator[tuple[Path, Path]]:
    """A folder to write a report into, and the one that it becomes once it is whole.

    `latest` then points at it, if it is to.
    """
    when = datetime.fromtimestamp(started, UTC)
    name = f"{when:%Y%m%dT%H%M%SZ}-{name}"
    part = trusted_folder(reports_dir) / f".{name}.{os.getpid()}.part"
    folder = _free(reports_dir / name)
    part.mkdir(mode=0o700)
    try:
        yield part, folder
    except BaseException:
        with suppress(OSError):
            shutil.rmtree(part)
        raise
    folder = _free(folder)  # another run may have been as quick
    part.rename(folder)
    if not latest:
        return
    link = reports_dir / f".latest.{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name)
    link.replace(reports_dir / "latest")


def _free(path: Path) -> Path:
    """`path`, or the first of `path`-2, `path`-3 … that does not exist."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def write_report(folder: Path, report: Mapping[str, Any], run: Run) -> None:
    """Write report.json, junit.xml, and what `tapstack` judged them from, into `folder`."""
    write_verdict(folder, report)
    run.ledger.save(folder / "ledger.jsonl")
    run.seen.save(folder / "observations.json")
    invocations.save(run.invocations, folder / "invocations.jsonl")


def write_verdict(folder: Path, report: Mapping[str, Any]) -> None:
    """Write report.json and junit.xml into `folder`."""
    text = json.dumps(report, indent=2, ensure_ascii=False, default=str)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    junit(report).write(folder / "junit.xml", encoding="utf-8", xml_declaration=True)


def junit(report: Mapping[str, Any]) -> "ElementTree.ElementTree[ElementTree.Element]":
    """The checks as the test cases of one suite, in the format that CI systems read."""
    checks = report["checks"]
    suite = ElementTree.Element(
        "testsuite",
        name=f"tapstack.{report['scenario']}",
        tests=str(len(checks)),
        failures=str(sum(check["passed"] is False for check in checks)),
        errors="1" if report["ended_early"] else "0",
        skipped=str(sum(check["passed"] is None for check in checks)),
        time=str(report["elapsed_s"]),
        timestamp=report["started_at"],
    )
    for check in checks:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=suite.get("name", ""),
            name=f"{check['id']}: {check['title']}",
        )
        if check["passed"] is None:
            ElementTree.SubElement(case, "skipped", message=_xml(check["detail"]))
        elif not check["passed"]:
            failure = ElementTree.SubElement(case, "failure", message=_xml(check["detail"]))
            failure.text = f"Source: {check['source']}"
    if report["ended_early"]:
        case = ElementTree.SubElement(
            suite, "testcase", classname=suite.get("name", ""), name="the run came to its end"
        )
        ElementTree.SubElement(case, "error", message=_xml(report["ended_early"]))
        suite.set("tests", str(len(checks) + 1))
    return ElementTree.ElementTree(suite)


def _xml(text: str) -> str:
    """`text` without the control characters that XML cannot hold."""
    return "".join(char if char >= " " else " " for char in text)
