"""What CloudWatch sends when an alarm changes state, and what it writes into its history.

Pure functions.

Source: messages and histories of alarms on AWS; Amazon CloudWatch User Guide, "Notifying users on
alarm changes" and "Alarm events and EventBridge". That messages have ActionExecutedAfterMuteWindow
is inferred: programs that receive them read it; no page of AWS's names it, recordings are older.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from botocore.loaders import Loader

MAX_SUBJECT = 100
VERSION = "1.0"

# Between the words of SampleCount, which is SAMPLE_COUNT here.
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")

type Alarm = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A change of an alarm's state; ``data`` is the JSON text of what was evaluated."""

    at: datetime
    old_state: str
    old_reason: str
    old_data: str | None
    state: str
    reason: str
    data: str | None


def instant(at: datetime) -> str:
    """A time as these messages have it: 2026-11-23T18:01:05.123+0000."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


@cache
def region_name(region: str) -> str:
    """The region's long name, such as US East (N. Virginia); for Europe alarms still say EU."""
    for partition in Loader().load_data("endpoints")["partitions"]:
        if found := partition["regions"].get(region):
            return str(found["description"]).replace("Europe", "EU")
    return region


def subject(alarm: Alarm, change: Change, region: str) -> str:
    """The subject of the notification; cut where SNS would refuse it."""
    text = f'{change.state}: "{alarm["AlarmName"]}" in {region_name(region)}'
    return text if len(text) <= MAX_SUBJECT else f"{text[: MAX_SUBJECT - 3]}..."


def notification(alarm: Alarm, change: Change, account: str, region: str) -> str:
    """The message of the notification to an SNS topic."""
    return _json(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmDescription": alarm.get("AlarmDescription"),
            "AWSAccountId": account,
            "AlarmConfigurationUpdatedTimestamp": instant(
                alarm["AlarmConfigurationUpdatedTimestamp"]
            ),
            "NewStateValue": change.state,
            "NewStateReason": change.reason,
            "StateChangeTime": instant(change.at),
            "Region": region_name(region),
            "AlarmArn": alarm["AlarmArn"],
            "OldStateValue": change.old_state,
            "ActionExecutedAfterMuteWindow": False,
            "OKActions": alarm["OKActions"],
            "AlarmActions": alarm["AlarmActions"],
            "InsufficientDataActions": alarm["InsufficientDataActions"],
            **_cause(alarm, change),
        }
    )


def _cause(alarm: Alarm, change: Change) -> dict[str, Any]:
    """What a metric alarm watches, or a composite one, with the alarms whose states counted."""
    if "AlarmRule" not in alarm:
        return {"Trigger": _trigger(alarm)}
    data = json.loads(change.data) if change.data else {}
    triggering = data.get("triggeringAlarms", []) if isinstance(data, dict) else []
    children = [
        {
            "Arn": child["arn"],
            "State": {"Value": child["state"]["value"], "Timestamp": child["state"]["timestamp"]},
        }
        for child in triggering
    ]
    return {"AlarmRule": alarm["AlarmRule"], "TriggeringChildren": children}


def _trigger(alarm: Alarm) -> dict[str, Any]:
    metrics = alarm.get("Metrics")
    trigger: dict[str, Any] = {} if metrics else _metric(alarm)
    for name in ("Period", "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator"):
        if name in alarm:
            trigger[name] = alarm[name]
    trigger["Threshold"] = float(alarm["Threshold"])
    for name in ("TreatMissingData", "EvaluateLowSampleCountPercentile"):
        trigger[name] = alarm.get(name, "")
    if metrics:
        trigger["Metrics"] = [_query(query) for query in metrics]
    return trigger


def _metric(alarm: Alarm) -> dict[str, Any]:
    """The part of the trigger that names a single metric."""
    kind = "Statistic" if alarm.get("Statistic") else "ExtendedStatistic"
    statistic = alarm[kind]
    return {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        "StatisticType": kind,
        kind: _WORD.sub("_", statistic).upper() if kind == "Statistic" else statistic,
        "Unit": alarm.get("Unit"),
        "Dimensions": _dimensions(alarm.get("Dimensions") or ()),
    }


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    """A metric or expression of a metric math alarm."""
    shown = {"ReturnData": True, **query}
    if stat := query.get("MetricStat"):
        metric = stat["Metric"]
        dimensions = _dimensions(metric.get("Dimensions") or ())
        shown["MetricStat"] = {**stat, "Metric": {**metric, "Dimensions": dimensions}}
    return shown


def _dimensions(dimensions: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{"value": each["Value"], "name": each["Name"]} for each in dimensions]


def state_update(change: Change) -> str:
    """HistoryData of a change of state."""
    return _json(
        {
            "version": VERSION,
            "oldState": _state(change.old_state, change.old_reason, change.old_data),
            "newState": _state(change.state, change.reason, change.data),
        }
    )


def _state(value: str, reason: str, data: str | None) -> dict[str, Any]:
    known = {"stateReasonData": json.loads(data)} if data else {}
    return {"stateValue": value, "stateReason": reason, **known}


def action_result(change: Change, action: str, message: str, error: str | None) -> tuple[str, str]:
    """HistorySummary and HistoryData of an action that was executed, or failed with an error."""
    data = {
        "actionState": "Failed" if error else "Succeeded",
        "stateUpdateTimestamp": int(change.at.timestamp() * 1000),
        "notificationResource": action,
        "publishedMessage": message,
        "error": error,
    }
    summary = (
        f'Failed to execute action {action}. Received error: "{error}"'
        if error
        else f"Successfully executed action {action}"
    )
    return summary, _json(data)


def configuration(kind: str, alarm: Alarm) -> str:
    """HistoryData of an alarm that was created, updated or deleted."""
    names = {"Create": "createdAlarm", "Update": "updatedAlarm", "Delete": "deletedAlarm"}
    shown = {
        name[0].lower() + name[1:]: instant(value) if isinstance(value, datetime) else value
        for name, value in alarm.items()
    }
    return _json({"version": VERSION, "type": kind, names[kind]: shown})


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
