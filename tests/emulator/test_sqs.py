"""What SQS does in the emulator and LocalStack's own SQS does not."""

import uuid
from collections.abc import Iterator
from typing import Any, cast

import pytest

from harness.faults.injection import alarms_ahead
from harness.polling import wait_until
from harness.targets.target import Target
from tests.emulator.conftest import Emulator
from tests.emulator.observations import await_metric, statistics


@pytest.fixture
def queue(sqs: Any) -> Iterator[str]:
    """A queue's URL."""
    url = sqs.create_queue(QueueName=f"test-{uuid.uuid4().hex}")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def fifo(sqs: Any) -> Iterator[str]:
    """The URL of a FIFO queue."""
    url = sqs.create_queue(
        QueueName=f"test-{uuid.uuid4().hex}.fifo", Attributes={"FifoQueue": "true"}
    )["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def _dimensions(queue: str) -> dict[str, str]:
    return {"QueueName": queue.rsplit("/", 1)[1]}


def _measured(emulator: Emulator, queue: str, metric: str, total: float) -> dict[str, Any]:
    """The statistics of a queue's metric once its sum is `total`."""
    return await_metric(
        emulator,
        metric,
        _dimensions(queue),
        lambda found: found.get("Sum") == total,
        namespace="AWS/SQS",
    )


def test_what_happens_to_messages_is_counted(emulator: Emulator, sqs: Any, queue: str) -> None:
    """Messages sent, received and deleted are counted, with sizes, and receives without any."""
    sqs.receive_message(QueueUrl=queue)
    sqs.send_message(QueueUrl=queue, MessageBody="x" * 100)
    entries = [{"Id": str(n), "MessageBody": "x" * 200} for n in range(2)]
    sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    handles = [message["ReceiptHandle"] for message in received]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=handles[0])
    rest = [{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(handles[1:])]
    sqs.delete_message_batch(QueueUrl=queue, Entries=rest)

    assert _measured(emulator, queue, "NumberOfMessagesSent", 3)["Unit"] == "Count"
    assert _measured(emulator, queue, "NumberOfMessagesReceived", 3)
    assert _measured(emulator, queue, "NumberOfMessagesDeleted", 3)
    assert _measured(emulator, queue, "NumberOfEmptyReceives", 1)
    sizes = _measured(emulator, queue, "SentMessageSize", 500)
    assert (sizes["Maximum"], sizes["Unit"]) == (200, "Bytes")


def test_what_a_fifo_queue_drops_as_a_duplicate_is_counted_apart(
    emulator: Emulator, sqs: Any, fifo: str
) -> None:
    """A message that was deduplicated is not one that was added to the queue."""
    for _ in range(2):
        sqs.send_message(
            QueueUrl=fifo, MessageBody="m", MessageGroupId="g", MessageDeduplicationId="d"
        )

    assert _measured(emulator, fifo, "NumberOfDeduplicatedSentMessages", 1)
    assert _measured(emulator, fifo, "NumberOfMessagesSent", 1)


def test_a_queues_depth_is_measured(emulator: Emulator, sqs: Any, queue: str) -> None:
    """Waiting, received and delayed messages are measured, and the age of the oldest."""
    for _ in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody="m")
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=600)
    sqs.receive_message(QueueUrl=queue, VisibilityTimeout=600)

    with alarms_ahead(cast(Target, emulator), 60):
        found = {
            metric: statistics(emulator, metric, _dimensions(queue), "AWS/SQS")
            for metric in (
                "ApproximateNumberOfMessagesVisible",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
                "ApproximateAgeOfOldestMessage",
            )
        }

    assert [values["Maximum"] for values in found.values()][:3] == [2, 1, 1]
    assert found["ApproximateAgeOfOldestMessage"]["Unit"] == "Seconds"


def test_an_alarm_on_a_queues_depth_is_raised(emulator: Emulator, sqs: Any, queue: str) -> None:
    """An alarm on the messages that wait in a queue fires once there is one, and recovers."""
    cloudwatch = emulator.client("cloudwatch")
    name = f"depth-{uuid.uuid4().hex}"
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": queue.rsplit("/", 1)[1]}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    try:
        with alarms_ahead(cast(Target, emulator), 60):
            _await_state(cloudwatch, name, "ALARM")
        sqs.purge_queue(QueueUrl=queue)
        with alarms_ahead(cast(Target, emulator), 60):
            _await_state(cloudwatch, name, "OK")
    finally:
        cloudwatch.delete_alarms(AlarmNames=[name])


def _await_state(cloudwatch: Any, alarm: str, state: str) -> None:
    wait_until(
        lambda: cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0],
        until=lambda found: found["StateValue"] == state,
        deadline_s=60,
        interval_s=0.5,
        describe=f"alarm {alarm} in state {state}",
    )
