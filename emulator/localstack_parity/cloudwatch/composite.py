"""Composite alarms: what is checked of one, when it is evaluated, and why it changes its state.

A rule is evaluated when its alarm is put, and whenever an alarm that it names changes its state;
from its first evaluation on a composite alarm is in ALARM or OK. LocalStack evaluates only
`ALARM(…) OR …`, leaves a new alarm in INSUFFICIENT_DATA, and none follows another composite alarm.

Source: Amazon CloudWatch API Reference, PutCompositeAlarm and DeleteAlarms; User Guide, "Composite
alarms", and for the reasons "Alarm events and EventBridge", and recorded in LocalStack's tests at
v4.14.0, `cloudwatch/test_cloudwatch.py::TestCloudwatch::test_trigger_composite_alarm`. What an
alarm says that cannot be deleted: github.com/cloud-custodian/cloud-custodian, issue 7763.
"""

import json
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.cloudwatch.models import (
    LocalStackAlarm,
    LocalStackCompositeAlarm,
    cloudwatch_stores,
)

from localstack_parity.cloudwatch import alarm_messages, alarms, composite_rules
from localstack_parity.cloudwatch.composite_rules import AtLeast, InvalidRule, Rule
from localstack_parity.cloudwatch.metric_data import ValidationException
from localstack_parity.refusals import not_emulated

MAX_CHILDREN = 100
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
# A state is set before another one is found: the last one that is set has seen all changes.
_evaluating = threading.RLock()


def check(request: Mapping[str, Any], context: RequestContext) -> None:
    """Check the rule of a composite alarm, that its alarms are there, and what it is to do."""
    try:
        rule = composite_rules.parse(request["AlarmRule"])
    except AtLeast:
        raise not_emulated(context, "AT_LEAST in AlarmRule") from None
    except InvalidRule:
        raise ValidationException("AlarmRule is not a valid expression.") from None
    known = _by_name(cloudwatch_stores[context.account_id][context.region].alarms)
    if missing := sorted(name for name in rule.names if name not in known):
        raise ValidationException(
            f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm"
            " rule do not exist"
        )
    if len(rule.names) > MAX_CHILDREN:
        raise ValidationException(f"AlarmRule can name at most {MAX_CHILDREN} alarms.")
    if request.get("ActionsSuppressor"):
        raise not_emulated(context, "ActionsSuppressor")
    actions = [action for name in _ACTIONS for action in request.get(name) or ()]
    if any(":sns:" not in action for action in actions):
        raise not_emulated(context, "actions other than notifying topics")


def check_deletion(names: Collection[str], store: Any) -> None:
    """Raise ValidationException if alarms are named by rules that stay, or if two are composite."""
    composites = [alarm for alarm in store.alarms.values() if _rule(alarm)]
    if sum(alarm.alarm["AlarmName"] in names for alarm in composites) > 1:
        raise ValidationException("At most one composite alarm can be deleted in one request.")
    needed = [
        alarm.alarm["AlarmName"]
        for alarm in store.alarms.values()
        if alarm.alarm["AlarmName"] in names
        and any(
            parent is alarm or parent.alarm["AlarmName"] not in names
            for parent in _parents(alarm, composites)
        )
    ]
    if needed:
        them = "it" if len(needed) == 1 else "them"
        raise ValidationException(
            f"Cannot delete {','.join(sorted(needed))} as there are composite alarm(s) depending on"
            f" {them}."
        )


def begin(account: str, region: str, alarm: LocalStackCompositeAlarm, *, created: bool) -> None:
    """Evaluate an alarm that was created, or whose configuration was replaced."""
    with _evaluating:
        _begin(account, region, alarm, created=created)


def _begin(account: str, region: str, alarm: LocalStackCompositeAlarm, *, created: bool) -> None:
    done = "was created and its alarm rule" if created else "was updated and its new alarm rule"
    state = _evaluated(alarm, account, region)
    rule = _rule(alarm)
    known = _by_name(cloudwatch_stores[account][region].alarms)
    children = [known[name] for name in rule.names if name in known] if rule else []
    reason = f"{alarm.alarm['AlarmArn']} {done} evaluates to {state}"
    if alarms.change_state(account, region, alarm, state, reason, _reason_data(children)):
        follow(account, region, alarm)


def follow(account: str, region: str, changed: LocalStackAlarm, path: tuple[str, ...] = ()) -> None:
    """Evaluate the composite alarms that name one which changed its state, and so on.

    It ends at an alarm that is in the path already: rules may form a cycle.
    """
    arn, state = changed.alarm["AlarmArn"], changed.alarm["StateValue"]
    at = changed.alarm["StateTransitionedTimestamp"]
    reason = f"{arn} transitioned to {state} at {at:%A %d %B, %Y %H:%M:%S %Z}"
    data = _reason_data([changed])
    path = (*path, arn)
    for parent in _parents(changed, list(cloudwatch_stores[account][region].alarms.values())):
        if parent.alarm["AlarmArn"] in path:
            continue
        with _evaluating:
            now = _evaluated(parent, account, region)
            if alarms.change_state(account, region, parent, now, reason, data):
                follow(account, region, parent, path)


def _parents(alarm: LocalStackAlarm, among: Iterable[LocalStackAlarm]) -> Iterator[LocalStackAlarm]:
    names = {alarm.alarm["AlarmName"], alarm.alarm["AlarmArn"]}
    for one in among:
        if (rule := _rule(one)) and names.intersection(rule.names):
            yield one


def _evaluated(alarm: LocalStackAlarm, account: str, region: str) -> str:
    known = _by_name(cloudwatch_stores[account][region].alarms)

    def state_of(name: str) -> str:
        return str(known[name].alarm["StateValue"]) if name in known else ""

    rule = _rule(alarm)
    return "ALARM" if rule and rule.holds(state_of) else "OK"


def _rule(alarm: LocalStackAlarm) -> Rule | None:
    """Return the rule of a composite alarm, None for others."""
    if not isinstance(alarm, LocalStackCompositeAlarm):
        return None
    return composite_rules.parse(alarm.alarm["AlarmRule"])


def _by_name(by_arn: Mapping[str, LocalStackAlarm]) -> dict[str, LocalStackAlarm]:
    """Return alarms by ARN and by name."""
    known = dict(by_arn)  # as it is now
    return {**{alarm.alarm["AlarmName"]: alarm for alarm in known.values()}, **known}


def _reason_data(children: Iterable[LocalStackAlarm]) -> str:
    triggering = [
        {
            "arn": child.alarm["AlarmArn"],
            "state": {
                "value": child.alarm["StateValue"],
                "timestamp": alarm_messages.instant(child.alarm["StateTransitionedTimestamp"]),
            },
        }
        for child in children
    ]
    return json.dumps({"triggeringAlarms": triggering}, separators=(",", ":"))
