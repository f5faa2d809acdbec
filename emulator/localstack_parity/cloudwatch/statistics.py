"""Statistics by the names that CloudWatch gives them: Sum, p99, tm(10%:90%) …

Source: Amazon CloudWatch User Guide, "CloudWatch statistics definitions"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html).
How CloudWatch estimates percentiles is not documented: here they are exact, and between two samples
interpolated.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

SIMPLE = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")

_BOUND = r"\d+(?:\.\d+)?%?"
_RANGE = re.compile(rf"(tm|tc|ts|wm|pr)\((?P<low>{_BOUND})?:(?P<high>{_BOUND})?\)", re.IGNORECASE)
_PERCENT = re.compile(r"(p|tm|tc|ts|wm)(\d{1,3}(?:\.\d{1,10})?)", re.IGNORECASE)


@dataclass(frozen=True)
class Samples:
    """What was reported in one period.

    ``values`` are pairs of a value and how often it was seen, in ascending order. They are only
    there when asked for, and lack what was reported as a set of statistics.
    """

    count: float
    total: float
    minimum: float
    maximum: float
    values: Sequence[tuple[float, float]] = field(default=())


type Compute = Callable[[Samples], float | None]


@dataclass(frozen=True)
class Statistic:
    """A statistic: its name, how to compute it, and whether that takes the single values.

    ``percentile`` is between 0 and 1, for percentiles only.
    """

    name: str
    of: Compute
    needs_values: bool = False
    percentile: float | None = None


def parse(name: str) -> Statistic:
    """The statistic of this name. Raises ValueError if CloudWatch has none."""
    if name in SIMPLE:
        return Statistic(name, _SIMPLE[name])
    if name.upper() == "IQM":
        return _ranged(name, "tm", "25%", "75%")
    if match := _PERCENT.fullmatch(name):
        kind, percent = match[1].lower(), float(match[2])
        if percent > 100:
            raise ValueError(name)
        if kind == "p":
            share = percent / 100
            return Statistic(name, lambda samples: _percentile(samples, share), True, share)
        return _ranged(name, kind, "", f"{percent}%")
    if match := _RANGE.fullmatch(name):
        low, high = match["low"] or "", match["high"] or ""
        bounds = [bound for bound in (low, high) if bound]
        if bounds and len({bound.endswith("%") for bound in bounds}) == 1:
            return _ranged(name, match[1].lower(), low, high)
    raise ValueError(name)


_SIMPLE: dict[str, Compute] = {
    "SampleCount": lambda samples: samples.count,
    "Average": lambda samples: samples.total / samples.count if samples.count else None,
    "Sum": lambda samples: samples.total,
    "Minimum": lambda samples: samples.minimum,
    "Maximum": lambda samples: samples.maximum,
}


def _percentile(samples: Samples, share: float) -> float | None:
    """The value below which this share of the samples is.

    None without single values and for negative ones: "Percentile statistics are not available for
    metrics when any of the metric values are negative numbers" (GetMetricStatistics).
    """
    values = samples.values
    if not values or values[0][0] < 0:
        return None
    rank = share * (sum(times for _, times in values) - 1)
    before = values[0][0]
    passed = 0.0
    for value, times in values:
        if passed > rank:  # rank lies between the last of `before` and the first of `value`
            return before + (value - before) * (rank - (passed - 1))
        passed += times
        before = value
        if rank <= passed - 1:
            return value
    return before


def _ranged(name: str, kind: str, low: str, high: str) -> Statistic:
    """Trimmed mean, count and sum, winsorized mean or percentile rank between two bounds."""

    def compute(samples: Samples) -> float | None:
        if not samples.values:
            return None
        kept = list(_between(samples.values, low, high))
        count = sum(times for _, times in kept)
        total = sum(value * times for value, times in kept)
        everything = sum(times for _, times in samples.values)
        match kind:
            case "tc":
                return count
            case "ts":
                return total
            case "pr":
                return 100 * count / everything
            case "wm" if kept:
                below = _weight_below(samples.values, low, kept[0][0])
                above = everything - count - below
                return (total + below * kept[0][0] + above * kept[-1][0]) / everything
            case _:
                return total / count if count else None

    return Statistic(name, compute, needs_values=True)


def _between(
    values: Sequence[tuple[float, float]], low: str, high: str
) -> Iterator[tuple[float, float]]:
    """The values between two bounds: percentages of the samples, or values."""
    everything = sum(times for _, times in values)
    by_rank = low.endswith("%") or high.endswith("%")
    first = float(low.rstrip("%")) if low else float("-inf")
    last = float(high.rstrip("%")) if high else float("inf")
    passed = 0.0
    for value, times in values:
        if by_rank:
            start, end = first / 100 * everything, last / 100 * everything
            inside = min(passed + times, end) - max(passed, start)
            passed += times
            if inside > 0:
                yield value, inside
        elif first < value <= last:
            yield value, times


def _weight_below(values: Sequence[tuple[float, float]], low: str, lowest: float) -> float:
    """How many samples lie below the lower bound, whose lowest kept value is ``lowest``."""
    if low.endswith("%"):
        return float(low.rstrip("%")) / 100 * sum(times for _, times in values)
    return sum(times for value, times in values if value < lowest)
