"""Composite alarms: when they are evaluated, why they change, whom they notify, what they need.

Source: CloudWatch API Reference, PutCompositeAlarm and DeleteAlarms; User Guide, "Composite alarms"
and "Alarm events and EventBridge" (the reason of a new alarm). Recorded: LocalStack's tests at
v4.14.0, cloudwatch/test_cloudwatch.py, test_put_composite_alarm_describe_alarms (names in a rule)
and test_trigger_composite_alarm.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.queues import create_queue


@pytest.fixture
def name() -> str:
    return f"composite-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def put(cloudwatch: Any, name: str) -> Iterator[Callable[..., str]]:
    """Put a composite alarm with a rule about the metric alarms `{0}` and `{1}`; gives its name."""
    parts = [f"{name}-0", f"{name}-1"]
    for part in parts:
        cloudwatch.put_metric_alarm(
            AlarmName=part,
            MetricName="m",
            Namespace="Composite",
            Period=3600,
            Statistic="Sum",
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
            Threshold=1,
            TreatMissingData="ignore",  # so that it stays in the state that it is set to
        )
    made: list[str] = []

    def put(rule: str, suffix: str = "all", **settings: Any) -> str:
        alarm = f"{name}-{suffix}"
        cloudwatch.put_composite_alarm(AlarmName=alarm, AlarmRule=rule.format(*parts), **settings)
        made.append(alarm)
        return alarm

    yield put
    for alarm in dict.fromkeys(made):
        cloudwatch.put_composite_alarm(AlarmName=alarm, AlarmRule="FALSE")
    for alarm in dict.fromkeys(made):
        cloudwatch.delete_alarms(AlarmNames=[alarm])
    cloudwatch.delete_alarms(AlarmNames=parts)


def _described(cloudwatch: Any, alarm: str) -> dict[str, Any]:
    (found,) = cloudwatch.describe_alarms(AlarmNames=[alarm], AlarmTypes=["CompositeAlarm"])[
        "CompositeAlarms"
    ]
    return dict(found)


def _set(cloudwatch: Any, alarm: str, state: str) -> None:
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="-")


Put = Callable[..., str]


def test_a_new_alarm_is_evaluated_at_once(cloudwatch: Any, name: str, put: Put) -> None:
    """And says so, with all alarms that its rule names."""
    _set(cloudwatch, f"{name}-1", "ALARM")

    found = _described(cloudwatch, put("ALARM({0}) OR ALARM({1})"))

    arn = found["AlarmArn"]
    children = json.loads(found["StateReasonData"])["triggeringAlarms"]
    assert found["StateValue"] == "ALARM"
    assert found["StateReason"] == f"{arn} was created and its alarm rule evaluates to ALARM"
    assert [(child["arn"].rsplit(":", 1)[1], child["state"]["value"]) for child in children] == [
        (f"{name}-0", "INSUFFICIENT_DATA"),
        (f"{name}-1", "ALARM"),
    ]


def test_an_alarm_follows_its_rule(cloudwatch: Any, name: str, put: Put) -> None:
    """With AND and NOT, whichever alarm changes; the reason is the one that changed last."""
    alarm = put("ALARM({0}) AND NOT ALARM({1})")
    states = []
    for part, state in (("0", "ALARM"), ("1", "ALARM"), ("1", "OK"), ("0", "INSUFFICIENT_DATA")):
        _set(cloudwatch, f"{name}-{part}", state)
        found = _described(cloudwatch, alarm)
        states.append(found["StateValue"])
        assert f"alarm:{name}-{part} transitioned to {state} at " in found["StateReason"]

    assert states == ["ALARM", "OK", "ALARM", "OK"]


def test_an_alarm_follows_composite_alarms(cloudwatch: Any, name: str, put: Put) -> None:
    """A chain changes from its beginning to its end, and a cycle comes to an end."""
    lower = put("ALARM({0})", "lower")
    upper = put(f"ALARM({lower}) OR ALARM({{1}})", "upper")
    put(f"ALARM({{0}}) OR ALARM({upper})", "lower")

    _set(cloudwatch, f"{name}-0", "ALARM")

    assert _described(cloudwatch, lower)["StateValue"] == "ALARM"
    assert f"alarm:{lower} transitioned to ALARM" in _described(cloudwatch, upper)["StateReason"]


def test_another_rule_is_evaluated(cloudwatch: Any, put: Put) -> None:
    """The state stays until the new rule says otherwise."""
    alarm = put("TRUE", AlarmDescription="first")
    created = _described(cloudwatch, alarm)
    put("NOT FALSE", AlarmDescription="second")
    kept = _described(cloudwatch, alarm)
    put("FALSE")
    updated = _described(cloudwatch, alarm)

    assert (created["StateValue"], kept["StateValue"], updated["StateValue"]) == (
        *("ALARM", "ALARM"),
        "OK",
    )
    assert kept["StateReason"] == created["StateReason"]
    assert kept["AlarmDescription"] == "second"
    assert updated["StateReason"].endswith(
        f"{alarm} was updated and its new alarm rule evaluates to OK"
    )


def test_a_notification_names_the_alarms_that_counted(
    emulator: Emulator, cloudwatch: Any, name: str, put: Put
) -> None:
    """AlarmRule and TriggeringChildren take the place of a metric alarm's Trigger."""
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topic, queue = sns.create_topic(Name=name)["TopicArn"], create_queue(sqs, "sns")
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["Attributes"]["QueueArn"])
    try:
        alarm = put("ALARM({0})", AlarmActions=[topic])
        _set(cloudwatch, f"{name}-0", "ALARM")
        received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
    finally:
        sns.delete_topic(TopicArn=topic)
        sqs.delete_queue(QueueUrl=queue)

    envelope = json.loads(received["Body"])
    message = json.loads(envelope["Message"])
    assert envelope["Subject"] == f'ALARM: "{alarm}" in US East (N. Virginia)'
    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
    assert message["AlarmRule"] == f"ALARM({name}-0)"
    assert "Trigger" not in message
    (child,) = message["TriggeringChildren"]
    assert child["Arn"].endswith(f"alarm:{name}-0")
    assert child["State"]["Value"] == "ALARM"


def test_what_a_rule_names_cannot_be_deleted(cloudwatch: Any, name: str, put: Put) -> None:
    """None is deleted then; together with the composite alarm it can."""
    alarm = put("ALARM({0}) OR ALARM({1})")
    for names, said in (
        ([f"{name}-0"], f"Cannot delete {name}-0 as there are composite alarm(s) depending on it."),
        (
            [f"{name}-0", f"{name}-1"],
            f"Cannot delete {name}-0,{name}-1 as there are composite alarm(s) depending on them.",
        ),
    ):
        with pytest.raises(ClientError) as refused:
            cloudwatch.delete_alarms(AlarmNames=names)
        assert refused.value.response["Error"]["Code"] == "ValidationError"
        assert refused.value.response["Error"]["Message"] == said

    cloudwatch.delete_alarms(AlarmNames=[alarm, f"{name}-0", f"{name}-1"])

    found = cloudwatch.describe_alarms(
        AlarmNamePrefix=name, AlarmTypes=["CompositeAlarm", "MetricAlarm"]
    )
    assert found["CompositeAlarms"] + found["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ActionsSuppressor": "other"}, "ActionsSuppressor"),
        (
            {"AlarmActions": ["arn:aws:lambda:us-east-1:000000000000:function:f"]},
            "actions other than notifying topics",
        ),
    ],
)
def test_what_is_not_emulated_is_refused(
    cloudwatch: Any, name: str, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said):
        cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="TRUE", **settings)
