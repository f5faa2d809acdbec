"""Evaluates metric math.

Source: Amazon CloudWatch User Guide, "Using math expressions with CloudWatch metrics"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from localstack_parity.cloudwatch.expressions import (
    Array,
    Call,
    ExpressionError,
    Name,
    Node,
    Number,
    Operation,
    Text,
)
from localstack_parity.cloudwatch.math_functions import (
    CALENDAR,
    EACH,
    REDUCE,
    WHOLE,
    calendar,
    filled,
    reduce,
)
from localstack_parity.cloudwatch.time_series import (
    Series,
    Value,
    as_list,
    as_number,
    as_series,
    for_each,
    operate,
    value_at,
)

# What AWS has and this emulator has not.
UNSUPPORTED = {
    *("ANOMALY_DETECTION_BAND", "DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "LAMBDA"),
    *("SEARCH", "SERVICE_QUOTA"),
}


@dataclass(frozen=True)
class Scope:
    """What an expression may refer to: results by id, the request's metrics, and its time."""

    value: Callable[[str], Value]
    metrics: Mapping[str, Series]
    start: int
    end: int

    def times(self, period: int) -> range:
        """The starts of all periods of the request."""
        return range(self.start, self.end, period)

    @property
    def period(self) -> int:
        """The longest period of the request's metrics."""
        return max((series.period for series in self.metrics.values()), default=60)


def evaluate(node: Node, scope: Scope) -> Value:
    """The value of an expression's tree. Raises ExpressionError."""
    match node:
        case Number(value):
            return value
        case Name(name):
            return scope.value(name)
        case Array(items):
            return [series for item in items for series in as_list(evaluate(item, scope))]
        case Operation(sign, left, right):
            return operate(sign, evaluate(left, scope), evaluate(right, scope))
        case Call("METRICS", arguments):
            return _metrics(arguments, scope)
        case Call("SORT", arguments):
            return _sort(arguments, scope)
        case Call("FILL", arguments):
            return _fill(arguments, scope)
        case Call(function, arguments):
            if function in UNSUPPORTED:
                raise ExpressionError(f"This emulator does not support the function {function}")
            return _call(function, [evaluate(argument, scope) for argument in arguments], scope)
        case Text(text):
            raise ExpressionError(f"A string is not allowed here: '{text}'")


def _call(function: str, arguments: list[Value], scope: Scope) -> Value:
    """A function whose arguments are values."""
    match function, arguments:
        case "IF", [condition, chosen]:
            return _if(condition, chosen, None)
        case "IF", [condition, chosen, otherwise]:
            return _if(condition, chosen, otherwise)
        case "SLICE", [array, first]:
            return as_list(array)[int(as_number(first)) :]
        case "SLICE", [array, first, last]:
            return as_list(array)[int(as_number(first)) : int(as_number(last))]
        case "TIME_SERIES", [value]:
            times = scope.times(scope.period)
            return Series(dict.fromkeys(times, as_number(value)), scope.period)
        case _, [value] if function in REDUCE:
            return reduce(function, value)
        case _, [value] if function in EACH:
            return for_each(value, EACH[function])
        case _, [value] if function in CALENDAR:
            return for_each(
                value, lambda series: calendar(function, series, scope.times(series.period))
            )
        case _, [value] if function in WHOLE:
            return WHOLE[function](value)
    known = {"IF", "SLICE", "TIME_SERIES", *REDUCE, *EACH, *CALENDAR, *WHOLE}
    problem = "Wrong number of arguments for" if function in known else "Unknown function"
    raise ExpressionError(f"{problem} {function}")


def _if(condition: Value, chosen: Value, otherwise: Value | None) -> Value:
    """IF: by the condition as a whole, or for each of its timestamps.

    Source: "Using IF expressions": where the condition holds and ``chosen`` has no value, the
    result is 0; where it does not hold and ``otherwise`` has none, the datapoint is dropped.
    """
    if isinstance(condition, int | float):
        if condition:
            return chosen
        return replace(as_series(chosen), points={}) if otherwise is None else otherwise
    test = as_series(condition)
    points = {}
    for time, holds in test.points.items():
        value = (value_at(chosen, time) or 0.0) if holds else value_at(otherwise, time)
        if value is not None:
            points[time] = value
    return replace(test, points=points)


def _metrics(arguments: tuple[Node, ...], scope: Scope) -> Value:
    """METRICS(): all metrics of the request, or with a text those whose id contains it."""
    match arguments:
        case ():
            wanted = ""
        case (Text(wanted),):
            pass
        case _:
            raise ExpressionError("METRICS takes no argument, or one string")
    return [series for id_, series in scope.metrics.items() if wanted in id_]


def _sort(arguments: tuple[Node, ...], scope: Scope) -> Value:
    """SORT(array, AVG|MIN|MAX|SUM, ASC|DESC[, limit])."""
    match arguments:
        case (array, Name("AVG" | "MIN" | "MAX" | "SUM" as by), Name("ASC" | "DESC" as order)):
            limit = None
        case (
            array,
            Name("AVG" | "MIN" | "MAX" | "SUM" as by),
            Name("ASC" | "DESC" as order),
            count,
        ):
            limit = int(as_number(evaluate(count, scope)))
        case _:
            raise ExpressionError("SORT needs an array, AVG, MIN, MAX or SUM, and ASC or DESC")
    ordered = sorted(
        as_list(evaluate(array, scope)),
        key=lambda series: as_number(reduce(by, series)),
        reverse=order == "DESC",
    )
    return ordered[:limit]


def _fill(arguments: tuple[Node, ...], scope: Scope) -> Value:
    """FILL(series, number|series|REPEAT|LINEAR): a value for periods without one."""
    match arguments:
        case (series, Name("REPEAT" | "LINEAR" as how)):
            return for_each(
                evaluate(series, scope), lambda one: filled(one, scope.times(one.period), how)
            )
        case (series, filler):
            by = evaluate(filler, scope)
        case _:
            raise ExpressionError("Wrong number of arguments for FILL")

    def fill(one: Series) -> Series:
        points = {}
        for time in scope.times(one.period):
            value = one.points.get(time, value_at(by, time))
            if value is not None:
                points[time] = value
        return replace(one, points=points)

    return for_each(evaluate(series, scope), fill)
