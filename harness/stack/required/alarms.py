"""What is required of alarms: that one of them is raised exactly when it was agreed to."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.stack.intrinsics import mentions_unknown
from harness.stack.required.described import Described, Part, Unmet, number
from harness.stack.required.file import Required


def alarm_unmet(required: Required, function: Part, stack: Described) -> Iterator[Unmet]:
    """One of the alarms on the metric has to be as required; others may be there beside it."""
    wanted = required.value
    candidates = [
        alarm for alarm in stack.of("AWS::CloudWatch::Alarm") if _watches(alarm, function, wanted)
    ]
    faults = {alarm.logical_id: list(_deviations(alarm, wanted)) for alarm in candidates}
    if any(not found for found in faults.values()):
        return
    within = f" in {wanted['within_s']} s" if "within_s" in wanted else ""
    what = (
        f"an alarm on {wanted['metric']}, {wanted['statistic']} above {wanted['above']:g}{within}"
    )
    if not faults:
        yield Unmet(required, "", ("Resources",), f"{what} of {function.logical_id}; there is none")
        return
    closest = min(faults, key=lambda id_: len(faults[id_]))
    for name, found in faults[closest]:
        yield Unmet(required, closest, (name,), f"{what}, and {closest} {found}")


def _watches(alarm: Part, function: Part, wanted: Mapping[str, Any]) -> bool:
    given = alarm.properties
    dimensions = {d.get("Name"): d.get("Value") for d in given.get("Dimensions") or []}
    return (
        given.get("Namespace") == "AWS/Lambda"
        and given.get("MetricName") == wanted["metric"]
        and dimensions == {"FunctionName": function.name}
    )


def _deviations(alarm: Part, wanted: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each property by which an alarm is not the wanted one, and what it is like."""
    given = alarm.properties
    statistic = given.get("Statistic") or given.get("ExtendedStatistic")
    if not mentions_unknown(statistic) and statistic != wanted["statistic"]:
        yield "Statistic", f"looks at the {statistic}"
    threshold, comparison = number(given.get("Threshold")), str(given.get("ComparisonOperator"))
    if comparison == "GreaterThanOrEqualToThreshold" and wanted["statistic"] in (
        "Sum",
        "SampleCount",
    ):
        # Whole numbers: 6 or more are more than 5.
        threshold = None if threshold is None else threshold - 1
    elif comparison != "GreaterThanThreshold":
        yield "ComparisonOperator", f"compares by {comparison}"
    if threshold is not None and threshold != wanted["above"]:
        yield "Threshold", f"is raised above {threshold:g}"
    periods = number(given.get("DatapointsToAlarm", given.get("EvaluationPeriods")))
    if periods is not None and periods != 1:
        yield "EvaluationPeriods", f"is raised only when it is so for {periods:g} periods"
    period = number(given.get("Period"))
    if "within_s" in wanted and period is not None and period != wanted["within_s"]:
        yield "Period", f"looks at {period:g} s"
