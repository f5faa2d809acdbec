"""The summary of a step in GitHub Actions: the result first, nothing hostile, never too large."""

import os
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from harness.gate import Step
from harness.page import summary as summaries
from harness.page.summary import append_summary, gate_summary, summary
from tests.unit.page.reports import HOSTILE, PLACE, day, ended_early, report_of
from tests.unit.runs import good_run


def test_the_result_comes_first_and_passed_checks_are_folded() -> None:
    """What failed is seen without a click; images are grouped by what became of them."""
    text = summary(report_of(day(60, bad=[5, 17])), PLACE)
    lines = text.splitlines()
    assert lines[0].startswith("## ✖ FAILED")
    folded = text.index("<details>")
    assert "Outputs show the right picture" in text[:folded]
    assert "<details><summary>2 wrong</summary>" in text
    assert text.index("2 wrong") < text.index("checks passed</summary>")
    assert text.count("<details>") == text.count("</details>")
    assert summary(report_of(ended_early()), PLACE).startswith("## ◐ ENDED EARLY")
    assert summary(report_of(good_run()), PLACE).startswith("## ✔ PASSED")


@pytest.mark.parametrize("key", [*HOSTILE, "`code` [x](http://evil) **b** | c", "@team #1"])
def test_keys_are_text_in_markdown(key: str) -> None:
    """No tag, link, emphasis, table cell or mention comes of one."""
    text = summary(report_of(day(3, bad=[0], keys=[key])), PLACE)
    made = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    for tag in ("<script", "<img", "<b>", "<a "):
        assert tag not in made, tag
    assert made.count("<em>") == 0
    assert "@team" not in text


def test_a_summary_is_never_larger_than_github_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond 1 MiB it drops all of it, so what came before counts too."""
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    monkeypatch.setattr(summaries, "MOST_BYTES", 20_000)
    for _ in range(10):
        assert append_summary(summary(report_of(day(60, bad=range(50))), PLACE))
    written = file.read_bytes()
    assert 10_000 < len(written) <= 20_000
    assert b"The rest has no room here" in written
    assert written.decode().startswith("## ✖ FAILED")


def test_outside_of_github_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable names the file."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert append_summary("x") is False
    assert "GITHUB_STEP_SUMMARY" not in os.environ


def test_the_gate_begins_with_its_verdict_and_what_failed() -> None:
    """Then a line for each step; failed scenarios before passed ones."""
    parts = [summary(report_of(run), PLACE, 2) for run in (good_run(), day(20, bad=[1]))]
    steps = [Step("lint", False, "2 findings"), Step("verify", True)]
    text = gate_summary("gate: FAILED – lint", steps, parts)
    assert "FAILED" in text.splitlines()[0]
    assert "| lint | ✖ FAILED | 2 findings |" in text
    assert text.index("✖ FAILED daily") < text.index("✔ PASSED daily")
