"""What PutMetricAlarm refuses.

Source: Amazon CloudWatch API Reference, PutMetricAlarm
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html).
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localstack_parity.cloudwatch import metric_data, statistics
from localstack_parity.cloudwatch.alarm_rules import COMPARISONS
from localstack_parity.cloudwatch.metric_data import DAY, ValidationException

HOUR = 3600
MAX_ACTIONS = 5
MAX_METRICS = 10
MISSING_DATA = ("breaching", "notBreaching", "ignore", "missing")
LOW_SAMPLES = ("evaluate", "ignore")
SINGLE_METRIC = (
    *("Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic"),
)
ANOMALY_DETECTION = (
    *("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold"),
    "GreaterThanUpperThreshold",
)

_ACTION = re.compile(
    r"arn:aws[a-z-]*:"
    r"(sns|lambda|automate|swf|autoscaling|ssm|ssm-incidents|aiops):(?P<region>[a-z0-9-]*):.+"
)


def check(request: Mapping[str, Any], region: str) -> None:
    """Raise ValidationException for an alarm that CloudWatch, or this emulator, does not take."""
    for problem in _problems(request, region):
        raise ValidationException(problem)


def _problems(request: Mapping[str, Any], region: str) -> Iterator[str]:
    comparison = request.get("ComparisonOperator")
    if request.get("ThresholdMetricId") or comparison in ANOMALY_DETECTION:
        yield "This emulator does not support alarms based on anomaly detection."
    if comparison not in COMPARISONS:
        yield _not_one_of(comparison, "comparisonOperator", [*COMPARISONS, *ANOMALY_DETECTION])
    if request.get("Threshold") is None:
        yield "The parameter Threshold is required."
    elif not math.isfinite(request["Threshold"]):
        yield "The parameter Threshold must be a finite number."
    if request.get("EvaluationPeriods", 0) < 1:
        yield "The parameter EvaluationPeriods must be greater than or equal to 1."
    if not 1 <= request.get("DatapointsToAlarm", 1) <= request["EvaluationPeriods"]:
        yield "DatapointsToAlarm must be between 1 and EvaluationPeriods."
    if (missing := request.get("TreatMissingData", "missing")) not in MISSING_DATA:
        yield (
            f"The value {missing} is not supported for TreatMissingData parameter."
            f" Supported values are [{', '.join(MISSING_DATA)}]."
        )
    if (low := request.get("EvaluateLowSampleCountPercentile", "evaluate")) not in LOW_SAMPLES:
        yield (
            f"Option {low} is not supported. Supported options for parameter"
            " EvaluateLowSampleCountPercentile are evaluate and ignore."
        )
    if request.get("Metrics"):
        yield from _math_problems(request["Metrics"], request)
    else:
        yield from _metric_problems(request)
    for actions in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        yield from _action_problems(request.get(actions) or (), actions, region)


def _metric_problems(request: Mapping[str, Any]) -> Iterator[str]:
    """An alarm on one metric."""
    for name in ("MetricName", "Namespace", "Period"):
        if not request.get(name):
            yield (
                f"The parameter {name} is required."
                if request.get("MetricName")
                else "Either MetricName or Metrics must be specified."
            )
    statistic, extended = request.get("Statistic"), request.get("ExtendedStatistic")
    if bool(statistic) == bool(extended):
        yield "Either Statistic or ExtendedStatistic must be specified, but not both."
    if statistic and statistic not in statistics.SIMPLE:
        yield _not_one_of(statistic, "statistic", statistics.SIMPLE)
    if extended and (extended in statistics.SIMPLE or not _is_statistic(extended)):
        yield f"The value {extended} for parameter ExtendedStatistic is not supported."
    yield from _period_problems(request["Period"], request["EvaluationPeriods"])


def _math_problems(
    metrics: Sequence[Mapping[str, Any]], request: Mapping[str, Any]
) -> Iterator[str]:
    """An alarm on metric math."""
    if given := [name for name in SINGLE_METRIC if request.get(name)]:
        yield f"Metrics cannot be used together with {', '.join(given)}."
    if sum(bool(query.get("ReturnData", True)) for query in metrics) != 1:
        yield "Exactly one element of the metrics list should return data."
    metric_data.check(metrics)
    stats = [query["MetricStat"] for query in metrics if query.get("MetricStat")]
    if not 1 <= len(stats) <= MAX_METRICS:
        yield f"The metrics list must contain between 1 and {MAX_METRICS} metrics."
    if len({stat["Period"] for stat in stats}) != 1:
        yield "All metrics of an alarm must have the same period."
    yield from _period_problems(stats[0]["Period"], request["EvaluationPeriods"])


def _period_problems(period: int, evaluation_periods: int) -> Iterator[str]:
    if period not in (10, 20, 30) and (period < 60 or period % 60):
        yield "Period must be 10, 20, 30 or a multiple of 60"
    span = (
        "Metrics cannot be checked across more than a {} (EvaluationPeriods * Period must be <= {})"
    )
    if period < HOUR and period * evaluation_periods > DAY:
        yield f"{span.format('day', DAY)} for alarms using period < 3600"
    if period >= HOUR and period * evaluation_periods > 7 * DAY:
        yield f"{span.format('week', 7 * DAY)} for alarms using period >= 3600"


def _action_problems(actions: Sequence[str], parameter: str, region: str) -> Iterator[str]:
    """Problems of form alone: "CloudWatch doesn't test or validate the actions"."""
    if len(actions) > MAX_ACTIONS:
        yield f"The parameter {parameter} must have at most {MAX_ACTIONS} elements."
    for action in actions:
        match = _ACTION.fullmatch(action)
        if match is None or (":sns:" in action and len(action.split(":")) != 6):
            yield f"Invalid arn syntax: {action}"
        elif match["region"] not in ("", region):
            yield f"Invalid region {match['region']} specified. Only {region} is supported."


def _is_statistic(name: str) -> bool:
    try:
        statistics.parse(name)
    except ValueError:
        return False
    return True


def _not_one_of(value: object, parameter: str, allowed: Sequence[str]) -> str:
    return (
        f"1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy"
        f" constraint: Member must satisfy enum value set: [{', '.join(allowed)}]"
    )
