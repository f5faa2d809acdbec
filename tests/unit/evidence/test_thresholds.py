"""Thresholds of a run: what can be said, what becomes of it, and what is refused."""

import pytest

from harness.evidence.thresholds import read_threshold
from harness.problems import Problem
from tests.unit.page.reports import day, report_of
from tests.unit.runs import good_run, spoil_output


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("p95>2s", True),
        ("p95>400ms", False),
        ("p50 >= 500ms", False),
        ("max<0.4s", True),
        ("throughput<0.2/s", True),
        ("throughput<1", False),
        ("duration>150ms", False),
        ("errors>0", True),
        ("wrong>0", True),
        ("bad>0%", True),
        ("elapsed>1m", True),
    ],
)
def test_a_threshold_is_a_check_with_evidence(text: str, passed: bool) -> None:
    """In the units in which people think; the detail has the figure."""
    check = read_threshold(text).check(report_of(good_run()))
    assert check.passed is passed, check
    assert text in check.title
    assert any(digit.isdigit() for digit in check.detail)


def test_shares_of_images_are_in_percent() -> None:
    """One of three is a third."""
    run = good_run(3)
    spoil_output(run.ledger.entries[0], mean=40.0)
    report = report_of(run)
    assert read_threshold("bad>33%").check(report).passed is False
    assert read_threshold("bad>34%").check(report).passed is True


def test_memory_and_processor_time_can_be_limited() -> None:
    """Where the processes can be seen; where they cannot it is not checked, which is not passed."""
    assert read_threshold("memory>1GB").check(report_of(day(40))).passed is True
    assert read_threshold("memory>500MB").check(report_of(day(40))).passed is False
    assert read_threshold("cpu>1ms").check(report_of(day(40))).passed is False
    unseen = read_threshold("cpu>1ms").check(report_of(good_run()))
    assert unseen.passed is None
    assert "not seen" in unseen.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a threshold"),
        ("p95", "is not a threshold"),
        ("p95>2s or max>3s", "is not a threshold"),
        ("p95>-2s", "is not a threshold"),
        ("p90>2s", "There is no figure 'p90'"),
        ("p95>2", "has no unit"),
        ("p95>2MB", "is not a unit of p95"),
        ("lost>1%", "is not a unit of lost"),
        ("__class__>1", "There is no figure"),
    ],
)
def test_what_is_no_threshold_is_refused_in_a_sentence(text: str, said: str) -> None:
    """Before anything is started."""
    with pytest.raises(Problem, match=said):
        read_threshold(text)
