"""What a widget asks GetMetricData for, and the lines that its answer makes.

What carries the request to CloudWatch is the caller's.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cloudwatch_widgets.rows import Row, rows_of

MOST_POINTS = 1_440
_PERIODS = (60, 300, 900, 3600, 21_600, 86_400, 7 * 86_400, 30 * 86_400)
_ONE_VALUE = {"singleValue", "gauge", "pie", "table", "bar"}

type Point = tuple[float, float]  # seconds since 1970, value


@dataclass(frozen=True)
class Line:
    """A row with its data, in order of time."""

    row: Row
    label: str
    points: tuple[Point, ...]

    @property
    def last(self) -> float | None:
        """The latest value."""
        return self.points[-1][1] if self.points else None


def rows_for(properties: Mapping[str, Any], start: float, end: float) -> list[Row]:
    """The rows, each with the period that is asked for.

    That of the row or the widget; a longer one where it would give more than MOST_POINTS points;
    and all of the range where the widget wants one value of it. Raises NotDrawn.
    """
    rows = rows_of(properties)
    if properties.get("setPeriodToTimeRange") and properties.get("view") in _ONE_VALUE:
        whole = max(60, 60 * math.ceil((end - start) / 60))
        return [replace(row, period=whole) for row in rows]
    return [replace(row, period=_period(row.period, end - start)) for row in rows]


def _period(wanted: int, range_s: float) -> int:
    longer = (period for period in _PERIODS if period > wanted)
    while range_s / wanted > MOST_POINTS and (following := next(longer, None)):
        wanted = following
    return wanted


def queries(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """MetricDataQueries of GetMetricData. What is not visible is there for expressions."""
    return [_query(row) for row in rows]


def _query(row: Row) -> dict[str, Any]:
    common: dict[str, Any] = {"Id": row.id, "ReturnData": row.visible}
    if row.label:
        common["Label"] = row.label
    if row.expression:
        return {**common, "Expression": row.expression, "Period": row.period}
    dimensions = [{"Name": name, "Value": value} for name, value in row.dimensions]
    metric = {"Namespace": row.namespace, "MetricName": row.name, "Dimensions": dimensions}
    stat = {"Metric": metric, "Period": row.period, "Stat": row.stat}
    return {**common, "MetricStat": stat}


def lines(rows: Sequence[Row], results: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The results of GetMetricData as lines, in the order of the rows.

    An expression may have several, of which each is a line of its own colour.
    """
    by_id = {row.id: row for row in rows}
    found: list[Line] = []
    for result in results:
        row = by_id.get(str(result.get("Id", "")))
        if row is None:
            continue
        points = sorted(
            (at.timestamp(), float(value))
            for at, value in zip(result["Timestamps"], result["Values"], strict=True)
        )
        found.append(Line(row, _label(row, result), tuple(points)))
    found.sort(key=lambda line: line.row.number)
    seen: dict[str, int] = {}
    for at, line in enumerate(found):
        again = seen.get(line.row.id, 0)
        seen[line.row.id] = again + 1
        if again:
            found[at] = replace(line, row=replace(line.row, number=len(rows) + at, colour=""))
    return _distinguished(found)


def _label(row: Row, result: Mapping[str, Any]) -> str:
    return str(result.get("Label") or row.label or row.name or row.expression or row.id)


def _distinguished(found: list[Line]) -> list[Line]:
    """Lines of the same metric are distinguished by their statistic, or else by what differs."""
    labels = [line.label for line in found]
    return [
        replace(line, label=f"{line.label} {line.row.stat}")
        if labels.count(line.label) > 1
        and not line.row.label
        and not line.row.expression
        and len({each.row.stat for each in found if each.label == line.label}) > 1
        else replace(line, label=f"{line.label} {line.row.dimensions[0][1]}")
        if labels.count(line.label) > 1 and line.row.dimensions and not line.row.label
        else line
        for line in found
    ]
