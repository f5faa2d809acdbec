"""Time that passes faster: Lambda retries sooner, and alarms need not be waited for."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from harness.faults.injection import alarms_ahead, compressed
from harness.polling import wait_until
from harness.targets.target import Target
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.observations import await_metric, name_of

FAILS = "def handler(event, context):\n    raise RuntimeError"

# What an alarm of one period of 300 s looks back on where data are missing: two periods more, and
# up to a minute at each end.
RANGE_S = 3 * 300 + 120


@contextmanager
def alarm_on(emulator: Emulator, metric: str, **changes: Any) -> Iterator[str]:
    """An alarm on more than 5 in five minutes."""
    cloudwatch, name = emulator.client("cloudwatch"), f"alarm-{uuid.uuid4().hex}"
    cloudwatch.put_metric_alarm(
        **{
            "AlarmName": name,
            "Namespace": "test",
            "MetricName": metric,
            "Statistic": "Sum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 5,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            **changes,
        }
    )
    try:
        yield name
    finally:
        cloudwatch.delete_alarms(AlarmNames=[name])


def put(emulator: Emulator, metric: str, value: float) -> None:
    emulator.client("cloudwatch").put_metric_data(
        Namespace="test", MetricData=[{"MetricName": metric, "Value": value}]
    )


def await_state(emulator: Emulator, alarm: str, state: str) -> dict[str, Any]:
    cloudwatch = emulator.client("cloudwatch")
    return wait_until(
        lambda: cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0],
        until=lambda seen: seen["StateValue"] == state,
        deadline_s=30,
        interval_s=0.2,
        describe=f"the alarm to be in {state}",
    )


def await_evaluation(emulator: Emulator) -> None:
    """Wait until all alarms have been evaluated once more."""
    with alarm_on(emulator, uuid.uuid4().hex) as alarm:
        await_state(emulator, alarm, "OK")


def changes(emulator: Emulator, alarm: str) -> list[str]:
    """The changes of state, the oldest first."""
    items = emulator.client("cloudwatch").describe_alarm_history(
        AlarmName=alarm, HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )["AlarmHistoryItems"]
    return [item["HistorySummary"].rsplit(" ", 1)[1] for item in items]


def test_retries_come_sooner(emulator: Emulator) -> None:
    """An event whose three attempts fail has had them in seconds; AWS takes three minutes."""
    target = cast(Target, emulator)
    with (
        role_for(emulator) as role,
        function_of(emulator, zipped(FAILS), role) as function,
        compressed(target, lambda_retry_s=0.1),
    ):
        emulator.client("lambda").invoke(FunctionName=function, InvocationType="Event")
        await_metric(
            emulator,
            "Errors",
            {"FunctionName": name_of(function)},
            lambda errors: errors.get("Sum") == 3,
        )


def test_an_alarm_goes_on_and_off_without_the_wait(emulator: Emulator) -> None:
    """A minute ahead it judges what was measured just now; its whole range, and that is gone."""
    metric, target = uuid.uuid4().hex, cast(Target, emulator)
    with alarm_on(emulator, metric) as alarm:
        await_state(emulator, alarm, "OK")
        put(emulator, metric, 6)

        with alarms_ahead(target, 60):
            raised = await_state(emulator, alarm, "ALARM")
        with alarms_ahead(target, RANGE_S):
            later = await_state(emulator, alarm, "OK")

    assert "[6.0 (" in raised["StateReason"]
    passed = later["StateTransitionedTimestamp"] - datetime.now(UTC)
    assert 0 < RANGE_S - passed.total_seconds() < 60


def test_alarms_have_been_evaluated_when_time_has_been_let_pass(emulator: Emulator) -> None:
    """Nobody has to wait and see whether an alarm is raised, or stays as it is."""
    metric, target = uuid.uuid4().hex, cast(Target, emulator)
    cloudwatch = emulator.client("cloudwatch")
    with alarm_on(emulator, metric) as alarm:
        await_state(emulator, alarm, "OK")
        for value, seconds, state in ((6, 60, "ALARM"), (0, RANGE_S, "OK")) * 3:
            put(emulator, metric, value)
            with alarms_ahead(target, seconds):
                found = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]
                assert found["StateValue"] == state


def test_an_alarm_does_not_see_again_what_it_has_left_behind(emulator: Emulator) -> None:
    """Back in the present, the old breach raises no alarm; a new one does."""
    metric, target = uuid.uuid4().hex, cast(Target, emulator)
    with alarm_on(emulator, metric) as alarm:
        await_state(emulator, alarm, "OK")
        put(emulator, metric, 6)
        with alarms_ahead(target, 60):
            await_state(emulator, alarm, "ALARM")
        await_evaluation(emulator)
        assert changes(emulator, alarm) == ["OK", "ALARM"]
        with alarms_ahead(target, RANGE_S):
            await_state(emulator, alarm, "OK")
        await_evaluation(emulator)
        assert changes(emulator, alarm) == ["OK", "ALARM", "OK"]

        put(emulator, metric, 5)
        with alarms_ahead(target, 60):
            await_evaluation(emulator)
            assert changes(emulator, alarm) == ["OK", "ALARM", "OK"]
        put(emulator, metric, 6)
        with alarms_ahead(target, 60):
            await_state(emulator, alarm, "ALARM")


def test_metrics_keep_the_time_at_which_they_were_measured(emulator: Emulator) -> None:
    """Time that is let pass for alarms is none for GetMetricStatistics."""
    metric = uuid.uuid4().hex
    put(emulator, metric, 6)

    with alarms_ahead(cast(Target, emulator), 3600):
        now = datetime.now(UTC)
        found = emulator.client("cloudwatch").get_metric_statistics(
            Namespace="test",
            MetricName=metric,
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]

    assert [point["Sum"] for point in found] == [6]
