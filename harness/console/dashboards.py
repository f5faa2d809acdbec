"""What the page Dashboard shows: the deployed dashboards, drawn from their own bodies.

The numbers are the target's GetMetricData; cloudwatch_widgets draws them.
"""

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from cloudwatch_widgets import request, widget
from cloudwatch_widgets.times import NotDrawn, time_range
from harness.console.view import Place

DEFAULT_RANGE = "-PT3H"  # where neither the dashboard nor its widgets have one
COLUMNS, WIDE, HIGH = 24, 6, 6  # of the grid, and of a widget that has no size
_COLUMN_PX, _ROW_PX = 55, 48
_HISTORY = 20  # entries


@dataclass(frozen=True)
class Asked:
    """What the page wants to see; without a start, the ranges that the dashboard itself has."""

    start: str = ""
    theme: str = "light"
    name: str = ""


def show(place: Place, asked: Asked) -> dict[str, Any]:
    """The names of all dashboards, and the widgets of one: the first that the stack has."""
    cloudwatch = place.target.client("cloudwatch")
    names = _names(place, cloudwatch)
    name = asked.name if asked.name in names else next(iter(names), "")
    if not name:
        return {"names": [], "name": "", "widgets": []}
    body = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    widgets = body.get("widgets", [])
    places = list(_places(widgets))
    now = time.time()
    drawn = [
        {**_where(at), **_shown(cloudwatch, each, body, asked, at, now)}
        for each, at in zip(widgets, places, strict=True)
    ]
    return {"names": names, "name": name, "widgets": drawn, "at": now}


def _names(place: Place, cloudwatch: Any) -> list[str]:
    """The dashboards of the target, those of the stack first."""
    pages = place.target.client("cloudformation").get_paginator("list_stack_resources")
    ours = [
        each["PhysicalResourceId"]
        for page in pages.paginate(StackName=place.stack.name)
        for each in page["StackResourceSummaries"]
        if each["ResourceType"] == "AWS::CloudWatch::Dashboard"
    ]
    found = cloudwatch.get_paginator("list_dashboards").paginate()
    names = sorted(each["DashboardName"] for page in found for each in page["DashboardEntries"])
    return sorted(names, key=lambda name: name not in ours)


type At = tuple[int, int, int, int]  # x, y, width, height, in units of the grid


def _places(widgets: Sequence[Mapping[str, Any]]) -> Iterator[At]:
    """Where widgets stand; one without a place takes the next that is free, row by row."""
    taken: set[tuple[int, int]] = set()
    for each in widgets:
        wide, high = int(each.get("width", WIDE)), int(each.get("height", HIGH))
        x, y = each.get("x"), each.get("y")
        if x is None or y is None:
            x, y = _free(taken, wide, high)
        taken |= {(x + column, y + row) for column in range(wide) for row in range(high)}
        yield x, y, wide, high


def _free(taken: set[tuple[int, int]], wide: int, high: int) -> tuple[int, int]:
    for number in range(COLUMNS * 1000):
        y, x = divmod(number, COLUMNS)
        cells = ((x + column, y + row) for column in range(wide) for row in range(high))
        if x + wide <= COLUMNS and taken.isdisjoint(cells):
            return x, y
    return 0, 1000


def _where(at: At) -> dict[str, int]:
    return dict(zip(("x", "y", "width", "height"), at, strict=True))


def _shown(
    cloudwatch: Any,
    each: Mapping[str, Any],
    body: Mapping[str, Any],
    asked: Asked,
    at: At,
    now: float,
) -> dict[str, Any]:
    """A widget for the page. What cannot be shown has the reason, in the target's words."""
    properties = each.get("properties", {})
    base = {"type": each.get("type"), "title": str(properties.get("title", "")), "json": each}
    try:
        match each.get("type"):
            case "metric" if properties.get("metrics"):
                shown = _metrics(cloudwatch, properties, body, asked, at, now)
            case "text":
                shown = {"text": str(properties.get("markdown", ""))}
            case "alarm":
                shown = {"alarms": _alarms(cloudwatch, properties.get("alarms", []))}
            case "log":
                shown = {"problem": "Logs Insights is not emulated.", "text": properties["query"]}
            case kind:
                raise NotDrawn(f"Widgets of the kind {kind!r} without metrics are not drawn here.")
    except NotDrawn as reason:
        shown = {"problem": str(reason)}
    except ClientError as error:
        shown = {"problem": str(error)}
    return base | shown


def _metrics(
    cloudwatch: Any,
    properties: Mapping[str, Any],
    body: Mapping[str, Any],
    asked: Asked,
    at: At,
    now: float,
) -> dict[str, Any]:
    own = properties if properties.get("start") else body
    begin = asked.start or own.get("start") or DEFAULT_RANGE
    start, end = time_range(begin, None if asked.start else own.get("end"), now)
    rows = request.rows_for(properties, start, end)
    call = {
        "MetricDataQueries": request.queries(rows),
        "StartTime": datetime.fromtimestamp(math.floor(start), UTC),
        "EndTime": datetime.fromtimestamp(math.ceil(end), UTC),
    }
    pages = cloudwatch.get_paginator("get_metric_data").paginate(**call)
    lines = request.lines(rows, _joined(pages))
    width, height = at[2] * _COLUMN_PX, at[3] * _ROW_PX
    svg = widget.draw(properties, lines, start, end, width=width, height=height, theme=asked.theme)
    return {
        "svg": svg,
        "pixels": [width, height],
        "lines": [
            {"label": line.label, "colour": line.row.shown_as, "points": _finite(line.points)}
            for line in lines
        ],
        "periods": sorted({row.period for row in rows}),
        "call": json.dumps(call, indent=2, default=lambda each: each.isoformat()),
    }


def _joined(pages: Any) -> list[dict[str, Any]]:
    """The results of all pages: a later page goes on with the series of the one before."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for page in pages:
        for result in page["MetricDataResults"]:
            series = found.setdefault(
                (result["Id"], result.get("Label", "")),
                {"Id": result["Id"], "Label": result.get("Label"), "Timestamps": [], "Values": []},
            )
            series["Timestamps"] += result["Timestamps"]
            series["Values"] += result["Values"]
    return list(found.values())


def _finite(points: Sequence[request.Point]) -> list[request.Point]:
    return [point for point in points if math.isfinite(point[1])]


def _alarms(cloudwatch: Any, arns: Sequence[str]) -> list[dict[str, Any]]:
    """State, reason and latest changes of alarms, in the order of their ARNs."""
    names = [arn.partition(":alarm:")[2] for arn in arns]
    answer = cloudwatch.describe_alarms(
        AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    found = {each["AlarmName"]: each for each in answer["MetricAlarms"] + answer["CompositeAlarms"]}
    return [_alarm(cloudwatch, name, found.get(name)) for name in names]


def _alarm(cloudwatch: Any, name: str, alarm: Mapping[str, Any] | None) -> dict[str, Any]:
    if alarm is None:
        return {"name": name, "state": "missing", "reason": "There is no such alarm."}
    history = cloudwatch.describe_alarm_history(
        AlarmName=name,
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        HistoryItemType="StateUpdate",
        MaxRecords=_HISTORY,
    )["AlarmHistoryItems"]
    return {
        "name": name,
        "state": alarm["StateValue"],
        "reason": alarm.get("StateReason", ""),
        "since": alarm["StateUpdatedTimestamp"].timestamp(),
        "history": [
            {"at": each["Timestamp"].timestamp(), "text": each["HistorySummary"]}
            for each in history
        ],
    }
