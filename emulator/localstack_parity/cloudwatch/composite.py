"""The rules of composite alarms: those that are evaluated here, and those that are refused.

Source: Amazon CloudWatch API Reference, PutCompositeAlarm, AlarmRule.
"""

import re
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.cloudwatch.models import cloudwatch_stores

from localstack_parity.cloudwatch.metric_data import ValidationException
from localstack_parity.refusals import not_emulated

_STATE = r"(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"[^\"]+\"|[^\s\"()]+)\s*\)"
_TOKEN = re.compile(
    rf"\s*({_STATE}|AT_LEAST\b[^()]*\([^()]*\)|TRUE\b|FALSE\b|AND\b|OR\b|NOT\b|[()])"
)
_NAMED = re.compile(r"\(\s*\"?([^\"()]+?)\"?\s*\)")
# All that LocalStack evaluates.
_EVALUATED = re.compile(r'\s*ALARM\("arn:[^"]+"\)(\s+OR\s+ALARM\("arn:[^"]+"\))*\s*')


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
        raise not_emulated(context, 'rules other than ALARM("ARN") OR ALARM("ARN") …')


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
