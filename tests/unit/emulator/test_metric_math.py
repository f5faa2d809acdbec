"""Metric math, by the examples of AWS's documentation where it has some.

Source: Amazon CloudWatch User Guide, "Using math expressions with CloudWatch metrics".
"""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localstack_parity.cloudwatch.expressions import ExpressionError, parse
from localstack_parity.cloudwatch.metric_math import UNSUPPORTED, Scope, evaluate
from localstack_parity.cloudwatch.time_series import Series, Value

MINUTE = 60
GAP = None


def _series(*values: float | None) -> Series:
    """Values at the minutes 0, 1, 2 …; None where there is none."""
    points = {MINUTE * at: value for at, value in enumerate(values) if value is not None}
    return Series(points, MINUTE)


def _values(series: Value, length: int) -> list[float | None]:
    assert isinstance(series, Series)
    return [series.points.get(MINUTE * at) for at in range(length)]


def _evaluate(expression: str, length: int = 5, **metrics: Series) -> Value:
    def value(name: str) -> Value:
        if name not in metrics:
            raise ExpressionError(f"Undefined variable {name}")
        return metrics[name]

    return evaluate(parse(expression), Scope(value, metrics, 0, MINUTE * length))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 < m2", [0, 0, 1, 0]),
        ("m1 >= 30", [1, 0, 0, 0]),
        ("m1 > 15 AND m2 > 15", [1, 0, 0, 0]),
        ("m1 > 15 || m2 > 15", [1, 1, 1, 0]),
    ],
)
def test_a_value_that_one_series_lacks_is_compared_as_0(
    expression: str, expected: list[float]
) -> None:
    """A value that only one of two series has meets a 0."""
    found = _evaluate(expression, m1=_series(30, 20, 0, 0), m2=_series(20, GAP, 20, GAP))
    assert _values(found, 4) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("IF(metric1, metric2, metric3)", [30, 0, 20, GAP, GAP]),
        ("IF(metric1, 5, metric3)", [5, 5, 20, GAP, GAP]),
        ("IF(metric1, metric2, 5)", [30, 0, 5, 5, GAP]),
        ("IF(metric1, metric2)", [30, 0, GAP, GAP, GAP]),
        ("IF(1, metric2, metric3)", [30, GAP, 0, 0, 30]),
        ("IF(0, metric2)", [GAP, GAP, GAP, GAP, GAP]),
    ],
)
def test_if_is_as_in_the_documentations_tables(
    expression: str, expected: list[float | None]
) -> None:
    """IF gives the results of the documentation's tables."""
    found = _evaluate(
        expression,
        metric1=_series(1, 1, 0, 0, GAP),
        metric2=_series(30, GAP, 0, 0, 30),
        metric3=_series(0, 0, 20, GAP, 20),
    )
    assert _values(found, 5) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 + m2", [11, 2, 33]),
        ("m1 - -m2", [11, 2, 33]),
        ("m2 / m1", [10, 0, 10]),
        ("m1 / m2", [0.1, GAP, 0.1]),
        ("100 * m1 ^ 2", [100, 400, 900]),
        ("(m1 + 1) * 2", [4, 6, 8]),
        ("m1 - AVG(m1)", [-1, 0, 1]),
        ("SUM([m1, m2])", [11, 2, 33]),
        ("AVG([m1, m2])", [5.5, 1, 16.5]),
        ("MAX(METRICS())", [10, 2, 30]),
        ("MIN(METRICS())", [1, 2, 3]),
        ('SUM(METRICS("2"))', [10, GAP, 30]),
        ("FILL(m2, 7)", [10, 7, 30]),
        ("FILL(m2, m1)", [10, 2, 30]),
        ("FILL(m2, REPEAT)", [10, 10, 30]),
        ("FILL(m2, LINEAR)", [10, 20, 30]),
        ("RATE(m1)", [GAP, 1 / 60, 1 / 60]),
        ("DIFF(m1)", [GAP, 1, 1]),
        ("DIFF_TIME(m2)", [GAP, GAP, 120]),
        ("RUNNING_SUM(m1)", [1, 3, 6]),
        ("m1 / PERIOD(m1)", [1 / 60, 2 / 60, 3 / 60]),
        ("CEIL(m1 / 2)", [1, 1, 2]),
        ("FLOOR(m1 / 2)", [0, 1, 1]),
        ("ABS(m1 - 2)", [1, 0, 1]),
        ("TIME_SERIES(METRIC_COUNT(METRICS()))", [2, 2, 2]),
        ("DATAPOINT_COUNT(METRICS())", [2, 1, 2]),
        ("MINUTE(m2)", [0, 1, 2]),
        ("FIRST(SORT(METRICS(), SUM, DESC))", [10, GAP, 30]),
        ("LAST(SLICE(SORT(METRICS(), SUM, DESC, 2), 0, 2))", [1, 2, 3]),
        ("SUM(SLICE(METRICS(), 1))", [10, GAP, 30]),
    ],
)
def test_an_expression_has_its_result(expression: str, expected: list[float | None]) -> None:
    """Functions and operators on 1, 2, 3 and on 10, a gap, 30."""
    found = _evaluate(expression, 3, m1=_series(1, 2, 3), m2=_series(10, GAP, 30))
    assert _values(found, 3) == [
        value if value is None else pytest.approx(value) for value in expected
    ]


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("m1 +", "Unexpected 'end of the expression'"),
        ("m1 m1", "Unexpected 'm1'"),
        ("SUM(m1", "Expected ')' instead of 'end of the expression'"),
        ("m1 & 2", "Unexpected '&'"),
        ("m9 * 2", "Undefined variable m9"),
        ("NOPE(m1)", "Unknown function NOPE"),
        ("RATE(m1, 2)", "Wrong number of arguments for RATE"),
        ("'text'", "A string is not allowed here: 'text'"),
        ("1 / 0", "Division by zero"),
        ("METRICS() * METRICS()", "The operator * is not for two arrays of time series"),
        *((f"{name}(m1)", f"support the function {name}") for name in sorted(UNSUPPORTED)),
    ],
)
def test_what_cannot_be_evaluated_is_named(expression: str, problem: str) -> None:
    """What cannot be evaluated is an ExpressionError that names it."""
    with pytest.raises(ExpressionError) as raised:
        _evaluate(expression, m1=_series(1, 2, 3))
    assert problem in str(raised.value)


@given(st.text("m1+-*/^()[],<>=&|ANDORSUMFILL \"'0.e", max_size=30))
def test_no_text_breaks_the_parser(expression: str) -> None:
    """Any text is a tree or an ExpressionError."""
    with suppress(ExpressionError):
        parse(expression)


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=8))
def test_filled_series_have_no_gaps(values: list[float | None]) -> None:
    """FILL with a number leaves what is there and has a value for every period."""
    found = _evaluate("FILL(m1, 0)", len(values), m1=_series(*values))
    assert _values(found, len(values)) == [0.0 if value is None else value for value in values]
