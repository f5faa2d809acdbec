"""What the scripts of a page are given: times since the start, and what else happened."""

import json
from typing import Any

import pytest

from harness.page.columns import columns
from harness.page.judged import judge_all
from tests.unit.page.reports import day, ended_early
from tests.unit.runs import good_run


def given(run: Any) -> dict[str, Any]:
    """As it arrives in the page."""
    data: dict[str, Any] = json.loads(json.dumps(columns(run, judge_all(run))))
    return data


def test_times_are_milliseconds_since_an_image_was_due() -> None:
    """And that since the run began; stages add up to the latency."""
    rows = given(day(30))["rows"]
    assert (rows["due"][10], rows["up"][10]) == (1000, 40)
    assert (rows["begin"][10], rows["end"][10], rows["notified"][10]) == (250, 450, 500)
    assert rows["key"][10] == "user-3/photo-00010.jpg"
    assert {len(values) for values in rows.values()} == {30}


def test_what_did_not_happen_is_no_zero() -> None:
    """It is a gap in charts and a dash in the table."""
    rows = given(ended_early())["rows"]
    assert rows["notified"][2:] == rows["up"][2:] == rows["begin"][2:] == [None] * 3
    assert given(good_run())["parts"] is None


def test_alarms_faults_and_wrong_images_are_on_the_time_axis() -> None:
    """Each lane has its marks in the order of time, and says how many there are."""
    lanes = {lane["name"]: lane for lane in given(day(60, bad=[17, 5]))["lanes"]}
    assert lanes["alarms"]["marks"] == [[3000, "tapstack-dev-errors: ALARM"]]
    assert lanes["faults"]["marks"] == [[1000, "api GetObject SlowDown"]]
    assert [mark[0] for mark in lanes["✖ images"]["marks"]] == [500, 1700]
    assert lanes["cores full"]["spans"] == [[2000, 3000]]


def test_marks_and_reasons_stay_within_their_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day on which everything is wrong is no larger than others by much."""
    monkeypatch.setattr("harness.page.columns._MARKS", 10)
    monkeypatch.setattr("harness.page.columns._WHY_BYTES", 1000)
    data = given(day(60, bad=range(60)))
    (lane,) = [lane for lane in data["lanes"] if lane["name"] == "✖ images"]
    assert (len(lane["marks"]), lane["count"]) == (10, 60)
    assert 0 < len("".join(data["why"].values())) <= 1000
