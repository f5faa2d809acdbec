"""E950x: alarms that can be raised, and reach somebody then."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from harness.lint.metrics import metric_fault
from harness.lint.policies import resource_policy, service_may
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import ACCOUNT, PathInTemplate, Resource, Stack
from harness.stack.intrinsics import Unknown

_DAY_S, _WEEK_S = 86_400, 604_800
_MAX_ACTIONS = 5
_FAULTS = {"Errors", "Throttles", "DeadLetterErrors", "DestinationDeliveryFailures"}
_OF_ONE = {"Average", "Maximum", "Minimum"}
_PERCENTILES = r"(p|tm|tc|ts|wm)(\d{1,2}(\.\d{0,10})?|100)"
_EXTENDED = re.compile(rf"{_PERCENTILES}|IQM|(PR|TM|TC|TS|WM)\(.*\)")


class AlarmMetric(StackRule):
    """PutMetricAlarm takes any metric; one that nobody writes leaves the alarm silent for ever."""

    id = "E9501"
    shortdesc = "Alarms watch metrics that the stack produces, with exactly their dimensions"
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
        "cloudwatch_concepts.html#Dimension"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each metric without datapoints."""
        for alarm, metric, path in _metrics(stack):
            dimensions = {d.get("Name"): d.get("Value") for d in metric.get("Dimensions") or []}
            fault = metric_fault(
                stack,
                metric.get("Namespace"),
                metric.get("MetricName"),
                dimensions,
                metric.get("Unit"),
            )
            if fault:
                yield path, f"{alarm.logical_id}: {fault}"


class AlarmWindow(StackRule):
    """PutMetricAlarm answers ValidationError; LocalStack takes any window."""

    id = "E9502"
    shortdesc = "An alarm looks at no more than a day, or a week with periods from an hour on"
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Windows that are too long, and more datapoints to alarm than are looked at."""
        for alarm in stack.of("AWS::CloudWatch::Alarm"):
            periods = _whole(alarm.properties.get("EvaluationPeriods"))
            datapoints = _whole(alarm.properties.get("DatapointsToAlarm"))
            if periods and datapoints and datapoints > periods:
                path = alarm.path("DatapointsToAlarm")
                yield path, f"{datapoints} of {periods} periods can never be"
            for _, metric, path in _metrics(stack, alarm):
                period = _whole(metric.get("Period"))
                longest = _WEEK_S if period and period >= 3600 else _DAY_S
                if periods and period and periods * period > longest:
                    yield (
                        path,
                        f"{periods} periods of {period} s are {periods * period} s; CloudWatch "
                        f"takes {longest}",
                    )
                own = not str(metric.get("Namespace")).startswith("AWS/")
                if period and period < 60 and not own:
                    yield path, f"Metrics of AWS services have no periods of {period} s"


class AlarmThreshold(StackRule):
    """An alarm without one is refused; one that no value can pass is never raised."""

    id = "E9503"
    shortdesc = "Alarms have a statistic, and a threshold that can be passed"
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Alarms without threshold or statistic, and durations beyond the function's timeout."""
        for alarm in stack.of("AWS::CloudWatch::Alarm"):
            properties = alarm.properties
            threshold = properties.get("Threshold")
            if threshold is None and "ThresholdMetricId" not in properties:
                yield alarm.path("Threshold"), f"{alarm.logical_id} has no Threshold"
            if "MetricName" in properties:
                given = [n for n in ("Statistic", "ExtendedStatistic") if n in properties]
                if len(given) != 1:
                    path = alarm.path("Statistic")
                    yield path, "An alarm has either Statistic or ExtendedStatistic"
                extended = properties.get("ExtendedStatistic")
                if isinstance(extended, str) and not _EXTENDED.fullmatch(extended):
                    path = alarm.path("ExtendedStatistic")
                    yield path, f"{extended} is no statistic such as p95"
            yield from _out_of_reach(stack, alarm)


class AlarmActions(StackRule):
    """CloudWatch tries, is refused, and only the alarm's history says so."""

    id = "E9504"
    shortdesc = "What an alarm does is possible: the topic exists and lets CloudWatch publish"
    source_url = (
        "https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html"
        "#sns-cloudwatch-alarm-publishes-to-topic"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each action that will not work."""
        for alarm in stack.of("AWS::CloudWatch::Alarm"):
            for name in ("AlarmActions", "OKActions", "InsufficientDataActions"):
                actions = alarm.properties.get(name) or []
                if len(actions) > _MAX_ACTIONS:
                    yield alarm.path(name), f"{len(actions)} actions; CloudWatch takes 5"
                for number, action in enumerate(actions):
                    if fault := _action_fault(stack, alarm, action):
                        yield alarm.path(name, number), fault


class AlarmNotifies(StackRule):
    """Somebody has to look at the console to see such an alarm."""

    id = "W9505"
    shortdesc = "Alarms notify somebody"
    source_url = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Alarms without an action for ALARM, or with their actions turned off."""
        for alarm in stack.of("AWS::CloudWatch::Alarm"):
            if not alarm.properties.get("AlarmActions"):
                yield alarm.path("AlarmActions"), f"{alarm.logical_id} has no AlarmActions"
            elif alarm.properties.get("ActionsEnabled", True) in {False, "false"}:
                yield alarm.path("ActionsEnabled"), f"The actions of {alarm.logical_id} are off"


class QuietIsNoFault(StackRule):
    """Lambda writes no metric of a function that nobody invokes; others only when they count."""

    id = "W9506"
    shortdesc = "An alarm on too much does not take silence for a fault"
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
        "alarms-and-missing-data.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Alarms above a threshold that are raised without data, or stay so."""
        for alarm in stack.of("AWS::CloudWatch::Alarm"):
            too_much = str(alarm.properties.get("ComparisonOperator")).startswith("Greater")
            if too_much and alarm.properties.get("TreatMissingData") == "breaching":
                path = alarm.path("TreatMissingData")
                yield path, f"{alarm.logical_id} is raised whenever there is no data"
            if too_much and alarm.properties.get("TreatMissingData") == "ignore":
                path = alarm.path("TreatMissingData")
                yield (
                    path,
                    f"{alarm.logical_id} stays in ALARM until there is data again",
                )


class FaultsAreCounted(StackRule):
    """SampleCount of Errors is the number of invocations, their average at most 1."""

    id = "E9507"
    shortdesc = "Alarms on faults are raised by too many of them"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Alarms that count invocations, never reach their threshold, or see few faults."""
        for alarm in stack.of("AWS::CloudWatch::Alarm"):
            metric = alarm.properties.get("MetricName")
            if alarm.properties.get("Namespace") != "AWS/Lambda" or metric not in _FAULTS:
                continue
            if alarm.properties.get("Statistic") == "SampleCount":
                path = alarm.path("Statistic")
                yield path, f"SampleCount of {metric} counts invocations; Sum counts {metric}"
            if alarm.properties.get("Statistic") in _OF_ONE and _beyond_one(alarm):
                path = alarm.path("Statistic")
                statistic = alarm.properties["Statistic"]
                yield path, f"An invocation has one of {metric} at most, and so has its {statistic}"
            if str(alarm.properties.get("ComparisonOperator")).startswith("LessThan"):
                path = alarm.path("ComparisonOperator")
                yield path, f"{alarm.logical_id} is raised when {metric} are few"


def _metrics(
    stack: Stack, only: Resource | None = None
) -> Iterator[tuple[Resource, dict[str, Any], PathInTemplate]]:
    """Each metric that an alarm reads, as one dictionary with Namespace, Period and the others."""
    for alarm in [only] if only else stack.of("AWS::CloudWatch::Alarm"):
        if "MetricName" in alarm.properties:
            yield alarm, dict(alarm.properties), alarm.path("MetricName")
        for number, query in enumerate(alarm.properties.get("Metrics") or []):
            stat = query.get("MetricStat")
            if isinstance(stat, dict):
                path = alarm.path("Metrics", number, "MetricStat")
                yield alarm, {**stat.get("Metric", {}), **stat}, path


def _out_of_reach(stack: Stack, alarm: Resource) -> Iterator[Finding]:
    properties = alarm.properties
    dimensions = {d.get("Name"): d.get("Value") for d in properties.get("Dimensions") or []}
    function = stack.known_as(dimensions.get("FunctionName"), "AWS::Lambda::Function")
    threshold = properties.get("Threshold")
    if (
        function
        and (properties.get("Namespace"), properties.get("MetricName"))
        == ("AWS/Lambda", "Duration")
        and properties.get("Statistic") not in {"Sum", "SampleCount"}
        and str(properties.get("ComparisonOperator")).startswith("Greater")
        and isinstance(threshold, int | float)
    ):
        timeout_ms = 1000 * float(function.properties.get("Timeout", 3))
        if threshold >= timeout_ms:
            yield (
                alarm.path("Threshold"),
                f"{alarm.logical_id} waits for more than {threshold} ms, and "
                f"{function.logical_id} is stopped after {timeout_ms:.0f}",
            )


def _beyond_one(alarm: Resource) -> bool:
    """Whether an alarm is raised by values above 1 alone."""
    threshold = alarm.properties.get("Threshold")
    strictly = alarm.properties.get("ComparisonOperator") == "GreaterThanThreshold"
    return _whole(threshold) is not None and float(str(threshold)) + strictly > 1


def _action_fault(stack: Stack, alarm: Resource, action: Any) -> str | None:
    if isinstance(action, Unknown):
        return None
    if not str(action).startswith("arn:"):
        return f"{action} is no ARN"
    if ":sns:" not in action:
        return None
    topic = stack.known_as(action, "AWS::SNS::Topic")
    if topic is None:
        return f"The stack makes no {action}" if f":{ACCOUNT}:" in action else None
    if topic.properties.get("KmsMasterKeyId") == "alias/aws/sns":
        return f"{topic.logical_id} is encrypted with a key that CloudWatch may not use"
    policy = resource_policy(stack, str(topic.arn))
    # A topic without a policy has SNS's own, which lets every service of the account publish.
    if policy and not service_may(
        stack, "cloudwatch", "sns:Publish", str(topic.arn), policy, alarm.arn
    ):
        return f"The policy of {topic.logical_id} does not let CloudWatch publish for this alarm"
    return None


def _whole(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
