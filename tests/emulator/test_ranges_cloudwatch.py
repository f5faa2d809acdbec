"""CloudWatch refuses metrics that it cannot store and alarms that it cannot evaluate.

AWS: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

import math
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.refused import refusal, unchecked

NOW = datetime.now(UTC)
ALARM: dict[str, Any] = {
    "AlarmName": "a",
    "MetricName": "m",
    "Namespace": "Ranges",
    "Period": 60,
    "Statistic": "Sum",
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 1,
}


def _dimensions(count: int) -> list[dict[str, str]]:
    return [{"Name": f"d{number}", "Value": "v"} for number in range(count)]


@pytest.mark.parametrize(
    ("datum", "said"),
    [
        ({"Value": math.nan}, "The value NaN for parameter MetricData.member.1.Value is invalid."),
        (
            {"Value": -math.inf},
            "The value -Infinity for parameter MetricData.member.1.Value is inv",
        ),
        ({"Value": 2.0**361}, "for parameter MetricData.member.1.Value is invalid."),
        ({"Values": [1.0, math.nan]}, "for parameter MetricData.member.1.Values is invalid."),
        ({"Values": [1.0], "Counts": [-1.0]}, "MetricData.member.1.Counts is invalid."),
        (
            {"Values": [1.0] * 151},
            "MetricData.member.1.Values must not have a size greater than 150",
        ),
        ({}, "one of them is required."),
        (
            {"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 2, "Maximum": 1}},
            "Maximum must be greater than",
        ),
        (
            {"Value": 1, "Unit": "Miles"},
            "The parameter MetricData.member.1.Unit must be a value in the set [ Seconds,",
        ),
        (
            {"Value": 1, "Dimensions": _dimensions(31)},
            "MetricData.member.1.Dimensions must not have a size greater than 30.",
        ),
        (
            {"Value": 1, "Dimensions": [{"Name": "d", "Value": "é"}]},
            "The parameter MetricData.member.1.Dimensions.member.1.Value contains non-ASCII",
        ),
        ({"Value": 1, "Dimensions": [{"Name": "d", "Value": ""}]}, "must not be empty."),
        ({"Value": 1, "Dimensions": [{"Name": ":d", "Value": "v"}]}, "member.1.Name is invalid."),
        (
            {"Value": 1, "Dimensions": [{"Name": "d", "Value": v} for v in "ab"]},
            "No metric may specify the same dimension name twice.",
        ),
        ({"Value": 1, "StorageResolution": 7}, "StorageResolution must be a value in the set"),
        (
            {"Value": 1, "Timestamp": datetime(2000, 1, 1, tzinfo=UTC)},
            "The parameter MetricData.member.1.Timestamp must specify a time within the past two",
        ),
        (
            {"Value": 1, "Timestamp": datetime(2099, 1, 1, tzinfo=UTC)},
            "must specify a time no more than two hours in the future.",
        ),
    ],
)
def test_a_datum_that_is_refused(emulator: Emulator, datum: dict[str, Any], said: str) -> None:
    request = {"Namespace": "Ranges", "MetricData": [{"MetricName": "m", **datum}]}
    refused = refusal(emulator, "cloudwatch", "put_metric_data", request)
    assert refused.startswith("InvalidParameterValue")
    assert said in refused


def test_every_datum_is_named(emulator: Emulator) -> None:
    data = [{"MetricName": "m", "Value": value} for value in (1.0, math.nan, math.inf)]
    request = {"Namespace": "Ranges", "MetricData": data}
    lines = refusal(emulator, "cloudwatch", "put_metric_data", request).split("\n")
    assert [line.split("member.")[1][0] for line in lines] == ["2", "3"]


@pytest.mark.parametrize("namespace", ["AWS/Lambda", ":own", "n" * 256, "é"])
def test_a_namespace_that_is_refused(emulator: Emulator, namespace: str) -> None:
    """Only AWS publishes below AWS/."""
    request = {"Namespace": namespace, "MetricData": [{"MetricName": "m", "Value": 1}]}
    refused = refusal(emulator, "cloudwatch", "put_metric_data", request)
    assert refused.startswith("InvalidParameterValue")


def test_too_many_data_and_none(emulator: Emulator) -> None:
    datum = {"MetricName": "m", "Value": 1}
    request = {"Namespace": "Ranges", "MetricData": [datum] * 1001}
    said = refusal(emulator, "cloudwatch", "put_metric_data", request)
    assert "The collection MetricData must not have a size greater than 1000." in said
    request["MetricData"] = []
    assert "Missing" in refusal(emulator, "cloudwatch", "put_metric_data", request)


def test_data_at_their_limits(emulator: Emulator) -> None:
    """And an hour more than two weeks of leeway is not needed: times are to the second."""
    emulator.client("cloudwatch").put_metric_data(
        Namespace="n" * 255,
        MetricData=[
            {
                "MetricName": "m" * 255,
                "Value": value,
                "Dimensions": _dimensions(30),
                "Timestamp": datetime.now(UTC) + distance,
                "StorageResolution": resolution,
                "Unit": "Terabits/Second",
            }
            for value, distance, resolution in (
                (2.0**360, timedelta(days=-14, minutes=1), 1),
                (-(2.0**360), timedelta(minutes=119), 60),
            )
        ],
    )


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        (
            "set_alarm_state",
            {"AlarmName": "a", "StateValue": "INVALID", "StateReason": "r"},
            "ValidationError: 1 validation error detected: Value 'INVALID' at 'stateValue' failed"
            " to satisfy constraint: Member must satisfy enum value set: [",
        ),
        ("describe_alarms", {"MaxRecords": 101}, "at 'maxRecords' failed to satisfy constraint"),
        ("describe_alarms", {"StateValue": "Fine"}, "at 'stateValue' failed to satisfy constraint"),
        (
            "put_metric_alarm",
            ALARM | {"Threshold": math.nan},
            "The parameter Threshold must be a finite number.",
        ),
        (
            "put_metric_alarm",
            ALARM | {"Unit": "Miles"},
            "Value 'Miles' at 'unit' failed to satisfy constraint",
        ),
    ],
)
def test_requests_that_break_the_model(
    emulator: Emulator, operation: str, request_: dict[str, Any], said: str
) -> None:
    assert said in refusal(emulator, "cloudwatch", operation, request_)


def test_the_rule_of_a_composite_alarm(emulator: Emulator) -> None:
    """It is a rule, names alarms that are there, and is evaluated here."""
    cloudwatch, name = unchecked(emulator, "cloudwatch"), f"ranges-{uuid.uuid4().hex[:8]}"
    cloudwatch.put_metric_alarm(**ALARM | {"AlarmName": name})
    arn = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"]
    for rule, said in (
        ("junk", "ValidationError: AlarmRule is not a valid expression."),
        (f'ALARM("{arn}"', "ValidationError: AlarmRule is not a valid expression."),
        (
            f'ALARM("{arn}") OR OK(nobody)',
            "ValidationError: Could not save the composite alarm as alarms [nobody] in the alarm"
            " rule do not exist",
        ),
        (
            f"AT_LEAST(1, ALARM, ({name}))",
            "NotImplemented: PutCompositeAlarm of cloudwatch is not emulated here with AT_LEAST",
        ),
    ):
        request = {"AlarmName": f"{name}-all", "AlarmRule": rule}
        assert said in refusal(emulator, "cloudwatch", "put_composite_alarm", request)

    rule = f'ALARM("{arn}") OR ALARM({name})'
    cloudwatch.put_composite_alarm(AlarmName=f"{name}-all", AlarmRule=rule)
    cloudwatch.delete_alarms(AlarmNames=[f"{name}-all", name])
