"""A FIFO topic delivers a message once that is published again within five minutes.

Recorded on AWS: LocalStack's tests at v4.14.0, `sns/test_sns.py::TestSNSSubscriptionSQSFifo`:
`test_fifo_topic_to_regular_sqs`, `test_publish_batch_messages_from_fifo_topic_to_fifo_queue`.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.queues import create_queue


@pytest.fixture(params=["Topic", "MessageGroup"])
def scope(request: pytest.FixtureRequest) -> str:
    """Within what a FIFO topic knows a message again."""
    return str(request.param)


@pytest.fixture
def topic(sns: Any, scope: str) -> Iterator[str]:
    attributes = {
        "FifoTopic": "true",
        "ContentBasedDeduplication": "true",
        "FifoThroughputScope": scope,
    }
    arn = sns.create_topic(Name=f"test-{uuid.uuid4().hex}.fifo", Attributes=attributes)["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


@pytest.fixture
def queue(emulator: Emulator, sns: Any, topic: str) -> Iterator[str]:
    """A standard queue that is subscribed to the topic."""
    sqs = emulator.client("sqs")
    url = create_queue(sqs, "sns")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    yield url
    sqs.delete_queue(QueueUrl=url)


def _received(emulator: Emulator, queue: str) -> list[str]:
    """What is delivered until the message "last" is."""
    sqs, bodies = emulator.client("sqs"), list[str]()
    while "last" not in bodies:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=10)
        bodies += [one["Body"] for one in answer["Messages"]]
    return sorted(bodies)


def test_what_is_published_again_is_not_delivered_again(
    emulator: Emulator, sns: Any, topic: str, queue: str
) -> None:
    message = {"TopicArn": topic, "Message": "a", "MessageGroupId": "g"}
    first, again = sns.publish(**message), sns.publish(**message)
    assert again["MessageId"] == first["MessageId"]
    assert again["SequenceNumber"] == first["SequenceNumber"]
    other = sns.publish(**message, MessageDeduplicationId="another")
    assert other["MessageId"] != first["MessageId"]
    sns.publish(TopicArn=topic, Message="last", MessageGroupId="g")
    assert _received(emulator, queue) == ["a", "a", "last"]


def test_a_batch_that_is_published_again_is_answered_as_before(
    emulator: Emulator, sns: Any, topic: str, queue: str
) -> None:
    entries = [
        {"Id": text, "Message": text, "MessageGroupId": "g"} for text in ("one", "two", "last")
    ]
    first, again = (
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)["Successful"]
        for _ in range(2)
    )
    assert again == first
    assert _received(emulator, queue) == ["last", "one", "two"]


def test_a_message_is_known_within_a_topic_or_within_its_group(
    emulator: Emulator, sns: Any, topic: str, queue: str, scope: str
) -> None:
    for group in ("g", "h"):
        sns.publish(TopicArn=topic, Message="a", MessageGroupId=group)
    sns.publish(TopicArn=topic, Message="last", MessageGroupId="h")
    assert _received(emulator, queue) == (["a"] if scope == "Topic" else ["a", "a"]) + ["last"]
