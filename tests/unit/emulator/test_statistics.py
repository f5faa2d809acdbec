"""Statistics by the names that CloudWatch gives them.

Source: Amazon CloudWatch User Guide, "CloudWatch statistics definitions".
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localstack_parity.cloudwatch.statistics import Samples, parse


def _samples(*values: float) -> Samples:
    seen = [(value, float(values.count(value))) for value in sorted(set(values))]
    return Samples(len(values), sum(values), min(values), max(values), seen)


HUNDRED = _samples(*map(float, range(1, 101)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SampleCount", 100),
        ("Sum", 5050),
        ("Average", 50.5),
        ("Minimum", 1),
        ("Maximum", 100),
        ("p0", 1),
        ("p50", 50.5),
        ("p100", 100),
        ("p99.9", 99.901),
        ("tm90", 45.5),
        ("tm(10%:90%)", 50.5),
        ("TM(:50)", 25.5),
        ("tc90", 90),
        ("ts(10%:90%)", 4040),
        ("wm(10%:90%)", 50.5),
        ("PR(:25)", 25),
        ("PR(25:)", 75),
        ("IQM", 50.5),
    ],
)
def test_a_statistic_has_its_value(name: str, value: float) -> None:
    """Each statistic of the numbers from 1 to 100."""
    assert parse(name).of(HUNDRED) == pytest.approx(value)


@pytest.mark.parametrize("name", ["sum", "p101", "p", "px", "tm(10%:90)", "tm(:)", "median"])
def test_an_unknown_statistic_is_refused(name: str) -> None:
    """What CloudWatch does not have raises ValueError."""
    with pytest.raises(ValueError, match=re.escape(name)):
        parse(name)


def test_no_percentiles_of_negative_values() -> None:
    """Percentiles are not available when any value is negative."""
    assert parse("p50").of(_samples(-1.0, 1.0)) is None


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.integers(0, 100))
def test_percentiles_lie_between_the_extremes(values: list[float], percent: int) -> None:
    """A percentile is never outside of what was measured, and p0 and p100 are its ends."""
    samples = _samples(*values)
    found = parse(f"p{percent}").of(samples)
    assert found is not None
    assert min(values) <= found <= max(values)
    assert parse("p0").of(samples) == min(values)
    assert parse("p100").of(samples) == max(values)
