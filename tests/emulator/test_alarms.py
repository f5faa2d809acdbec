"""How CloudWatch evaluates alarms, what it tells SNS, and what it keeps of their history.

Source: Amazon CloudWatch User Guide, "Evaluating an alarm" and "Configuring how CloudWatch alarms
treat missing data"; API Reference, PutMetricAlarm, SetAlarmState, DescribeAlarmHistory. Texts are
those of notifications and histories on AWS.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.queues import create_queue

DEADLINE_S = 30.0

PutAlarm = Callable[..., str]


@pytest.fixture
def put_alarm(cloudwatch: Any, namespace: str) -> Iterator[PutAlarm]:
    """Put an alarm on the metric `m` of the test's namespace; gives its name.

    Settings that are None are left out.
    """
    names: list[str] = []

    def put(**changes: Any) -> str:
        settings = {"AlarmName": f"alarm-{uuid.uuid4().hex}", **_alarm(namespace), **changes}
        cloudwatch.put_metric_alarm(**{k: v for k, v in settings.items() if v is not None})
        names.append(settings["AlarmName"])
        return names[-1]

    yield put
    cloudwatch.delete_alarms(AlarmNames=names)


@pytest.fixture
def topic(emulator: Emulator) -> Iterator[str]:
    sns = emulator.client("sns")
    arn = sns.create_topic(Name=f"test-{uuid.uuid4().hex}")["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


@pytest.fixture
def queue(emulator: Emulator, topic: str) -> Iterator[str]:
    """A queue that is subscribed to the topic."""
    sqs = emulator.client("sqs")
    url = create_queue(sqs, "sns")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    emulator.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"]
    )
    yield url
    sqs.delete_queue(QueueUrl=url)


def _alarm(namespace: str) -> dict[str, Any]:
    return {
        "Namespace": namespace,
        "MetricName": "m",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5,
        "ComparisonOperator": "GreaterThanThreshold",
    }


def _minute(ago: int) -> datetime:
    """The start of the minute that was so many minutes ago."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=ago)


def _put(
    cloudwatch: Any, namespace: str, *values: float, minutes_ago: int = 1, name: str = "m"
) -> None:
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[
            {"MetricName": name, "Values": list(values), "Timestamp": _minute(minutes_ago)}
        ],
    )


def _await_state(cloudwatch: Any, name: str, state: str) -> dict[str, Any]:
    """The alarm as soon as it is in this state."""
    return wait_until(
        lambda: cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0],
        until=lambda alarm: alarm["StateValue"] == state,
        deadline_s=DEADLINE_S,
        interval_s=0.2,
        describe=f"the alarm to be in {state}",
    )


def _history(cloudwatch: Any, name: str, **query: Any) -> list[dict[str, Any]]:
    found = cloudwatch.describe_alarm_history(AlarmName=name, **query)
    return list(found["AlarmHistoryItems"])


def _notification(emulator: Emulator, queue: str) -> dict[str, Any]:
    """The next notification's envelope, with the message read."""
    received = emulator.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)
    envelope: dict[str, Any] = json.loads(received["Messages"][0]["Body"])
    envelope["Message"] = json.loads(envelope["Message"])
    return envelope


def test_a_breach_raises_the_alarm_and_notifies(
    emulator: Emulator, cloudwatch: Any, namespace: str, put_alarm: PutAlarm, topic: str, queue: str
) -> None:
    """The state changes with AWS's reason, and the topic gets AWS's message and subject."""
    _put(cloudwatch, namespace, 2, 4)
    name = put_alarm(DatapointsToAlarm=1, AlarmActions=[topic], AlarmDescription="many")

    alarm = _await_state(cloudwatch, name, "ALARM")

    envelope = _notification(emulator, queue)
    message = envelope["Message"]
    assert envelope["Subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
    assert alarm["StateReason"].startswith(
        "Threshold Crossed: 1 out of the last 1 datapoints [6.0 ("
    )
    assert alarm["StateReason"].endswith(
        ")] was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert message["NewStateReason"] == alarm["StateReason"]
    assert (message["OldStateValue"], message["NewStateValue"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert message["Region"] == "US East (N. Virginia)"
    assert message["AWSAccountId"] == "000000000000"
    assert message["AlarmArn"] == alarm["AlarmArn"]
    assert message["AlarmDescription"] == "many"
    assert message["Trigger"] == {
        "MetricName": "m",
        "Namespace": namespace,
        "StatisticType": "Statistic",
        "Statistic": "SUM",
        "Unit": None,
        "Dimensions": [],
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5.0,
        "TreatMissingData": "",
        "EvaluateLowSampleCountPercentile": "",
    }


def test_an_alarm_of_ten_seconds_finds_what_the_last_minute_has(
    cloudwatch: Any, namespace: str, put_alarm: PutAlarm
) -> None:
    """A metric of standard resolution has its datapoint at the full minute, up to 60 s ago.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_put_metric_alarm.
    """
    at = datetime.now(UTC) - timedelta(seconds=40)
    datum = {"MetricName": "m", "Value": 6, "Timestamp": at, "StorageResolution": 1}
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])
    name = put_alarm(Period=10, TreatMissingData="ignore")

    _await_state(cloudwatch, name, "ALARM")


def test_one_good_datapoint_ends_an_alarm(
    cloudwatch: Any, namespace: str, put_alarm: PutAlarm
) -> None:
    """One out of one looks at the latest datapoint alone: a good one ends the alarm."""
    _put(cloudwatch, namespace, 9, minutes_ago=2)
    name = put_alarm()
    _await_state(cloudwatch, name, "ALARM")

    _put(cloudwatch, namespace, 1)

    alarm = _await_state(cloudwatch, name, "OK")
    assert "[1.0 (" in alarm["StateReason"]
    assert "was not greater than the threshold (5.0)." in alarm["StateReason"]


def test_two_out_of_three(cloudwatch: Any, namespace: str, put_alarm: PutAlarm) -> None:
    """An M out of N alarm goes off with M breaching datapoints, in any order."""
    for minutes_ago, value in ((3, 9), (2, 1), (1, 9)):
        _put(cloudwatch, namespace, value, minutes_ago=minutes_ago)
    name = put_alarm(EvaluationPeriods=3, DatapointsToAlarm=2)

    assert (
        "2 out of the last 3 datapoints" in _await_state(cloudwatch, name, "ALARM")["StateReason"]
    )


@pytest.mark.parametrize(
    ("treatment", "state", "reason"),
    [
        ("breaching", "ALARM", "1 missing datapoint was treated as [Breaching]."),
        ("notBreaching", "OK", "1 missing datapoint was treated as [NonBreaching]."),
    ],
)
def test_without_data_an_alarm_is_in_the_state_that_it_says(
    cloudwatch: Any, put_alarm: PutAlarm, treatment: str, state: str, reason: str
) -> None:
    """Without any data the alarm takes the state that TreatMissingData says."""
    name = put_alarm(TreatMissingData=treatment)

    alarm = _await_state(cloudwatch, name, state)

    start = "Threshold Crossed: no datapoints were received for 1 period and "
    assert alarm["StateReason"] == start + reason


def test_alarms_without_data_are_left_or_lose_their_state(
    cloudwatch: Any, put_alarm: PutAlarm
) -> None:
    """Missing data end in INSUFFICIENT_DATA by default; with ignore the state stays."""
    lost, kept = put_alarm(), put_alarm(TreatMissingData="ignore")
    for name in (kept, lost):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="test")

    alarm = _await_state(cloudwatch, lost, "INSUFFICIENT_DATA")

    assert alarm["StateReason"] == "Insufficient Data: 1 datapoint was unknown."
    assert _await_state(cloudwatch, kept, "OK")["StateReason"] == "test"


def test_periods_end_with_the_last_full_minute(
    cloudwatch: Any, namespace: str, put_alarm: PutAlarm
) -> None:
    """A period of five minutes is that of the last five full minutes, whatever the clock says."""
    _put(cloudwatch, namespace, 3, minutes_ago=5)
    _put(cloudwatch, namespace, 3, minutes_ago=1)
    name = put_alarm(Period=300)

    alarm = wait_until(
        lambda: cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0],
        until=lambda alarm: alarm["StateValue"] != "INSUFFICIENT_DATA",
        deadline_s=DEADLINE_S,
        interval_s=0.2,
        describe="an evaluation",
    )

    data = json.loads(alarm["StateReasonData"])
    start = datetime.strptime(data["startDate"], "%Y-%m-%dT%H:%M:%S.%f%z")
    evaluated = datetime.strptime(data["queryDate"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert start == evaluated.replace(second=0, microsecond=0) - timedelta(minutes=5)
    assert data["recentDatapoints"][-1] in (6.0, 3.0)  # a minute may have passed meanwhile


def test_an_alarm_on_a_percentile_sees_it(
    cloudwatch: Any, namespace: str, put_alarm: PutAlarm
) -> None:
    """An alarm on p90 sees the percentile, not the average."""
    _put(cloudwatch, namespace, *range(1, 12))
    name = put_alarm(ExtendedStatistic="p90", Statistic=None, Threshold=9.5)

    assert "[10.0 (" in _await_state(cloudwatch, name, "ALARM")["StateReason"]


def test_an_alarm_on_an_expression_evaluates_it(
    emulator: Emulator, cloudwatch: Any, namespace: str, topic: str, queue: str
) -> None:
    """An alarm on an expression evaluates it, and the notification shows its queries."""
    _put(cloudwatch, namespace, 1, name="errors")
    _put(cloudwatch, namespace, 4, name="calls")
    name = f"alarm-{uuid.uuid4().hex}"
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Metrics=[
            {"Id": "rate", "Expression": "100 * errors / calls", "ReturnData": True},
            *(_query(namespace, metric, ReturnData=False) for metric in ("errors", "calls")),
        ],
        EvaluationPeriods=1,
        Threshold=20,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[topic],
    )

    alarm = _await_state(cloudwatch, name, "ALARM")

    assert "[25.0 (" in alarm["StateReason"]
    metrics = _notification(emulator, queue)["Message"]["Trigger"]["Metrics"]
    assert [query["Id"] for query in metrics] == ["rate", "errors", "calls"]
    cloudwatch.delete_alarms(AlarmNames=[name])


def _query(namespace: str, metric: str, **more: Any) -> dict[str, Any]:
    return {
        "Id": metric,
        "MetricStat": {
            "Metric": {"Namespace": namespace, "MetricName": metric},
            "Period": 60,
            "Stat": "Sum",
        },
        **more,
    }


def test_the_history_has_what_happened(
    cloudwatch: Any, namespace: str, put_alarm: PutAlarm, topic: str
) -> None:
    """It has the creation, the change of state and the action, and can be asked for by date."""
    _put(cloudwatch, namespace, 9)
    before = datetime.now(UTC) - timedelta(minutes=1)
    name = put_alarm(AlarmActions=[topic])
    _await_state(cloudwatch, name, "ALARM")

    items = wait_until(
        lambda: _history(
            cloudwatch, name, StartDate=before, EndDate=datetime.now(UTC) + timedelta(minutes=1)
        ),
        until=lambda items: len(items) == 3,
        deadline_s=DEADLINE_S,
        interval_s=0.2,
        describe="three items of history",
    )

    assert [(item["HistoryItemType"], item["HistorySummary"]) for item in items] == [
        ("Action", f"Successfully executed action {topic}"),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
        ("ConfigurationUpdate", f'Alarm "{name}" created'),
    ]
    data = json.loads(items[1]["HistoryData"])
    assert data["oldState"]["stateReason"] == "Unchecked: Initial alarm creation"
    assert data["newState"]["stateReasonData"]["recentDatapoints"] == [9.0]
    assert not _history(cloudwatch, name, EndDate=before)
    assert len(_history(cloudwatch, name, HistoryItemType="StateUpdate")) == 1


def test_a_failed_action_is_in_the_history(
    cloudwatch: Any, namespace: str, put_alarm: PutAlarm
) -> None:
    """An alarm that cannot notify changes state all the same; only its history says why."""
    _put(cloudwatch, namespace, 9)
    missing = f"arn:aws:sns:us-east-1:000000000000:missing-{uuid.uuid4().hex}"
    name = put_alarm(AlarmActions=[missing])
    _await_state(cloudwatch, name, "ALARM")

    (item,) = wait_until(
        lambda: _history(cloudwatch, name, HistoryItemType="Action"),
        deadline_s=DEADLINE_S,
        interval_s=0.2,
        describe="the failed action",
    )

    assert item["HistorySummary"].startswith(
        f'Failed to execute action {missing}. Received error: "'
    )


def test_disabled_actions_are_not_executed(
    cloudwatch: Any, namespace: str, put_alarm: PutAlarm, topic: str
) -> None:
    """With ActionsEnabled=false the state changes and nothing is sent."""
    _put(cloudwatch, namespace, 9)
    name = put_alarm(AlarmActions=[topic], ActionsEnabled=False)
    _await_state(cloudwatch, name, "ALARM")

    assert not _history(cloudwatch, name, HistoryItemType="Action")


def test_a_state_that_was_set_lasts_until_the_next_evaluation(
    emulator: Emulator, cloudwatch: Any, namespace: str, put_alarm: PutAlarm, topic: str, queue: str
) -> None:
    """SetAlarmState executes the actions; the next evaluation sets the real state."""
    _put(cloudwatch, namespace, 1)
    name = put_alarm(AlarmActions=[topic])
    _await_state(cloudwatch, name, "OK")

    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")

    message = _notification(emulator, queue)["Message"]
    assert (message["OldStateValue"], message["NewStateReason"]) == ("OK", "a test")
    _await_state(cloudwatch, name, "OK")


def test_a_new_configuration_leaves_the_state(
    cloudwatch: Any, namespace: str, put_alarm: PutAlarm
) -> None:
    """ "When you update an existing alarm, its state is left unchanged" (PutMetricAlarm)."""
    _put(cloudwatch, namespace, 9)
    name = put_alarm(AlarmDescription="old")
    before = _await_state(cloudwatch, name, "ALARM")

    put_again = {**_alarm(namespace), "AlarmName": name, "Threshold": 6}
    cloudwatch.put_metric_alarm(**put_again)

    (after,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (after["StateValue"], after["Threshold"]) == ("ALARM", 6)
    assert after["StateUpdatedTimestamp"] == before["StateUpdatedTimestamp"]
    assert "AlarmDescription" not in after
    assert _history(cloudwatch, name)[0]["HistorySummary"] == f'Alarm "{name}" updated'


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"MetricName": None}, "Either MetricName or Metrics must be specified."),
        ({"Statistic": None}, "Either Statistic or ExtendedStatistic must be specified"),
        ({"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"Period": 60, "EvaluationPeriods": 1441}, "Metrics cannot be checked across more than a"),
        ({"Period": 86400, "EvaluationPeriods": 8}, "Metrics cannot be checked across more than a"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm"),
        ({"TreatMissingData": "bad"}, "The value bad is not supported for TreatMissingData"),
        ({"Threshold": None}, "The parameter Threshold is required."),
        ({"AlarmActions": ["topic"]}, "Invalid arn syntax: topic"),
        ({"AlarmActions": ["arn:aws:sns:us-east-1:000000000000"]}, "Invalid arn syntax"),
        (
            {"AlarmActions": ["arn:aws:sns:eu-west-1:000000000000:topic"]},
            "Invalid region eu-west-1 specified. Only us-east-1 is supported.",
        ),
        (
            {"ComparisonOperator": "GreaterThanUpperThreshold", "ThresholdMetricId": "t"},
            "This emulator does not support alarms based on anomaly detection.",
        ),
    ],
)
def test_alarms_that_are_refused(
    cloudwatch: Any, namespace: str, changes: dict[str, Any], message: str
) -> None:
    """PutMetricAlarm refuses what cannot be evaluated or executed, with a ValidationError."""
    settings = {**_alarm(namespace), "AlarmName": "refused", **changes}
    with pytest.raises(ClientError) as refused:
        cloudwatch.put_metric_alarm(**{k: v for k, v in settings.items() if v is not None})
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert refused.value.response["Error"]["QueryErrorCode"] == "ValidationException"
    assert message in refused.value.response["Error"]["Message"]


def test_a_state_that_there_is_not(cloudwatch: Any) -> None:
    """Recorded: LocalStack v4.14.0, test_set_alarm_invalid_input, in JSON and CBOR."""
    with pytest.raises(ClientError, match="'stateValue' failed to satisfy constraint") as refused:
        cloudwatch.set_alarm_state(AlarmName="any", StateValue="INVALID", StateReason="-")
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert refused.value.response["Error"]["QueryErrorCode"] == "ValidationException"


def test_math_that_returns_two_series_is_refused(cloudwatch: Any, namespace: str) -> None:
    """An alarm watches exactly one of its queries."""
    with pytest.raises(ClientError, match="Exactly one element of the metrics list should return"):
        cloudwatch.put_metric_alarm(
            AlarmName="refused",
            Metrics=[_query(namespace, "a"), _query(namespace, "b")],
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )


def test_alarms_are_listed_by_prefix_state_and_page(cloudwatch: Any, put_alarm: PutAlarm) -> None:
    """DescribeAlarms combines its filters and pages through them in the order of names."""
    prefix = f"page-{uuid.uuid4().hex}-"
    for letter in "cab":
        put_alarm(AlarmName=f"{prefix}{letter}", TreatMissingData="ignore")

    pages = cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=prefix,
        StateValue="INSUFFICIENT_DATA",
        PaginationConfig={"PageSize": 2},
    )

    names = [[alarm["AlarmName"] for alarm in page["MetricAlarms"]] for page in pages]
    assert names == [[f"{prefix}a", f"{prefix}b"], [f"{prefix}c"]]
