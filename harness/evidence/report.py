"""The report of a run, for people and for machines.

A table for the terminal, and report.json, junit.xml and the ledger in a folder of their own, which
reports/latest then points at.
"""

import os
import platform
import shlex
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.evidence.accounting import counts
from harness.evidence.check import Check
from harness.evidence.fidelity import concerning, evidence_line, evidence_of, not_proven
from harness.evidence.observations import Run
from harness.evidence.outcomes import GOOD, OUTCOMES, allowed_statuses, is_bad_outcome, judged
from harness.evidence.output_checks import faults
from harness.naming import as_typed

_SHOWN_KEYS = 5
_LABEL, _NARROWEST = 11, 40  # characters: of a line's label, and of what is wrapped beside it
# Ids of checks: what fails of images whose upload or invocation failed, and of these themselves.
_FOLLOWS, _CAUSES = ("one-output", "one-notification"), ("all-sent", "invocations", "errors")
_KEPT_UP = 0.9  # of what was due per second; below, images queue


def build_report(
    scenario: str, run: Run, checks: Sequence[Check], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of report.json. `facts` are what the run knows of itself: target, seed, …

    `passed` means that no check failed, some passed, and the run was not cut short. Times are in
    the unit that a name ends with.
    """
    seen = run.seen
    failed = [check for check in checks if check.passed is False]
    proven = any(check.passed for check in checks)
    entries = run.ledger.entries
    notified = [e for e in entries if any(n.status == "processed" for n in e.notices)]
    numbers = counts(run)
    day = seen.day
    # What was sent at once to measure this machine queued on purpose.
    timed = [entry for entry in notified if not day or entry.index >= day.measuring]
    met = concerning(
        facts["target"],
        permissions=facts.get("permissions", True),
        signatures=facts.get("signatures", True),
        isolated=facts.get("isolated", True),
    )
    return {
        "scenario": scenario,
        "passed": not failed and proven and not seen.ended_early,
        "ended_early": seen.ended_early or None,
        "disk_full": seen.disk_full or None,
        **facts,
        **(
            {"day_s": round(day.length_s, 1), "day": asdict(day) | {"fitted": day.fitted}}
            if day
            else {}
        ),
        "started_at": datetime.fromtimestamp(seen.started, UTC).isoformat(timespec="seconds"),
        "elapsed_s": round(seen.elapsed_s, 1),
        "images": numbers,
        "bytes_uploaded": sum(entry.bytes for entry in entries),
        "latency_ms": percentiles([1000 * (e.notices[0].at - e.due) for e in timed]),
        "latency_from_upload_ms": percentiles(
            [1000 * (e.notices[0].at - e.uploaded) for e in timed if e.uploaded]
        ),
        "late_after_s": seen.late_after_s,
        "throughput_per_s": round(len(notified) / seen.elapsed_s, 2) if seen.elapsed_s else 0.0,
        "due_per_s": round(
            len(entries) / max(1.0, max((e.due for e in entries), default=0.0) - seen.started), 2
        ),
        "function": asdict(seen.metrics) | {"duration_average": seen.metrics.duration_average}
        if seen.metrics
        else None,
        "machine": _machine(run),
        "checks": [asdict(check) for check in checks],
        "not_checked": [check.id for check in checks if check.passed is None],
        "listed": _listed(run),
        "strays": [dict(notice.body) for notice in run.ledger.strays],
        "not_proven": [asdict(row) for row in not_proven(met)],
        "evidence": evidence_of(met),
        "environment": {
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "cpus": os.cpu_count(),
            "command": shlex.join(["tapstack", *sys.argv[1:]]),
        },
    }


def _machine(run: Run) -> dict[str, Any] | None:
    """What the run took of this machine; None where that cannot be seen."""
    parts = run.seen.parts
    if parts is None:
        return None
    images = sum(bool(entry.notices) for entry in run.ledger.entries)
    total_s = sum(parts.spent_s.values())
    return {
        "peak_mb": parts.peak_mb,
        "cpu_s": parts.spent_s,
        "cpu_ms_per_image": round(1000 * total_s / images, 1) if images else None,
    }


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """p50, p95, p99 and max of `values`, in their unit; None without any."""
    if not values:
        return dict.fromkeys(("p50", "p95", "p99", "max"))
    p50, p95, p99 = np.percentile(values, [50, 95, 99])
    named = {"p50": p50, "p95": p95, "p99": p99, "max": max(values)}
    return {name: round(float(value), 1) for name, value in named.items()}


def _listed(run: Run) -> dict[str, list[dict[str, Any]]]:
    """Every image that is not as it should be, by outcome, with what is wrong."""
    found: dict[str, list[dict[str, Any]]] = {
        name: [] for name in OUTCOMES if name not in ("processed", "superseded", "recovered")
    }
    for entry in run.ledger.entries:
        became, why = judged(entry, run)
        if is_bad_outcome(entry, became, run):
            allowed = allowed_statuses(entry, run.ledger)
            unexpected = [n.body for n in entry.notices if n.status not in allowed]
            found[became].append(
                {
                    "key": entry.key,
                    "version": entry.version,
                    "why": why,
                    "faults": faults(entry, run.seen),
                    "notifications": len(entry.notices),
                    "outputs": entry.versions,
                    "deliveries": [asdict(delivery) for delivery in entry.deliveries],
                    **({"told": unexpected} if unexpected else {}),
                }
            )
    return found


def show_report(
    console: Console, report: Mapping[str, Any], place: str, *, not_proven: bool = True
) -> None:
    """The verdict as a table a person can read, with what to do next if it is not a good one.

    Without `not_proven` the caller shows what a pass leaves open, as the gate does once for all.
    """
    marks = {True: "[green]passed[/]", False: "[red]FAILED[/]", None: "[yellow]not checked[/]"}
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("check", ratio=3)
    table.add_column("evidence", ratio=4, overflow="fold")
    for check in report["checks"]:
        table.add_row(marks[check["passed"]], escape(check["title"]), escape(check["detail"]))
    console.print()
    console.print(table)
    console.print()
    if report["images"]["planned"]:
        _show_figures(console, report)
    else:
        _line(console, "took", f"{report['elapsed_s']} s")
    if report.get("disk_full"):
        _line(console, "disk", report["disk_full"], "red")
    for name, listed in report["listed"].items():
        if listed:
            keys = ", ".join(item["key"] for item in listed[:_SHOWN_KEYS])
            more = f" and {len(listed) - _SHOWN_KEYS} more" if len(listed) > _SHOWN_KEYS else ""
            _line(console, name, f"{keys}{more}", "red")
    for sentence in report.get("compressed", []):
        _line(console, "", f"Time was compressed: {sentence}")
    if not_proven:
        show_not_proven(console, report)
    console.print()
    console.print(as_typed(verdict(report)), soft_wrap=not console.is_terminal)
    _line(console, "report", place)


def _show_figures(console: Console, report: Mapping[str, Any]) -> None:
    """What became of the images, and how soon."""
    if fitted := report.get("day", {}).get("fitted"):
        _line(console, "day", fitted)
    latency = report["latency_ms"]
    counted = {
        name: count
        for name, count in report["images"].items()
        if count or name not in ("superseded", "recovered", "failed", "unfinished", "unsent")
    }
    _line(console, "images", ", ".join(f"{count} {name}" for name, count in counted.items()))
    if latency["p50"] is not None:
        times = ", ".join(f"{name} {value / 1000:.2f} s" for name, value in latency.items())
        _line(console, "latency", f"{times}, from due to notified")
    throughput, due = report["throughput_per_s"], report["due_per_s"]
    _line(
        console,
        "throughput",
        f"{throughput} images/s, {report['elapsed_s']} s, {report['bytes_uploaded'] / 1e6:.0f} MB",
    )
    if report["passed"] and not fitted and "day" in report and throughput < _KEPT_UP * due:
        _line(
            console,
            "",
            f"{due:.1f} images/s were due: the latency is mostly queueing on this machine, "
            f"--day {report['elapsed_s'] * 1.2:.0f}s shows it without",
        )


def show_not_proven(console: Console, report: Mapping[str, Any]) -> None:
    """What matters most of what even a pass leaves open, and how it is known what AWS does."""
    rows = report["not_proven"]
    prominent = [row for row in rows if row["prominent"]]
    if not prominent:
        return
    console.print()
    more = len(rows) - len(prominent)
    _line(console, "not proven", f"of what AWS does; {more} more in emulator/FIDELITY.md")
    for row in prominent:
        _line(console, "", f"{row['status']}: {row['behaviour']}")
    _line(console, "evidence", evidence_line(report["evidence"]))


def _line(console: Console, label: str, text: str, style: str = "") -> None:
    """A line with its label, wrapped at words where there is a terminal to wrap for."""
    lines = [text]
    if console.is_terminal:
        width = max(_NARROWEST, console.width - _LABEL)
        lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines or [""]):
        label = "" if number else label
        console.print(
            f"{label:<{_LABEL}}{escape(line)}", style=style, highlight=False, soft_wrap=True
        )


def verdict(report: Mapping[str, Any]) -> str:
    """One line: whether it passed, and else what to look at first."""
    name = report["scenario"]
    if report["passed"]:
        open_ = len(report["not_checked"])
        rest = f", {open_} checks could not be made here" if open_ else ""
        return f"[bold green]PASSED[/] {name}: {_what_passed(report)}{rest}"
    if report["ended_early"]:
        return f"[bold red]NOT PASSED[/] {name}: {escape(report['ended_early'])}"
    failed = [check for check in report["checks"] if check["passed"] is False]
    cause = first_failed(report)
    first = f"; first: {escape(cause['title'])}" if cause else ""
    if report.get("disk_full"):
        first = f"; {escape(report['disk_full'])}"
    return (
        f"[bold red]FAILED[/] {name}: {len(failed)} of {len(report['checks'])} checks{first}. "
        "`tapstack explain KEY` shows what happened to an image, `tapstack logs` what the function "
        "logged; the report shows every image concerned."
    )


def first_failed(report: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The failed check to look at first, None if none failed.

    It is the first in the list, unless images lack what comes after an upload or an invocation that
    failed: then that explains more.
    """
    failed: dict[str, Mapping[str, Any]] = {
        check["id"]: check for check in report["checks"] if check["passed"] is False
    }
    first = next(iter(failed.values()), None)
    if first is None or first["id"] not in _FOLLOWS:
        return first
    return next((failed[cause] for cause in _CAUSES if cause in failed), first)


def _what_passed(report: Mapping[str, Any]) -> str:
    """How many images are as they should be; of a scenario without images, how many checks."""
    images = report["images"]
    if images["planned"]:
        good = sum(images[outcome] for outcome in GOOD)
        return f"{good} of {images['planned']} images as they should be"
    passed = sum(check["passed"] is True for check in report["checks"])
    return f"{passed} of {len(report['checks'])} checks passed"
