"""Two runs side by side: what is better, worse or the same, and what cannot be compared."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.evidence.comparison import Comparison, compare, read_report, run_before
from harness.problems import Problem
from tests.unit.page.reports import day, report_of


def compared(before: dict[str, Any], after: dict[str, Any]) -> Comparison:
    return compare(before, after, ("before", "after"))


def test_more_latency_is_worse_and_more_throughput_better() -> None:
    """By the share of what was before."""
    before = report_of(day(40))
    latency = before["latency_ms"] | {"p95": before["latency_ms"]["p95"] * 1.5}
    after = before | {"latency_ms": latency, "throughput_per_s": before["throughput_per_s"] * 2}
    rows = {row.name: (row.change, row.kind) for row in compared(before, after).rows}
    assert rows["latency p95"] == ("+50%", "worse")
    assert rows["throughput"] == ("+100%", "better")
    assert rows["latency p50"] == ("=", "same")


def test_a_few_percent_are_the_same() -> None:
    """Two runs of the same thing differ by as much."""
    before = report_of(day(40))
    after = before | {"elapsed_s": before["elapsed_s"] * 1.03}
    rows = {row.name: row.kind for row in compared(before, after).rows}
    assert rows["elapsed"] == "same"


def test_checks_that_changed_and_what_was_asked_differently_are_said() -> None:
    """So that nobody takes the one for the other."""
    found = compared(report_of(day(40)), report_of(day(60, bad=[3])))
    assert "Outputs show the right picture, upright: passed, now failed" in found.checks
    assert "images: 40 then, 60 now" in found.differences


def test_the_run_before_is_the_newest_readable_one_of_the_scenario(tmp_path: Path) -> None:
    """One that is being written, damaged, or of another scenario is none."""
    for name, content in {
        "20270101T000000Z-daily-load": json.dumps(report_of(day(3))),
        "20270102T000000Z-daily-load": json.dumps(report_of(day(4))),
        "20270103T000000Z-daily-load": "{",
        ".20270104T000000Z-soak.12.part": json.dumps(report_of(day(5)) | {"scenario": "soak"}),
        "20270104T000000Z-burst": json.dumps(report_of(day(5)) | {"scenario": "burst"}),
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(content)
    found = run_before(tmp_path, "daily-load")
    assert found
    assert found[0] == "20270102T000000Z-daily-load"
    assert found[1]["images"]["planned"] == 4
    assert run_before(tmp_path, "soak") is None


def test_a_report_is_named_by_its_folder_or_below_the_reports(tmp_path: Path) -> None:
    """As a person sees it in the terminal."""
    folder = tmp_path / "20270101T000000Z-daily-load"
    folder.mkdir()
    (folder / "report.json").write_text(json.dumps(report_of(day(3))))
    assert read_report(tmp_path, folder.name) == read_report(tmp_path, str(folder))
    with pytest.raises(Problem, match="There is no report in nowhere"):
        read_report(tmp_path, "nowhere")
    (folder / "report.json").write_text('{"scenario": "daily-load"}')
    with pytest.raises(Problem, match="cannot be compared"):
        read_report(tmp_path, folder.name)
