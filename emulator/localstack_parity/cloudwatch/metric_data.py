"""What GetMetricData, GetMetricStatistics and alarms ask for: metrics and metric math over time.

Reads through a function that gets one metric, so that it does not know the database.

Source: Amazon CloudWatch API Reference, GetMetricData
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api import CommonServiceException

from localstack_parity.cloudwatch import expressions, statistics
from localstack_parity.cloudwatch.database import MetricDatabase
from localstack_parity.cloudwatch.expressions import ExpressionError
from localstack_parity.cloudwatch.metric_math import Scope, evaluate
from localstack_parity.cloudwatch.time_series import Series, Value

DAY = 24 * 3600
SHORT_PERIODS = (1, 5, 10, 20, 30)
MAX_QUERIES = 500

_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")

type Query = Mapping[str, Any]
type ReadMetric = Callable[[Mapping[str, Any], int, int], Series]


class ValidationException(CommonServiceException):
    """A request that CloudWatch refuses; JSON and CBOR have the name of the class, too.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_set_alarm_invalid_input.
    """

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message, 400, True)


def reader(
    database: MetricDatabase, account: str, region: str, ahead_s: int | None = None
) -> ReadMetric:
    """A function that reads one metric: of a MetricStat, from a start to an end.

    With `ahead_s` it reads as alarms see it (alarm_clock.py).
    """

    def read(stat: Mapping[str, Any], start: int, end: int) -> Series:
        statistic = statistics.parse(stat["Stat"])
        period = stat["Period"]
        by_unit = database.points(
            account,
            region,
            stat["Metric"],
            statistic,
            start=start,
            end=end,
            period=period,
            unit=stat.get("Unit"),
            ahead_s=ahead_s,
        )
        # Without a unit in the query, of several that were published CloudWatch takes one.
        points = next(iter(by_unit.values()), [])
        return Series(
            {point.start: point.value for point in points},
            period,
            label=stat["Metric"].get("MetricName", ""),
            counts={point.start: point.samples for point in points},
            units=tuple(by_unit),
        )

    return read


def rounded(at: datetime, period: int, now: datetime) -> int:
    """A start or end time as CloudWatch takes it, in seconds since the epoch.

    "Start time less than 15 days ago - Round down to the nearest whole minute"; between 15 and 63
    days to five minutes, before that to an hour; for periods below a minute to a multiple of them.
    """
    second = int(at.timestamp())
    age = (now - at).total_seconds()
    if period in SHORT_PERIODS:
        step = period
    elif age < 15 * DAY:
        step = 60
    else:
        step = 300 if age < 63 * DAY else 3600
    return second - second % step


def check(queries: Sequence[Query]) -> None:
    """Raise ValidationException for queries that CloudWatch refuses."""
    if not queries or len(queries) > MAX_QUERIES:
        raise ValidationException(
            f"The parameter MetricDataQueries must have between 1 and {MAX_QUERIES} elements."
        )
    seen: set[str] = set()
    for query in queries:
        id_ = query.get("Id", "")
        if not _ID.fullmatch(id_) or len(id_) > 255:
            raise ValidationException(
                f"The value {id_} for parameter MetricDataQueries.member.Id is not matching the"
                " expected pattern ^[a-z][a-zA-Z0-9_]*$."
            )
        if id_ in seen:
            raise ValidationException(
                f"The values for parameter id in MetricDataQueries are not unique: {id_}."
            )
        seen.add(id_)
        stat = query.get("MetricStat")
        if bool(stat) == bool(query.get("Expression")):
            raise ValidationException(
                f"Either Expression or MetricStat must be specified, but not both, for {id_}."
            )
        if stat:
            check_period(stat["Period"])
            check_statistic(stat["Stat"])
        else:
            _tree(id_, query["Expression"])


def check_period(period: int) -> None:
    """Raise ValidationException unless metrics can be asked for by this period."""
    if period not in SHORT_PERIODS and (period <= 0 or period % 60):
        raise ValidationException(
            f"The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60, not {period}."
        )


def check_statistic(name: str) -> None:
    """Raise ValidationException unless there is a statistic of this name."""
    try:
        statistics.parse(name)
    except ValueError:
        raise ValidationException(
            f"The value {name} for parameter Stat is not supported."
        ) from None


def solve(
    queries: Sequence[Query], read: ReadMetric, start: int, end: int
) -> dict[str, Series | list[Series]]:
    """The result of each query, by its id. Raises ValidationException for a wrong expression."""
    by_id = {query["Id"]: query for query in queries}
    metrics = {
        id_: replace(found, label=query.get("Label", found.label))
        for id_, query in by_id.items()
        if "MetricStat" in query
        for found in [read(query["MetricStat"], start, end)]
    }
    solved: dict[str, Value] = dict(metrics)
    under_way: list[str] = []

    def value(id_: str) -> Value:
        if id_ in solved:
            return solved[id_]
        if id_ not in by_id:
            raise ExpressionError(f"Undefined variable {id_}")
        if id_ in under_way:
            raise ExpressionError(f"{id_} refers to itself")
        under_way.append(id_)
        solved[id_] = evaluate(_tree(id_, by_id[id_]["Expression"]), scope)
        return solved[id_]

    scope = Scope(value, metrics, start, end)
    results: dict[str, Series | list[Series]] = {}
    for id_ in by_id:
        try:
            result = value(id_)
            if isinstance(result, int | float):
                if by_id[id_].get("ReturnData", True):
                    raise ExpressionError("The result must be a time series, not a number")
                continue
        except ExpressionError as e:
            raise _wrong(id_, e) from None
        results[id_] = result
    return results


def _tree(id_: str, expression: str) -> expressions.Node:
    try:
        return expressions.parse(expression)
    except ExpressionError as e:
        raise _wrong(id_, e) from None


def _wrong(id_: str, problem: ExpressionError) -> ValidationException:
    return ValidationException(f"Error in expression '{id_}': {problem}.")


def results(
    queries: Sequence[Query], solved: Mapping[str, Series | list[Series]], *, ascending: bool
) -> list[dict[str, Any]]:
    """MetricDataResult dicts of the queries that return data."""
    labels = _labels(queries)
    found = []
    for query in queries:
        if not query.get("ReturnData", True):
            continue
        id_ = query["Id"]
        result = solved[id_]
        several = isinstance(result, list)
        for series in result if isinstance(result, list) else [result]:
            label = f"{labels[id_]} {series.label}".strip() if several else labels[id_]
            times = sorted(series.points, reverse=not ascending)
            found.append(
                {
                    "Id": id_,
                    "Label": label,
                    "Timestamps": [datetime.fromtimestamp(time, UTC) for time in times],
                    "Values": [series.points[time] for time in times],
                    "StatusCode": "Complete",
                    **_messages(query, series),
                }
            )
    return found


def _messages(query: Query, series: Series) -> dict[str, Any]:
    """That a metric was published in several units, of which the result has one."""
    if "MetricStat" not in query or len(series.units) < 2:
        return {}
    units = ", ".join(series.units)
    message = {"Code": "MultipleUnits", "Value": f"Multiple units returned: '[{units}]'"}
    return {"Messages": [message]}


def _labels(queries: Sequence[Query]) -> dict[str, str]:
    """The labels that were asked for; else the metric's name, with what differs from the others.

    An expression without a label has its id.
    """
    stats = [query["MetricStat"] for query in queries if "MetricStat" in query]
    differing = [part for part in ("Stat", "Period") if len({stat[part] for stat in stats}) > 1]
    labels = {}
    for query in queries:
        label = query.get("Label")
        if label is None and (stat := query.get("MetricStat")):
            parts = (str(stat[part]) for part in differing)
            label = " ".join((stat["Metric"]["MetricName"], *parts))
        labels[query["Id"]] = query["Id"] if label is None else label
    return labels


def page(
    found: list[dict[str, Any]], first: int, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """The results with their datapoints number ``first`` up to ``limit`` more, and the next.

    Results that go on have the status PartialData, as GetMetricData marks them.
    """
    shown = []
    passed = 0
    last = first + limit
    for result in found:
        size = len(result["Values"])
        begin, end = max(first - passed, 0), min(last - passed, size)
        passed += size
        if begin >= end and (size or first):
            continue
        status = "Complete" if end == size else "PartialData"
        part = {name: result[name][begin:end] for name in ("Timestamps", "Values")}
        shown.append({**result, **part, "StatusCode": status})
    return shown, last if last < passed else None
