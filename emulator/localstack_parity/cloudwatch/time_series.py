"""Time series, and the operators of metric math between them.

Source: Amazon CloudWatch User Guide, "Using math expressions with CloudWatch metrics", "Basic
arithmetic functions" and "Comparison and logical operators".
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from localstack_parity.cloudwatch.expressions import ExpressionError


@dataclass(frozen=True)
class Series:
    """A time series: values by the start of their period, in seconds since the epoch, ascending.

    ``counts`` has the number of samples behind each value, and ``units`` what they were reported
    in; both for metrics only.
    """

    points: Mapping[int, float]
    period: int
    label: str = ""
    counts: Mapping[int, float] = field(default_factory=dict)
    units: tuple[str, ...] = ()


type Value = float | Series | list[Series]


def as_list(value: Value) -> list[Series]:
    """An array, or the array of one series."""
    return value if isinstance(value, list) else [as_series(value)]


def as_series(value: Value) -> Series:
    """A series; raises ExpressionError for anything else."""
    if isinstance(value, Series):
        return value
    raise ExpressionError("A time series is needed here")


def as_number(value: Value) -> float:
    """A number; raises ExpressionError for anything else."""
    if isinstance(value, int | float):
        return float(value)
    raise ExpressionError("A number is needed here")


def for_each(value: Value, function: Callable[[Series], Series]) -> Value:
    """Apply a function to a series, or to each of an array."""
    if isinstance(value, list):
        return [function(series) for series in value]
    return function(as_series(value))


def value_at(value: Value | None, time: int) -> float | None:
    """The value at a time, None if there is none; of a number, the number."""
    match value:
        case Series(points):
            return points.get(time)
        case list():
            raise ExpressionError("An array of time series is not allowed here")
    return value


_SIGNS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
    "&&": lambda left, right: float(bool(left) and bool(right)),
    "||": lambda left, right: float(bool(left) or bool(right)),
}


def operate(sign: str, left: Value, right: Value) -> Value:
    """Apply an operator, to each datapoint of a series and each series of an array.

    "Missing values in a time series are treated as 0. If the value of a data point causes a
    function to attempt to divide by zero, the data point is dropped."
    """
    match left, right:
        case list(), list():
            raise ExpressionError(f"The operator {sign} is not for two arrays of time series")
        case list(), _:
            return [_pairwise(sign, series, right, series) for series in left]
        case _, list():
            return [_pairwise(sign, left, series, series) for series in right]
        case Series(), _:
            return _pairwise(sign, left, right, left)
        case _, Series():
            return _pairwise(sign, left, right, right)
    result = _apply(sign, as_number(left), as_number(right))
    if result is None:
        raise ExpressionError("Division by zero")
    return result


def _pairwise(sign: str, left: Value, right: Value, model: Series) -> Series:
    times = {time for side in (left, right) if isinstance(side, Series) for time in side.points}
    points = {}
    for time in sorted(times):
        result = _apply(sign, value_at(left, time) or 0.0, value_at(right, time) or 0.0)
        if result is not None:
            points[time] = result
    return replace(model, points=points)


def _apply(sign: str, left: float, right: float) -> float | None:
    """The result, or None where it is no number."""
    try:
        result = _SIGNS[sign](left, right)
    except (ZeroDivisionError, OverflowError):
        return None
    return float(result) if isinstance(result, int | float) and math.isfinite(result) else None
