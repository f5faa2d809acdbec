"""The alarms of a stack, and the state that they come to.

Where the target is an emulator, time is put forward for its alarms instead of being waited for.
"""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import Any

from harness.faults.injection import alarms_ahead, can_disturb
from harness.polling import DeadlineExceeded, wait_until
from harness.stack.deployed import Stack
from harness.targets.target import Target

# CloudWatch evaluates an alarm every minute, on what was measured up to a minute before.
BREACH_SEEN_S = 60
# Three periods of five minutes, which an alarm on one of them looks back, and a minute more: then
# the breach is out of its sight (AWS: "Configuring how CloudWatch alarms treat missing data").
BREACH_FORGOTTEN_S = 960
_EVALUATED_S = 2.0  # where time is put forward, for alarms have been evaluated then


def compression(seconds: int) -> str:
    """What a report must say of an alarm that was seen `seconds` before its time."""
    return f"alarms were evaluated {seconds} s ahead of the clock, where AWS takes that long"


type Alarm = Mapping[str, Any]  # as DescribeAlarms returns it


def alarms_of(target: Target, stack: Stack) -> list[Alarm]:
    """The stack's alarms on one metric each."""
    pages = target.client("cloudformation").get_paginator("list_stack_resources")
    names = [
        resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=stack.name)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
    ]
    if not names:
        return []
    pages = target.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNames=names)
    return [a for page in pages for a in page["MetricAlarms"] if "MetricName" in a]


def on_function(stack: Stack, alarm: Alarm) -> bool:
    """Whether an alarm is on a metric of the image processor; others are for other functions."""
    return stack.function in [each["Value"] for each in alarm["Dimensions"]]


def alarm_on(target: Target, stack: Stack, metric: str) -> Alarm | None:
    """The stack's alarm on a metric of the image processor; of several the first to be raised."""
    found = [
        alarm
        for alarm in alarms_of(target, stack)
        if alarm["MetricName"] == metric and on_function(stack, alarm)
    ]
    return min(found, key=lambda alarm: float(alarm["Threshold"]), default=None)


def actions_of(alarm: Alarm, state: str) -> list[str]:
    """The topics that an alarm notifies when it comes to a state, ALARM or OK."""
    actions = alarm["AlarmActions" if state == "ALARM" else "OKActions"]
    return [arn for arn in actions if ":sns:" in arn] if alarm["ActionsEnabled"] else []


def topics_of(alarms: Iterable[Alarm]) -> list[str]:
    """The topics that any of some alarms notifies, each once."""
    states = ("ALARM", "OK")
    return sorted({arn for alarm in alarms for state in states for arn in actions_of(alarm, state)})


def comes_to(target: Target, alarm: str, state: str, after_s: int) -> str:
    """The state of an alarm once `after_s` seconds have passed: `state`, if it comes to that.

    Where time can be put forward, one second is enough to have alarms evaluated at once.
    """
    ahead = can_disturb(target)
    with alarms_ahead(target, after_s) if ahead else nullcontext():
        try:
            return wait_until(
                lambda: state_of(target, alarm),
                until=lambda seen: seen == state,
                deadline_s=_EVALUATED_S + (0 if ahead else after_s + 60),
                describe=f"{alarm} to be {state}",
            )
        except DeadlineExceeded:
            return state_of(target, alarm)


def state_of(target: Target, alarm: str) -> str:
    """OK, ALARM or INSUFFICIENT_DATA; empty if there is no such alarm."""
    found = target.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return str(found[0]["StateValue"]) if found else ""
