"""The rules of composite alarms: those that are evaluated here, and those that are refused.

Source: Amazon CloudWatch API Reference, PutCompositeAlarm, AlarmRule.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.cloudwatch.models import LocalStackAlarm, cloudwatch_stores
from localstack.utils.time import timestamp_millis

from localstack_parity.cloudwatch.metric_data import ValidationException
from localstack_parity.refusals import not_emulated

_STATE = r"(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"[^\"]+\"|[^\s\"()]+)\s*\)"
_TOKEN = re.compile(
    rf"\s*({_STATE}|AT_LEAST\b[^()]*\([^()]*\)|TRUE\b|FALSE\b|AND\b|OR\b|NOT\b|[()])"
)
_NAMED = re.compile(r"\(\s*\"?([^\"()]+?)\"?\s*\)")
# All that is evaluated here.
_IN_ALARM = r"ALARM\s*\(\s*(?:\"[^\"]+\"|[^\s\"()]+)\s*\)"
_EVALUATED = re.compile(rf"\s*{_IN_ALARM}(\s+OR\s+{_IN_ALARM})*\s*")


def check(request: Mapping[str, Any], context: RequestContext) -> None:
    """Check the rule of a composite alarm, and that its alarms are there."""
    rule = request["AlarmRule"]
    if not _is_rule(rule):
        raise ValidationException("AlarmRule is not a valid expression.")
    store = cloudwatch_stores[context.account_id][context.region]
    known = {*store.alarms, *(alarm.alarm["AlarmName"] for alarm in store.alarms.values())}
    if missing := sorted(name for name in _NAMED.findall(rule) if name not in known):
        raise ValidationException(
            f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm"
            " rule do not exist"
        )
    if not _EVALUATED.fullmatch(rule):
        raise not_emulated(context, 'rules other than ALARM("name or ARN") OR …')


def in_alarm(rule: str, alarms: Mapping[str, LocalStackAlarm]) -> LocalStackAlarm | None:
    """Return the first alarm of a rule that is in ALARM; `alarms` are by ARN."""
    named = {alarm.alarm["AlarmName"]: alarm for alarm in alarms.values()}
    for name in _NAMED.findall(rule):
        alarm = alarms.get(name) or named.get(name)
        if alarm and alarm.alarm["StateValue"] == "ALARM":
            return alarm
    return None


def reason(trigger: LocalStackAlarm) -> tuple[str, dict[str, Any]]:
    """Return why a composite alarm changes its state, as text and as data.

    Recorded: LocalStack's tests, v4.14.0, test_trigger_composite_alarm.
    """
    arn, state = trigger.alarm["AlarmArn"], trigger.alarm["StateValue"]
    changed: datetime = trigger.alarm["StateTransitionedTimestamp"]
    text = f"{arn} transitioned to {state} at {changed:%A %d %B, %Y %H:%M:%S %Z}"
    now = {"value": state, "timestamp": timestamp_millis(changed)}
    return text, {"triggeringAlarms": [{"arn": arn, "state": now}]}


def _is_rule(rule: str) -> bool:
    """Say whether a text has only what rules have, in pairs of parentheses."""
    position, depth = 0, 0
    text = rule.rstrip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return False
        depth += {"(": 1, ")": -1}.get(token[1], 0)
        if depth < 0:
            return False
        position = token.end()
    return depth == 0
