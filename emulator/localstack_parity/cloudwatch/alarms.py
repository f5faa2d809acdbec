"""Evaluates an alarm, and does what is to be done when one changes state.

Source: Amazon CloudWatch User Guide, "Evaluating an alarm" and "Alarm actions".
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.connect import connect_to
from localstack.services.cloudwatch.models import (
    LocalStackAlarm,
    LocalStackMetricAlarm,
    cloudwatch_stores,
)
from localstack.services.cloudwatch.provider_v2 import (
    _STORE_LOCK,
    create_message_response_update_state_lambda,
)
from localstack.utils.aws.arns import parse_arn

from localstack_parity.cloudwatch import alarm_clock, metric_data, statistics
from localstack_parity.cloudwatch import alarm_messages as messages
from localstack_parity.cloudwatch.alarm_messages import Change
from localstack_parity.cloudwatch.alarm_rules import Datapoint, Rule, Verdict, judge
from localstack_parity.cloudwatch.metric_data import ReadMetric

LOG = logging.getLogger(__name__)

MINUTE = 60
HIGH_RESOLUTION_S = 10  # how often alarms with shorter periods are evaluated

_ACTIONS = {
    "OK": "OKActions",
    "ALARM": "AlarmActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}


def evaluate(alarm: Mapping[str, Any], read: ReadMetric, now: int) -> tuple[str, str, str] | None:
    """The state an alarm is to be in, why, and the data as JSON; None to leave it as it is.

    "For any period of one minute or longer, an alarm is evaluated every minute and the evaluation
    is based on the window of time defined by the Period and Evaluation Periods": the periods that
    are looked at end with the last full minute (or ten seconds, for shorter ones).
    """
    rule, period = Rule.of(alarm), period_of(alarm)
    step = MINUTE if period >= MINUTE else HIGH_RESOLUTION_S
    end = now - now % step
    start = end - rule.range(period) * period
    if metrics := alarm.get("Metrics"):
        solved = metric_data.solve(metrics, read, start, end)
        watched = solved[next(m["Id"] for m in metrics if m.get("ReturnData", True))]
        series = watched[0] if isinstance(watched, list) else watched
    else:
        series = read(_metric_stat(alarm), start, end)
    datapoints = [
        Datapoint(at, series.points.get(at), series.counts.get(at, 0))
        for at in range(start, end, period)
    ]
    if _too_few_samples(alarm, datapoints[-rule.periods :]):
        return None
    verdict = judge(rule, datapoints)
    if verdict is None or verdict.state == alarm["StateValue"]:
        return None
    return verdict.state, verdict.reason, _reason_data(alarm, verdict, datapoints, period)


def change_state(
    account: str, region: str, alarm: LocalStackAlarm, state: str, reason: str, data: str | None
) -> bool:
    """Put an alarm into another state, write its history and do its actions.

    Returns False if it is in that state already, or was deleted or replaced meanwhile. An action
    that fails is in the history.
    """
    store = cloudwatch_stores[account][region]
    known = alarm.alarm
    with _STORE_LOCK:
        if known["StateValue"] == state or store.alarms.get(known["AlarmArn"]) is not alarm:
            return False
        change = Change(
            alarm_clock.now(),
            known["StateValue"],
            known["StateReason"],
            known.get("StateReasonData"),
            state,
            reason,
            data,
        )
        before = dict(known)
        known.update(StateValue=state, StateReason=reason)
        known.update(StateUpdatedTimestamp=change.at, StateTransitionedTimestamp=change.at)
        known.pop("StateReasonData", None)
        if data:
            known["StateReasonData"] = data
        summary = f"Alarm updated from {change.old_state} to {state}"
        record(store, alarm, "StateUpdate", summary, messages.state_update(change), change.at)
    if known["ActionsEnabled"]:
        for action in known[_ACTIONS[state]]:
            _act(account, region, alarm, action, change, before)
    return True


def record(
    store: Any, alarm: LocalStackAlarm, kind: str, summary: str, data: str, at: datetime
) -> None:
    """Add an item to the alarm's history: StateUpdate, Action or ConfigurationUpdate."""
    metric = isinstance(alarm, LocalStackMetricAlarm)
    store.histories.append(
        {
            "AlarmName": alarm.alarm["AlarmName"],
            "AlarmType": "MetricAlarm" if metric else "CompositeAlarm",
            "Timestamp": at,
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": data,
        }
    )


def _act(
    account: str,
    region: str,
    alarm: LocalStackAlarm,
    action: str,
    change: Change,
    before: Mapping[str, Any],
) -> None:
    """Do one action, as CloudWatch with the alarm as the source, and write how it went."""
    arn = parse_arn(action)
    clients = connect_to(aws_access_key_id=account, region_name=arn["region"] or region)
    source = {"source_arn": alarm.alarm["AlarmArn"]}
    message, error = "", None
    try:
        match arn["service"]:
            case "sns":
                message = messages.notification(alarm.alarm, change, account, region)
                clients.sns.request_metadata(
                    service_principal="cloudwatch", **source
                ).publish(
                    TopicArn=action,
                    Subject=messages.subject(alarm.alarm, change, region),
                    Message=message,
                )  # fmt: skip
            case "lambda":
                message = create_message_response_update_state_lambda(
                    alarm, change.old_state, change.old_reason, before["StateUpdatedTimestamp"]
                )
                clients.lambda_.request_metadata(
                    service_principal="lambda.alarms.cloudwatch", **source
                ).invoke(FunctionName=action, InvocationType="Event", Payload=message)
            case service:
                error = f"This emulator does not support actions of {service}."
    except ClientError as e:
        error = _why(e, action)
    except Exception as e:
        error = str(e)
    if error:
        LOG.warning("Action %s of alarm %s failed: %s", action, alarm.alarm["AlarmName"], error)
    summary, data = messages.action_result(change, action, message, error)
    store = cloudwatch_stores[account][region]
    record(store, alarm, "Action", summary, data, alarm_clock.now())


def _why(error: ClientError, action: str) -> str:
    """The error as CloudWatch words it in the history."""
    details = error.response["Error"]
    if details["Code"] in ("AuthorizationError", "AuthorizationErrorException", "AccessDenied"):
        return (
            f"CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: {action}"
            " because no resource-based policy allows the SNS:Publish action"
        )
    return str(details["Message"])


def period_of(alarm: Mapping[str, Any]) -> int:
    """Seconds of one period; all metrics of an alarm have the same."""
    if metrics := alarm.get("Metrics"):
        return int(next(m["MetricStat"]["Period"] for m in metrics if m.get("MetricStat")))
    return int(alarm["Period"])


def _metric_stat(alarm: Mapping[str, Any]) -> dict[str, Any]:
    """The metric of an alarm as a query has it."""
    metric = {name: alarm.get(name) for name in ("Namespace", "MetricName", "Dimensions")}
    stat = alarm.get("Statistic") or alarm["ExtendedStatistic"]
    return {"Metric": metric, "Period": alarm["Period"], "Stat": stat, "Unit": alarm.get("Unit")}


def _too_few_samples(alarm: Mapping[str, Any], datapoints: list[Datapoint]) -> bool:
    """Whether a percentile alarm is to be left alone because it has too few samples.

    Source: CloudWatch User Guide, "Percentile-based alarms and low data samples": fewer than
    10/(1-percentile) for percentiles from 0.5, fewer than 10/percentile for those below.
    """
    if alarm.get("EvaluateLowSampleCountPercentile") != "ignore":
        return False
    percentile = statistics.parse(alarm.get("ExtendedStatistic") or "Sum").percentile
    if percentile is None:
        return False
    share = 1 - percentile if percentile >= 0.5 else percentile
    return sum(point.samples for point in datapoints) * share < 10


def _reason_data(
    alarm: Mapping[str, Any], verdict: Verdict, datapoints: list[Datapoint], period: int
) -> str:
    """StateReasonData: what was looked at, as JSON."""
    real = [point for point in verdict.evaluated if point.value is not None]
    data: dict[str, Any] = {"version": messages.VERSION, "queryDate": _date(alarm_clock.now_s())}
    if real:
        data["startDate"] = _date(real[-1].start)
    if alarm.get("Unit"):
        data["unit"] = alarm["Unit"]
    if stat := alarm.get("Statistic") or alarm.get("ExtendedStatistic"):
        data["statistic"] = stat
    data["period"] = period
    data["recentDatapoints"] = [point.value for point in reversed(real)]
    data["threshold"] = float(alarm["Threshold"])
    data["evaluatedDatapoints"] = [_shown(point) for point in verdict.evaluated]
    return json.dumps(data, separators=(",", ":"))


def _shown(point: Datapoint) -> dict[str, Any]:
    shown: dict[str, Any] = {"timestamp": _date(point.start)}
    if point.samples:
        shown["sampleCount"] = float(point.samples)
    if point.value is not None:
        shown["value"] = point.value
    return shown


def _date(second: float) -> str:
    return messages.instant(datetime.fromtimestamp(second, UTC))
