"""Alarms of a stack, brought to where their metrics must bring them.

A target, a stack and the name of a metric come in; what state its alarm came to goes out. Where the
target is an emulator, time is put forward for its alarms instead of being waited for.
"""

from contextlib import nullcontext

from harness.stack.deploy import Stack
from harness.targets.target import Target
from harness.trouble.disturb import alarms_ahead, can_disturb
from harness.waiting import WaitedTooLong, wait_until

# CloudWatch evaluates an alarm every minute, on what was measured up to a minute before.
BREACH_SEEN_S = 60
# Three periods of five minutes, which an alarm on one of them looks back, and a minute more: then
# the breach is out of its sight (AWS: "Configuring how CloudWatch alarms treat missing data").
BREACH_FORGOTTEN_S = 960
_EVALUATED_S = 20.0


def compression(seconds: int) -> str:
    """What a report must say of an alarm that was seen `seconds` before its time."""
    return f"alarms were evaluated {seconds} s ahead of the clock, where AWS takes that long"


def alarm_on(target: Target, stack: Stack, metric: str) -> str:
    """The name of the stack's alarm on a metric; empty if there is none."""
    pages = target.client("cloudformation").get_paginator("list_stack_resources")
    names = [
        resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=stack.name)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
    ]
    if not names:
        return ""
    found = target.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    return next((str(a["AlarmName"]) for a in found if a.get("MetricName") == metric), "")


def comes_to(target: Target, alarm: str, state: str, after_s: int) -> str:
    """The state of an alarm once `after_s` seconds have passed: `state`, if it comes to that."""
    cloudwatch = target.client("cloudwatch")

    def look() -> str:
        found = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
        return str(found[0]["StateValue"]) if found else ""

    ahead = can_disturb(target)
    with alarms_ahead(target, after_s) if ahead else nullcontext():
        try:
            return wait_until(
                look,
                until=lambda seen: seen == state,
                deadline_s=_EVALUATED_S + (0 if ahead else after_s + 60),
                describe=f"{alarm} to be {state}",
            )
        except WaitedTooLong:
            return look()
