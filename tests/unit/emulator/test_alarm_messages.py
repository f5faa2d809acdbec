"""What CloudWatch sends when an alarm changes state."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from localstack_parity.cloudwatch.alarm_messages import (
    Change,
    action_result,
    notification,
    region_name,
    subject,
)

AT = datetime(2026, 11, 23, 18, 1, 5, 123456, UTC)
CHANGE = Change(AT, "OK", "because it was", None, "ALARM", "because it is", None)
TOPIC = "arn:aws:sns:us-east-1:000000000000:ops"
ALARM: dict[str, Any] = {
    "AlarmName": "errors",
    "AlarmArn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors",
    "AlarmConfigurationUpdatedTimestamp": AT,
    "OKActions": [],
    "AlarmActions": [TOPIC],
    "InsufficientDataActions": [],
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 5,
}


def _message(**more: Any) -> dict[str, Any]:
    text = notification({**ALARM, **more}, CHANGE, "000000000000", "us-east-1")
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("us-east-1", "US East (N. Virginia)"),
        ("ca-central-1", "Canada (Central)"),
        ("eu-west-2", "EU (London)"),
        ("mars-north-1", "mars-north-1"),
    ],
)
def test_regions_have_their_long_names(region: str, name: str) -> None:
    """Subjects and messages name the region as CloudWatch does."""
    assert region_name(region) == name


def test_the_subject_names_state_alarm_and_region() -> None:
    """The subject is that of alarms on AWS."""
    assert subject(ALARM, CHANGE, "us-east-1") == 'ALARM: "errors" in US East (N. Virginia)'


def test_long_subjects_are_cut() -> None:
    """SNS takes no more than 100 characters."""
    assert len(subject({**ALARM, "AlarmName": "x" * 255}, CHANGE, "us-east-1")) == 100


def test_no_action_waited_for_a_mute_window() -> None:
    """There are no mute rules; what receives messages of AWS since February 2026 reads the key."""
    assert _message(Metrics=[{"Id": "e1"}])["ActionExecutedAfterMuteWindow"] is False


def test_the_trigger_of_a_metric_alarm() -> None:
    """The trigger has the metric, statistic and rule with the names and the order of AWS."""
    message = _message(
        MetricName="Errors",
        Namespace="AWS/Lambda",
        Statistic="SampleCount",
        Dimensions=[{"Name": "FunctionName", "Value": "f"}],
        Period=300,
        DatapointsToAlarm=1,
        TreatMissingData="notBreaching",
    )
    assert list(message["Trigger"].items()) == [
        ("MetricName", "Errors"),
        ("Namespace", "AWS/Lambda"),
        ("StatisticType", "Statistic"),
        ("Statistic", "SAMPLE_COUNT"),
        ("Unit", None),
        ("Dimensions", [{"value": "f", "name": "FunctionName"}]),
        ("Period", 300),
        ("EvaluationPeriods", 1),
        ("DatapointsToAlarm", 1),
        ("ComparisonOperator", "GreaterThanThreshold"),
        ("Threshold", 5.0),
        ("TreatMissingData", "notBreaching"),
        ("EvaluateLowSampleCountPercentile", ""),
    ]
    assert message["StateChangeTime"] == "2026-11-23T18:01:05.123+0000"
    assert message["Region"] == "US East (N. Virginia)"


def test_the_trigger_of_a_metric_math_alarm() -> None:
    """A metric math alarm shows its queries instead of one metric."""
    stat = {
        "Metric": {"MetricName": "Errors", "Dimensions": [{"Name": "n", "Value": "v"}]},
        "Period": 60,
        "Stat": "Sum",
    }
    trigger = _message(
        Metrics=[
            {"Id": "e1", "Expression": "m1 * 2"},
            {"Id": "m1", "MetricStat": stat, "ReturnData": False},
        ]
    )["Trigger"]
    assert "MetricName" not in trigger
    assert trigger["Metrics"][0] == {"ReturnData": True, "Id": "e1", "Expression": "m1 * 2"}
    assert trigger["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"] == [
        {"value": "v", "name": "n"}
    ]


def test_failed_actions_say_why() -> None:
    """The history of a failed action has CloudWatch's sentence with the error."""
    summary, data = action_result(CHANGE, TOPIC, "{}", "no")
    assert summary == f'Failed to execute action {TOPIC}. Received error: "no"'
    assert json.loads(data)["actionState"] == "Failed"
