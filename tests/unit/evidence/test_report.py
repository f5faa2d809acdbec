"""The report: what machines read, what people read, and that it appears whole or not at all."""

import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from harness.evidence import checks
from harness.evidence.check import Rule
from harness.evidence.ledger import Ledger
from harness.evidence.observations import Metrics, Run
from harness.evidence.report import (
    build_report,
    percentiles,
    show_report,
)
from harness.evidence.report_files import (
    check_reports_folder,
    report_folder,
    save_report,
    write_report,
)
from harness.problems import Problem
from tests.unit.runs import SEEN, START, entry, good_run, spoil_output

RULES = [value for value in vars(checks).values() if isinstance(value, Rule)]


def report_of(run: Run, target: str = "embedded") -> dict[str, object]:
    return build_report("daily-load", run, [rule(run) for rule in RULES], {"target": target})


def shown(run: Run, target: str = "embedded") -> str:
    console = Console(file=io.StringIO(), width=120)
    show_report(console, report_of(run, target), "reports/latest/report.json")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_report_has_what_machines_ask_for() -> None:
    """The fields that a gate or a dashboard reads."""
    report = json.loads(json.dumps(report_of(good_run())))
    assert report["scenario"] == "daily-load"
    assert report["target"] == "embedded"
    assert report["passed"] is True
    assert report["images"]["planned"] == report["images"]["processed"] == 3
    assert set(report["latency_ms"]) == {"p50", "p95", "p99", "max"}
    assert report["latency_ms"]["p50"] == 500.0
    assert report["throughput_per_s"] == 0.25
    assert report["elapsed_s"] == 12.0
    assert set(report["checks"][0]) == {"id", "title", "passed", "detail", "source"}


def test_a_failed_check_fails_the_run_and_names_the_images() -> None:
    """All concerned images are in the report, with what is wrong with each."""
    run = good_run(images=20)
    for image in run.ledger.entries[:10]:
        spoil_output(image, mean=30.0)
    report = report_of(run)
    assert report["passed"] is False
    listed = report["listed"]
    assert isinstance(listed, dict)
    assert [item["key"] for item in listed["wrong"]] == [e.key for e in run.ledger.entries[:10]]
    text = shown(run)
    assert "FAILED daily-load" in text
    assert "tapstack logs" in text
    assert run.ledger.entries[0].key in text
    assert run.ledger.entries[9].key not in text


def test_what_explains_the_rest_is_named_first() -> None:
    """Images without output follow from invocations that failed; wrong pixels do not."""
    run = good_run()
    for image in run.ledger.entries:
        image.versions, image.output, image.notices = 0, None, []
    assert "first: Every image has exactly one output" in shown(run)
    failing = replace(SEEN, metrics=Metrics(3, 3, 0, 600, 3, 300))
    assert "first: No invocation failed" in shown(replace(run, seen=failing))
    run = replace(good_run(), seen=failing)
    spoil_output(run.ledger.entries[0], mean=30.0)
    assert "first: Outputs show the right picture" in shown(run)


def test_a_run_that_was_cut_short_has_not_passed() -> None:
    """Even if every check so far did."""
    run = good_run(ended_early="it was interrupted", interrupted=True)
    assert report_of(run)["passed"] is False
    assert "NOT PASSED daily-load: it was interrupted" in shown(run)


def test_a_report_says_what_it_does_not_prove() -> None:
    """People see the few rows that matter most, machines all; neither repeats the list by hand."""
    left_open = report_of(good_run())["not_proven"]
    assert isinstance(left_open, list)
    text = shown(good_run())
    said = [row["behaviour"] for row in left_open if row["behaviour"] in text]
    assert said == [row["behaviour"] for row in left_open if row["prominent"]]
    assert f"{len(left_open) - len(said)} more in emulator/FIDELITY.md" in text
    section = text[text.index("not proven") :].split("\n\n")[0]
    assert len(section.splitlines()) <= 8


def test_a_report_says_how_it_is_known_what_aws_does() -> None:
    """Of all rows that a run meets, those that are enforced included; on AWS there is no row."""
    evidence = report_of(good_run())["evidence"]
    assert isinstance(evidence, dict)
    kinds = ("recorded", "documented", "inferred")
    assert evidence["behaviours"] == sum(evidence[kind] for kind in kinds)
    lines = [line for line in shown(good_run()).splitlines() if line.startswith("evidence   ")]
    assert len(lines) == 1
    assert f"{evidence['recorded']} are known from recordings made on AWS" in lines[0]
    assert report_of(good_run(), "aws")["evidence"]["behaviours"] == 0  # type: ignore[index]
    assert "recordings made on AWS" not in shown(good_run(), "aws")


def test_what_is_not_proven_may_be_left_to_the_caller() -> None:
    """The gate says it once for all of its scenarios."""
    console = Console(file=io.StringIO(), width=120)
    show_report(console, report_of(good_run()), "reports/latest/report.json", not_proven=False)
    assert isinstance(console.file, io.StringIO)
    assert "not proven" not in console.file.getvalue()
    assert "PASSED daily-load" in console.file.getvalue()


def test_compressed_time_is_said() -> None:
    """A pass that came sooner than it could on AWS says so."""
    console = Console(file=io.StringIO(), width=120)
    report = report_of(good_run()) | {"compressed": ["retries come after 1 s, not 60 s"]}
    show_report(console, report, "reports/latest/report.json")
    assert isinstance(console.file, io.StringIO)
    assert "Time was compressed: retries come after 1 s, not 60 s\n" in console.file.getvalue()


def test_on_aws_nothing_is_left_to_emulation() -> None:
    """What passed there passed on AWS."""
    assert report_of(good_run(), "aws")["not_proven"] == []
    assert "not proven" not in shown(good_run(), "aws")


def test_keys_are_shown_as_they_are() -> None:
    """Square brackets in a key are not taken for markup."""
    image = entry(0)
    image.key = "uploads/[red]x[/].jpg"
    assert "uploads/[red]x[/].jpg" in shown(Run(Ledger([image]), SEEN))


def test_junit_counts_failures_and_what_was_not_checked(tmp_path: Path) -> None:
    """CI systems show each check as a test."""
    run = good_run(shows=(), metrics=None, missing={"metrics": "no"}, extra=("x\x00y",))
    write_report(tmp_path, report_of(run), run)
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert suite.get("tests") == str(len(RULES)) == str(len(suite.findall("testcase")))
    assert suite.get("failures") == "1" == str(len(suite.findall("testcase/failure")))
    assert suite.get("skipped") == "3" == str(len(suite.findall("testcase/skipped")))


def test_latest_points_at_the_report_once_it_is_whole(tmp_path: Path) -> None:
    """A half-written report is never the latest one, and nothing of it stays."""
    with report_folder(tmp_path, "daily-load", START) as (folder, _):
        (folder / "report.json").write_text("1")
        assert not (tmp_path / "latest").exists()
    assert (tmp_path / "latest" / "report.json").read_text() == "1"

    def fail_half_way() -> None:
        with report_folder(tmp_path, "daily-load", START) as (folder, _):
            (folder / "report.json").write_text("2")
            raise OSError("no space on disk")

    with pytest.raises(OSError, match="disk"):
        fail_half_way()
    assert (tmp_path / "latest" / "report.json").read_text() == "1"
    assert len(list(tmp_path.iterdir())) == 2


def test_two_reports_of_the_same_second_both_stay(tmp_path: Path) -> None:
    """The second gets a number."""
    for text in ("1", "2"):
        with report_folder(tmp_path, "daily-load", START) as (folder, _):
            (folder / "report.json").write_text(text)
    assert sorted(f.read_text() for f in tmp_path.glob("2*/report.json")) == ["1", "2"]
    assert (tmp_path / "latest" / "report.json").read_text() == "2"


def test_percentiles_of_nothing_are_none() -> None:
    """A run without a single notification has no latency."""
    assert percentiles([]) == {"p50": None, "p95": None, "p99": None, "max": None}
    assert percentiles([1.0, 2.0, 3.0])["p50"] == 2.0


def test_a_report_that_cannot_be_written_loses_no_verdict(tmp_path: Path) -> None:
    """Why is said instead of its place, and nothing half is left."""
    run = good_run()
    file = tmp_path / "file"
    file.write_text("")
    _, unwritten = save_report(file / "reports", report_of(run), run)
    assert "could not be written" in unwritten
    console = Console(file=io.StringIO(), width=120)
    show_report(console, report_of(run), unwritten)
    assert isinstance(console.file, io.StringIO)
    assert "PASSED daily-load" in console.file.getvalue()
    assert unwritten in console.file.getvalue()


def test_a_reports_folder_without_room_is_refused_before_the_run(tmp_path: Path) -> None:
    """With what is free and what is needed."""
    with pytest.raises(Problem, match="There is no room for a report"):
        check_reports_folder(tmp_path / "reports", room_bytes=1 << 60)


def test_a_disk_that_filled_up_is_named_first() -> None:
    """It explains what failed, so the verdict begins with it."""
    full = "the disk of /state is full: 0 MB were left"
    run = good_run(disk_full=full, metrics=None, missing={"metrics": "InternalError"})
    said = shown(run)
    assert f"disk       {full}" in said
    assert full in said.splitlines()[-2]


def test_a_scenario_without_images_speaks_of_its_checks() -> None:
    """Nobody is told that 0 of 0 images are as they should be."""
    run = Run(Ledger([]), SEEN)
    report = build_report(
        "wiring", run, [rule(good_run()) for rule in RULES], {"target": "embedded"}
    )
    console = Console(file=io.StringIO(), width=120)
    show_report(console, report, "report.json")
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert f"PASSED wiring: {len(RULES)} of {len(RULES)} checks passed" in said
    assert "images" not in said.rpartition("\n\n")[0].rpartition("\n\n")[2]
    assert "took       " in said
