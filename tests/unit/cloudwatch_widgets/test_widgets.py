"""Dashboard widgets: what their bodies mean, and what is drawn of their data."""

import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudwatch_widgets import request, ticks
from cloudwatch_widgets.request import Line, lines, queries, rows_for
from cloudwatch_widgets.rows import Row, rows_of
from cloudwatch_widgets.times import NotDrawn, moment, time_range
from cloudwatch_widgets.widget import draw

HOUR = 3600.0
SVG = "{http://www.w3.org/2000/svg}"


def rows(*given: list[Any], **properties: Any) -> list[Row]:
    return rows_of({"metrics": list(given), **properties})


def line(*points: tuple[float, float], label: str = "Errors", period: int = 60, **row: Any) -> Line:
    return Line(Row("m0", row.pop("number", 0), "Sum", period, **row), label, points)


def drawn(*shown: Line, **properties: Any) -> ElementTree.Element:
    svg = draw(properties, shown, 0.0, HOUR, width=440, height=288)
    return ElementTree.fromstring(svg)


def texts(picture: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in picture.iter(f"{SVG}text")]


# What a body means


def test_a_dot_repeats_the_field_above() -> None:
    found = rows(["AWS/Lambda", "Errors", "FunctionName", "f"], [".", "Throttles", ".", "."])
    assert found[1].namespace == "AWS/Lambda"
    assert found[1].name == "Throttles"
    assert found[1].dimensions == (("FunctionName", "f"),)


def test_three_dots_repeat_the_rest_of_the_row_above() -> None:
    found = rows(
        ["AWS/Lambda", "Duration", "FunctionName", "f", {"stat": "Average"}],
        ["...", {"stat": "p95"}],
        ["...", "g"],
    )
    assert [each.stat for each in found] == ["Average", "p95", "Average"]
    assert found[1].dimensions == (("FunctionName", "f"),)
    assert found[2].dimensions == (("FunctionName", "g"),)
    assert found[2].name == "Duration"


def test_a_row_counts_before_the_widget_and_the_widget_before_the_default() -> None:
    found = rows(["N", "A", {"period": 10, "stat": "Sum"}], ["N", "B"], period=120, stat="Maximum")
    assert [(each.period, each.stat) for each in found] == [(10, "Sum"), (120, "Maximum")]
    assert [(each.period, each.stat) for each in rows(["N", "A"])] == [(300, "Average")]


@pytest.mark.parametrize(
    "row", [["OneName"], ["N", "A", "DimensionWithoutValue"], [".", "A"], [], ["N", 1], "N"]
)
def test_a_row_without_sense_is_named(row: Any) -> None:
    with pytest.raises(NotDrawn, match="Row 1"):
        rows(row)


def test_an_expression_is_asked_for_with_what_it_needs() -> None:
    found = rows(
        [{"expression": "100*e/i", "label": "Error rate", "id": "r"}],
        ["AWS/Lambda", "Errors", "FunctionName", "f", {"id": "e", "visible": False}],
        [".", "Invocations", ".", ".", {"id": "i", "visible": False}],
        period=60,
        stat="Sum",
    )
    asked = queries(found)
    assert asked[0] == {
        **{"Id": "r", "Expression": "100*e/i", "Label": "Error rate"},
        **{"Period": 60, "ReturnData": True},
    }
    assert [each["ReturnData"] for each in asked] == [True, False, False]
    assert asked[2]["MetricStat"] == {
        "Metric": {
            "Namespace": "AWS/Lambda",
            "MetricName": "Invocations",
            "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
        },
        "Period": 60,
        "Stat": "Sum",
    }


def test_ids_that_are_not_given_are_none_that_are() -> None:
    assert len({each.id for each in rows(["N", "A"], ["N", "B", {"id": "m0"}], ["N", "C"])}) == 3


def test_a_long_range_has_a_longer_period() -> None:
    found = rows_for({"metrics": [["N", "A"]], "period": 60}, 0, 14 * 86_400)
    assert found[0].period == 900
    assert request.MOST_POINTS >= 14 * 86_400 / 900


def test_one_value_of_the_whole_range() -> None:
    body = {"metrics": [["N", "A"]], "view": "singleValue", "setPeriodToTimeRange": True}
    assert rows_for(body, 0, 3 * HOUR)[0].period == 3 * HOUR


@pytest.mark.parametrize(
    ("text", "expected"),
    [("-PT3H", -3 * HOUR), ("-P14D", -14 * 86_400), ("P0D", 0), ("PT0H", 0), ("-P1W", -604_800)],
)
def test_durations_count_back_from_now(text: str, expected: float) -> None:
    assert moment(text, 0.0) == expected


def test_a_moment_of_its_own() -> None:
    assert moment("1970-01-01T01:00:00.000Z", 0.0) == HOUR


@pytest.mark.parametrize("text", ["", "P", "-PT", "yesterday", None, 3])
def test_what_is_no_time_is_named(text: Any) -> None:
    with pytest.raises(NotDrawn, match="no time"):
        moment(text, 0.0)


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(NotDrawn, match="not before its end"):
        time_range("P0D", "-PT1H", 0.0)


def test_lines_are_named_by_what_differs() -> None:
    found = rows(["N", "Duration", {"stat": "Average"}], ["...", {"stat": "p95"}])
    at = datetime(2026, 1, 1, tzinfo=UTC)
    results = [
        {
            **{"Id": each.id, "Label": "Duration"},
            **{"Timestamps": [at + timedelta(minutes=1), at], "Values": [2.0, 1.0]},
        }
        for each in found
    ]
    made = lines(found, results)
    assert [each.label for each in made] == ["Duration Average", "Duration p95"]
    assert made[0].points == ((at.timestamp(), 1.0), (at.timestamp() + 60, 2.0))


# What is drawn


def test_neighbours_are_joined_and_a_gap_is_a_gap() -> None:
    picture = drawn(line((60, 1.0), (120, 2.0), (600, 3.0), (660, 1.0)))
    paths = [each for each in picture.iter(f"{SVG}path") if each.get("fill") == "none"]
    assert [each.get("d", "").count("L") for each in paths] == [1, 1]


def test_a_point_alone_is_a_dot() -> None:
    picture = drawn(line((600, 3.0)))
    assert len(list(picture.iter(f"{SVG}circle"))) == 1


def test_no_data_says_so_and_is_not_zero() -> None:
    picture = drawn(line())
    assert "No data" in texts(picture)
    assert not list(picture.iter(f"{SVG}circle"))
    assert "#e69f00" in {each.get("fill") for each in picture.iter(f"{SVG}path")}  # the triangle


def test_the_right_axis_has_its_own_scale() -> None:
    both = drawn(
        line((60, 2.0), (120, 2.0)), line((60, 9000.0), (120, 9000.0), number=1, right=True)
    )
    assert "10k" in texts(both)
    assert "2" in texts(both)


def test_the_scale_grows_for_an_annotation() -> None:
    marks = {"horizontal": [{"value": 30_000, "label": "Timeout"}]}
    picture = drawn(line((60, 2.0)), annotations=marks)
    assert {"Timeout", "30k"} <= set(texts(picture))


def test_limits_of_an_axis_are_kept() -> None:
    picture = drawn(line((60, 2.0)), yAxis={"left": {"min": 0, "max": 500}})
    assert "500" in texts(picture)


@pytest.mark.parametrize("view", ["timeSeries", "singleValue", "bar", "pie"])
def test_names_of_others_are_text_and_nothing_else(view: str) -> None:
    hostile = '"></text><script>alert(1)</script>\u202e\x00&amp;'
    picture = drawn(line((60, 1.0), label=hostile), title=hostile, view=view)
    assert not list(picture.iter(f"{SVG}script"))
    assert {each.tag for each in picture.iter()} <= {
        f"{SVG}{name}" for name in ("svg", "title", "rect", "line", "text", "path", "circle")
    }


def test_a_colour_that_is_none_is_not_taken() -> None:
    assert rows(["N", "A", {"color": "red;url(x)"}])[0].shown_as == "#0072b2"
    assert rows(["N", "A", {"color": "#d13212"}])[0].shown_as == "#d13212"


def test_a_single_value_is_the_latest() -> None:
    assert "42" in texts(drawn(line((60, 1.0), (120, 42.0)), view="singleValue"))


def test_a_gauge_needs_its_limits() -> None:
    with pytest.raises(NotDrawn, match=r"yAxis\.left\.min"):
        drawn(line((60, 1.0)), view="gauge")
    shown = drawn(line((60, 40.0)), view="gauge", yAxis={"left": {"min": 0, "max": 80}})
    assert {"40", "0", "80"} <= set(texts(shown))


def test_a_view_that_is_not_drawn_is_named() -> None:
    with pytest.raises(NotDrawn, match="'table'"):
        drawn(line((60, 1.0)), view="table")


def test_stacked_lines_stand_on_each_other() -> None:
    picture = drawn(
        line((60, 10.0), (120, 10.0)), line((60, 10.0), (120, 10.0), number=1), stacked=True
    )
    assert "20" in texts(picture)


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (999, "999"), (1500, "1.5k"), (2e6, "2M")])
def test_numbers_are_short(value: float, text: str) -> None:
    assert ticks.number_text(value) == text
