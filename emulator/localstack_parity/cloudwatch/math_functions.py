"""The functions of metric math that need nothing but their argument and the request's time.

Source: Amazon CloudWatch User Guide, "Using math expressions with CloudWatch metrics", "Functions
supported for metric math".
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from statistics import fmean, pstdev

from localstack_parity.cloudwatch.expressions import ExpressionError
from localstack_parity.cloudwatch.time_series import Series, Value, as_list, as_series

# Of one series a number, of several a series with a value for each timestamp.
REDUCE: Mapping[str, Callable[[Sequence[float]], float]] = {
    "AVG": fmean,
    "SUM": math.fsum,
    "MIN": min,
    "MAX": max,
    "STDDEV": pstdev,
    "DATAPOINT_COUNT": len,
}


def reduce(function: str, value: Value) -> Value:
    """AVG, SUM, MIN, MAX, STDDEV or DATAPOINT_COUNT."""
    if not isinstance(value, list):
        values = list(as_series(value).points.values())
        return float(REDUCE[function](values)) if values else 0.0
    if not value:
        raise ExpressionError(f"{function} of no time series")
    points = {}
    for time in sorted({time for series in value for time in series.points}):
        found = [series.points[time] for series in value if time in series.points]
        if function == "AVG":  # "Missing values are treated as 0."
            found += [0.0] * (len(value) - len(found))
        points[time] = float(REDUCE[function](found))
    return Series(points, max(series.period for series in value))


def _each(function: Callable[[float], float]) -> Callable[[Series], Series]:
    """A function of single values; those that have no result are dropped."""

    def apply(series: Series) -> Series:
        points = {}
        for time, value in series.points.items():
            try:
                points[time] = float(function(value))
            except ValueError:
                continue
        return replace(series, points=points)

    return apply


def _steps(function: Callable[[float, float], float]) -> Callable[[Series], Series]:
    """A function of the differences in value and in time to the datapoint before."""

    def apply(series: Series) -> Series:
        points = {
            time: function(value - before, time - at)
            for (at, before), (time, value) in pairwise(series.points.items())
        }
        return replace(series, points=points)

    return apply


def _running_sum(series: Series) -> Series:
    total = 0.0
    points = {}
    for time, value in series.points.items():
        total += value
        points[time] = total
    return replace(series, points=points)


# Of one series a series, of several each.
EACH: Mapping[str, Callable[[Series], Series]] = {
    "ABS": _each(abs),
    "CEIL": _each(math.ceil),
    "FLOOR": _each(math.floor),
    "LOG": _each(math.log),
    "LOG10": _each(math.log10),
    "DIFF": _steps(lambda difference, seconds: difference),
    "DIFF_TIME": _steps(lambda difference, seconds: float(seconds)),
    "RATE": _steps(lambda difference, seconds: difference / seconds),
    "RUNNING_SUM": _running_sum,
}

# Of a timestamp: "a new non-sparse time series where each value is based on its timestamp".
CALENDAR: Mapping[str, Callable[[datetime], float]] = {
    "MINUTE": lambda at: at.minute,
    "HOUR": lambda at: at.hour,
    "DAY": lambda at: at.isoweekday(),
    "DATE": lambda at: at.day,
    "MONTH": lambda at: at.month,
    "YEAR": lambda at: at.year,
    "EPOCH": lambda at: at.timestamp(),
}


def calendar(function: str, series: Series, times: Sequence[int]) -> Series:
    """MINUTE, HOUR, DAY (1 is Monday), DATE, MONTH, YEAR or EPOCH of each timestamp."""
    points = {time: float(CALENDAR[function](datetime.fromtimestamp(time, UTC))) for time in times}
    return replace(series, points=points)


def _pick(value: Value, index: int) -> Series:
    series = as_list(value)
    if not series:
        raise ExpressionError("The array of time series is empty")
    return series[index]


WHOLE: Mapping[str, Callable[[Value], Value]] = {
    "PERIOD": lambda value: float(as_series(value).period),
    "METRIC_COUNT": lambda value: float(len(as_list(value))),
    "FIRST": lambda value: _pick(value, 0),
    "LAST": lambda value: _pick(value, -1),
    "REMOVE_EMPTY": lambda value: [series for series in as_list(value) if series.points],
}


def filled(series: Series, times: Sequence[int], how: str) -> Series:
    """With REPEAT the value before a gap, with LINEAR the line between its ends."""
    known = sorted(series.points)
    points: dict[int, float] = {}
    for time in times:
        before = max((at for at in known if at <= time), default=None)
        after = min((at for at in known if at >= time), default=None)
        if before is None or (after is None and how == "LINEAR"):
            continue
        value = series.points[before]
        if how == "LINEAR" and after is not None and after > before:
            value += (series.points[after] - value) * (time - before) / (after - before)
        points[time] = value
    return replace(series, points=points)
