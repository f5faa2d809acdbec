"""Which state an alarm's datapoints put it in, and CloudWatch's words for why.

Pure functions.

Source: Amazon CloudWatch User Guide, "Evaluating an alarm" and "Configuring how CloudWatch alarms
treat missing data"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

type State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}

# How many periods more than its evaluation periods an alarm looks back, and how long at least.
# CloudWatch says that it depends on the period and on the metric's resolution, and not how: in its
# examples three evaluation periods have a range of five; and an alarm of ten seconds on a metric of
# standard resolution, which has its datapoints at full minutes, went off within 15 seconds whenever
# in a minute the datum came (LocalStack's tests, v4.14.0, test_put_metric_alarm, recorded on AWS).
EXTRA_PERIODS = 2
EXTRA_S = 60

# What the texts call missing data that is filled in.
_FILLED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True)
class Datapoint:
    """One period of the evaluation range; ``value`` is None where there are no data."""

    start: int
    value: float | None
    samples: float = 0


@dataclass(frozen=True)
class Rule:
    """When an alarm goes off. ``explicit`` says that DatapointsToAlarm was given."""

    comparison: str
    threshold: float
    periods: int
    to_alarm: int
    missing: str = "missing"
    explicit: bool = False

    @classmethod
    def of(cls, alarm: Mapping[str, Any]) -> "Rule":
        """The rule of a metric alarm, as PutMetricAlarm took it."""
        # "Alarms that evaluate metrics in the AWS/DynamoDB namespace always ignore missing data."
        dynamodb = alarm.get("Namespace") == "AWS/DynamoDB"
        return cls(
            alarm["ComparisonOperator"],
            alarm["Threshold"],
            alarm["EvaluationPeriods"],
            alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
            "ignore" if dynamodb else alarm.get("TreatMissingData") or "missing",
            bool(alarm.get("DatapointsToAlarm")),
        )

    def range(self, period: int) -> int:
        """How many periods are looked at if one has so many seconds."""
        return self.periods + max(EXTRA_PERIODS, math.ceil(EXTRA_S / period))

    def breaches(self, value: float) -> bool:
        """Whether a value is on the wrong side of the threshold."""
        return COMPARISONS[self.comparison][0](value, self.threshold)


@dataclass(frozen=True)
class Verdict:
    """The state to be in, the reason, and the datapoints that decided (newest first)."""

    state: State
    reason: str
    evaluated: tuple[Datapoint, ...]


def judge(rule: Rule, datapoints: Sequence[Datapoint]) -> Verdict | None:
    """The verdict on the evaluation range (oldest first); None to keep the current state."""
    newest_first = tuple(reversed(datapoints))
    real = tuple(point for point in newest_first if point.value is not None)[: rule.periods]
    breaching = tuple(p for p in real if p.value is not None and rule.breaches(p.value))
    fine = tuple(point for point in real if point not in breaching)
    missing = rule.periods - len(real)
    recent = newest_first[: rule.periods]

    if missing and rule.missing in _FILLED:
        alarm = len(breaching) + missing * (rule.missing == "breaching") >= rule.to_alarm
    elif not real:
        if rule.missing == "ignore":
            return None
        return Verdict("INSUFFICIENT_DATA", _unknown(missing), recent)
    elif len(breaching) >= rule.to_alarm:
        alarm = True
    elif missing and not fine:
        # All that is known breaches, and it is not enough. It still is an alarm if the oldest of
        # it has been waiting for as many periods ("Avoiding premature transitions to alarm state").
        oldest = newest_first.index(breaching[-1]) + 1
        if rule.missing == "ignore":
            return None
        if oldest < rule.to_alarm:
            return Verdict("INSUFFICIENT_DATA", _unknown(missing), recent)
        alarm = True
    else:
        alarm = False
    named = breaching if alarm else fine
    filled = missing if rule.missing in _FILLED else 0
    reason = _crossed(rule, alarm, named, len(real), filled)
    return Verdict("ALARM" if alarm else "OK", reason, real or recent)


def _unknown(count: int) -> str:
    return f"Insufficient Data: {_datapoints(count)} {_were(count)} unknown."


def _crossed(
    rule: Rule, alarm: bool, named: Sequence[Datapoint], received: int, missing: int
) -> str:
    """ "Threshold Crossed", with the datapoints that say so and how many were made up."""
    parts = []
    if named:
        listed = ", ".join(f"{point.value} ({_clock(point.start)})" for point in named)
        count = f"{len(named)} out of the last {rule.periods} datapoints" if rule.explicit \
            else _datapoints(len(named))  # fmt: skip
        words = f"{'' if alarm else 'not '}{COMPARISONS[rule.comparison][1]}"
        were = _were(len(named))
        parts.append(f"{count} [{listed}] {were} {words} the threshold ({float(rule.threshold)})")
    else:
        number = f"{_datapoints(received)} {_were(received)}" if received else "no datapoints were"
        periods = f"{rule.periods} period{'s' if rule.periods > 1 else ''}"
        parts.append(f"{number} received for {periods}")
    if missing:
        parts.append(
            f"{missing} missing datapoint{'s' if missing > 1 else ''} {_were(missing)}"
            f" treated as [{_FILLED[rule.missing]}]"
        )
    text = f"Threshold Crossed: {' and '.join(parts)}"
    if rule.explicit and named:
        enough = rule.to_alarm if alarm else rule.periods - rule.to_alarm + 1
        change = "OK -> ALARM" if alarm else "ALARM -> OK"
        text += f" (minimum {_datapoints(enough)} for {change} transition)"
    return f"{text}."


def _datapoints(count: int) -> str:
    return f"{count} datapoint{'s' if count > 1 else ''}"


def _were(count: int) -> str:
    return "were" if count > 1 else "was"


def _clock(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%d/%m/%y %H:%M:%S")
