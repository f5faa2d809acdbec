"""A step summary for GitHub Actions: the result first, failures grouped, passed checks folded.

Keys and evidence are hostile there too: they are escaped as text.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.naming import counted
from harness.page import words
from harness.page.render import state_of
from harness.page.text import middle, time, visible

# GitHub drops all of a step's summary beyond 1 MiB ("Workflow commands", step isolation and
# limits).
MOST_BYTES = 1024**2
_KEYS = 100  # of each outcome
_LONGEST = 400  # characters of a check's evidence

# Punctuation has no meaning to Markdown as a numeric reference ("CommonMark", 6.2).
_MARKUP = re.compile(r"[!-/:-@\[-`{-~]")


def append_summary(text: str) -> bool:
    """Add `text` to this step's summary, as much as there is room for; False outside of GitHub."""
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return False
    file = Path(name)
    taken = file.stat().st_size if file.exists() else 0
    with open(file, "ab") as out:
        out.write(_cut(text, MOST_BYTES - taken))
    return True


def _cut(text: str, room: int) -> bytes:
    """As many whole lines of `text` as fit, with a last one that says so if not all do."""
    data = text.encode("utf-8", "replace")
    if len(data) <= room:
        return data
    note = b"\n\n</details>\n\nThe rest has no room here: see report.html.\n"
    kept = data[: max(0, room - len(note))]
    return kept[: kept.rfind(b"\n") + 1] + note if len(note) <= room else b""


def summary(report: Mapping[str, Any], place: str, level: int = 2) -> str:
    """One run, under a heading of that level; `place` is the folder of its report."""
    state = state_of(report)
    lines = [
        f"{'#' * level} {state.icon} {state.word} {escaped(report['scenario'])}",
        "",
        escaped(words.headline(report)),
        "",
    ]
    failed = [check for check in report["checks"] if check["passed"] is False]
    open_ = [check for check in report["checks"] if check["passed"] is None]
    passed = [check for check in report["checks"] if check["passed"]]
    if report["ended_early"]:
        lines += [f"**Ended early**: {escaped(report['ended_early'])}", ""]
    lines += [_check("✖", check) for check in failed]
    lines += [_check("○", check) for check in open_]
    lines.append("")
    for outcome, listed in report["listed"].items():
        if listed:
            lines += _folded(f"{len(listed)} {outcome}", [_image(each) for each in listed[:_KEYS]])
    if report["latency_ms"]["p50"] is not None:
        lines += _figures(report)
    lines += _folded(f"{len(passed)} checks passed", [_check("✔", check) for check in passed])
    if report["not_proven"]:
        rows = [f"- {escaped(row['behaviour'])}" for row in report["not_proven"]]
        lines += _folded(f"{len(rows)} behaviours of AWS are not proven by this run", rows)
    lines += [f"Report: {_code(place)}", "", ""]
    return "\n".join(lines)


def lint_summary(findings: Sequence[str]) -> str:
    """What lint found, a line each."""
    if not findings:
        return "## ✔ lint: no findings\n\n"
    lines = [f"- {escaped(middle(found, _LONGEST))}" for found in findings]
    return "\n".join([f"## ✖ lint: {counted(len(findings), 'finding')}", "", *lines, "", ""])


def gate_summary(verdict: str, steps: Sequence[Any], parts: Sequence[str]) -> str:
    """The gate: its verdict, a line for each step, then the scenarios, failed ones first."""
    marks = {True: "✔ passed", False: "✖ FAILED", None: "○ not checked"}
    lines = [f"# {escaped(verdict)}", "", "| step | | |", "|---|---|---|"]
    lines += [
        f"| {escaped(step.name)} | {marks[step.passed]} | {escaped(step.said)} |" for step in steps
    ]
    return "\n".join([*lines, "", *sorted(parts, key=lambda part: "✖" not in part.split("\n")[0])])


def escaped(text: object) -> str:
    """`text` as Markdown and HTML show it, in one line."""
    one_line = " ".join(visible(text).split())
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", one_line)


def _code(text: str) -> str:
    return f"<code>{escaped(text)}</code>"


def _check(mark: str, check: Mapping[str, Any]) -> str:
    detail = escaped(middle(check["detail"], _LONGEST))
    return f"- {mark} **{escaped(check['title'])}**: {detail}"


def _image(listed: Mapping[str, Any]) -> str:
    return f"- {_code(middle(listed['key'], 200))}: {escaped(middle(listed['why'], _LONGEST))}"


def _folded(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    return [f"<details><summary>{escaped(title)}</summary>", "", *lines, "", "</details>", ""]


def _figures(report: Mapping[str, Any]) -> list[str]:
    latency = {name: time(value) for name, value in report["latency_ms"].items()}
    cells = {
        **latency,
        "done": f"{report['throughput_per_s']}/s",
        "due": f"{report['due_per_s']}/s",
    }
    return [
        f"| {' | '.join(cells)} |",
        f"|{'---|' * len(cells)}",
        f"| {' | '.join(cells.values())} |",
        "",
        f"Repeat: {_code(report['environment']['command'])}",
        "",
    ]
