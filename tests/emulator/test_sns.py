"""What SNS does in the emulator and LocalStack's own SNS does not."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from harness.targets import own_routes
from tests.emulator.conftest import Emulator
from tests.emulator.queues import create_queue
from tests.emulator.stacks import Stack


@pytest.fixture
def topic(sns: Any) -> Iterator[str]:
    arn = sns.create_topic(Name=f"test-{uuid.uuid4().hex}")["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


@pytest.fixture
def queue(emulator: Emulator) -> Iterator[str]:
    sqs = emulator.client("sqs")
    url = create_queue(sqs, "sns")
    yield url
    sqs.delete_queue(QueueUrl=url)


def _arn(emulator: Emulator, queue: str) -> str:
    return _attribute(emulator, queue, "QueueArn")


def _attribute(emulator: Emulator, queue: str, name: str) -> str:
    found = emulator.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[name])
    return str(found["Attributes"][name])


def _sum(emulator: Emulator, metric: str, topic: str) -> float:
    now = datetime.now(UTC)
    found = emulator.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SNS",
        MetricName=metric,
        Dimensions=[{"Name": "TopicName", "Value": topic.rsplit(":", 1)[1]}],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=10),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


@pytest.mark.parametrize(
    "subject",
    ["x" * 101, "two\nlines", "tab\there", "grün", "", " leading space"],
    ids=["too long", "newline", "control character", "not ASCII", "empty", "leading space"],
)
def test_bad_subjects_are_refused(sns: Any, topic: str, subject: str) -> None:
    """A subject that SNS would not send is InvalidParameter."""
    with pytest.raises(ClientError) as refused:
        sns.publish(TopicArn=topic, Message="m", Subject=subject)

    assert refused.value.response["Error"]["Code"] == "InvalidParameter"
    assert refused.value.response["Error"]["Message"] == "Invalid parameter: Subject"


def test_a_bad_subject_in_a_batch_is_refused(sns: Any, topic: str) -> None:
    """PublishBatch checks subjects as Publish does."""
    with pytest.raises(ClientError, match="Invalid parameter: Subject"):
        sns.publish_batch(
            TopicArn=topic,
            PublishBatchRequestEntries=[{"Id": "1", "Message": "m", "Subject": "x" * 101}],
        )


def test_a_subject_of_100_characters_arrives(
    emulator: Emulator, sns: Any, topic: str, queue: str
) -> None:
    """The longest subject that AWS takes reaches a subscriber unchanged."""
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=_arn(emulator, queue))

    sns.publish(TopicArn=topic, Message="m", Subject="x" * 100)

    received = emulator.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=10)
    assert json.loads(received["Messages"][0]["Body"])["Subject"] == "x" * 100


def test_attributes_arrive_as_they_were_sent(
    emulator: Emulator, sns: Any, topic: str, queue: str
) -> None:
    """Raw delivery keeps text, numbers and bytes, of one message and of a batch."""
    raw = {"RawMessageDelivery": "true"}
    endpoint = _arn(emulator, queue)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint, Attributes=raw)
    sent = {
        "text": {"DataType": "String", "StringValue": "Größe \U0001f5bc"},
        "number": {"DataType": "Number", "StringValue": "1.5"},
        "bytes": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
    }

    sns.publish(TopicArn=topic, Message="single", MessageAttributes=sent)
    entry = {"Id": "1", "Message": "batch", "MessageAttributes": sent}
    sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[entry])

    received: dict[str, Any] = {}

    def receive() -> int:
        found = emulator.client("sqs").receive_message(
            QueueUrl=queue, MessageAttributeNames=["All"], WaitTimeSeconds=1
        )
        received.update(
            {each["Body"]: each["MessageAttributes"] for each in found.get("Messages", [])}
        )
        return len(received)

    wait_until(receive, until=lambda n: n == 2, deadline_s=30, describe="both messages")
    assert received == {"single": sent, "batch": sent}


def test_what_cannot_be_delivered_is_in_the_dead_letter_queue(
    emulator: Emulator, sns: Any, topic: str, queue: str
) -> None:
    """SNS sends it on behalf of the topic, which is what the queue's policy names.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_redrive_policy_sqs_queue_subscription.
    """
    sqs = emulator.client("sqs")
    failures = create_queue(sqs, "sns")
    (statement,) = json.loads(_attribute(emulator, failures, "Policy"))["Statement"]
    statement["Condition"] = {"ArnEquals": {"aws:SourceArn": topic}}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    sqs.set_queue_attributes(QueueUrl=failures, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=_arn(emulator, queue),
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": _arn(emulator, failures)})},
    )
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})  # now SNS may not send

    sns.publish(TopicArn=topic, Message="undeliverable")

    received = sqs.receive_message(QueueUrl=failures, WaitTimeSeconds=10)
    sqs.delete_queue(QueueUrl=failures)
    assert json.loads(received["Messages"][0]["Body"])["Message"] == "undeliverable"


def test_a_topic_that_is_no_arn_is_an_invalid_parameter(sns: Any) -> None:
    """Recorded on AWS: LocalStack's tests, v4.14.0, test_subscribe_with_invalid_topic."""
    with pytest.raises(ClientError) as refused:
        sns.subscribe(
            TopicArn="arn:aws:sns:us-east-1:five", Protocol="email", Endpoint="ops@example.com"
        )

    assert refused.value.response["Error"]["Code"] == "InvalidParameter"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    "address",
    ["not-an-email", "a@b", "two words@example.com", "@example.com", "mailto:ops@example.com"],
)
def test_bad_email_addresses_are_refused(sns: Any, topic: str, address: str) -> None:
    """An endpoint that is no email address cannot be subscribed as one."""
    with pytest.raises(ClientError) as refused:
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)

    assert refused.value.response["Error"]["Code"] == "InvalidParameter"
    assert refused.value.response["Error"]["Message"] == "Invalid parameter: Email address"


def test_an_unconfirmed_address_gets_nothing(emulator: Emulator, sns: Any, topic: str) -> None:
    """An email goes to an address only after it was confirmed; before that, what asks for it."""
    address = f"{uuid.uuid4().hex}@example.com"
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="email", Endpoint=address, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    sns.publish(TopicArn=topic, Message="before")
    confirmation = "AWS Notification - Subscription Confirmation"
    assert [each["Subject"] for each in _emails(emulator, address)] == [confirmation]

    for _ in range(2):
        sns.confirm_subscription(TopicArn=topic, Token=_token(emulator, subscription))
    sns.publish(TopicArn=topic, Message="after")
    sns.publish(TopicArn=topic, Message="with a subject", Subject="Mine")

    sent = wait_until(
        lambda: _emails(emulator, address),
        until=lambda found: len(found) == 3,
        deadline_s=20,
        interval_s=0.1,
        describe="two emails",
    )
    texts = {message["Subject"]: message["Body"]["text_part"].split("\n")[0] for message in sent}
    del texts[confirmation]
    assert texts == {"AWS Notification Message": "after", "Mine": "with a subject"}
    assert {message["Source"] for message in sent} == {"no-reply@sns.amazonaws.com"}


def test_a_pending_subscription_has_no_arn(emulator: Emulator, sns: Any, topic: str) -> None:
    """Neither the answer of Subscribe nor a list has one, unless the caller asks for it."""
    asked = {"TopicArn": topic, "Protocol": "email", "Endpoint": "ops@example.com"}
    for _ in range(2):
        assert sns.subscribe(**asked)["SubscriptionArn"] == "pending confirmation"

    lists = [sns.list_subscriptions_by_topic(TopicArn=topic), sns.list_subscriptions()]
    for listed in lists:
        found = [it for it in listed["Subscriptions"] if it["TopicArn"] == topic]
        assert [it["SubscriptionArn"] for it in found] == ["PendingConfirmation"]

    arn = sns.subscribe(**asked, ReturnSubscriptionArn=True)["SubscriptionArn"]
    sns.confirm_subscription(TopicArn=topic, Token=_token(emulator, arn))
    assert sns.subscribe(**asked)["SubscriptionArn"] == arn
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == arn


def test_lists_of_subscriptions_have_pages(sns: Any, topic: str) -> None:
    """A page has a hundred, whether they are confirmed or pending, and every one is on a page."""
    addresses = {f"a{n}@example.com" for n in range(101)}
    for address in addresses:
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)

    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    found = [[it["Endpoint"] for it in page["Subscriptions"]] for page in pages]

    assert [len(page) for page in found] == [100, 1]
    assert {address for page in found for address in page} == addresses


def test_subscriptions_of_a_stack_are_managed_by_their_arn(emulator: Emulator, topic: str) -> None:
    """A subscription that waits for its confirmation has an ARN for its stack, and goes with it."""
    stack = Stack(emulator.client("cloudformation"))
    properties = {"TopicArn": topic, "Protocol": "email", "Endpoint": "ops@example.com"}
    subscription = {"Type": "AWS::SNS::Subscription", "Properties": properties}
    try:
        assert stack.create({"Resources": {"Subscription": subscription}}) == "CREATE_COMPLETE"
        assert stack.resource("Subscription").startswith(f"{topic}:")
    finally:
        stack.delete()
    listed = emulator.client("sns").list_subscriptions_by_topic(TopicArn=topic)
    assert listed["Subscriptions"] == []


def _token(emulator: Emulator, subscription: str) -> str:
    found = _get(emulator, f"/_aws/sns/subscription-tokens/{subscription}")
    return str(found["subscription_token"])


def _emails(emulator: Emulator, address: str) -> list[dict[str, Any]]:
    messages = _get(emulator, "/_aws/ses")["messages"]
    return [one for one in messages if address in one["Destination"]["ToAddresses"]]


def _get(emulator: Emulator, path: str) -> dict[str, Any]:
    found: dict[str, Any] = own_routes.ask(emulator.endpoint, path)
    return found


def test_a_topic_counts_its_subscriptions(
    emulator: Emulator, sns: Any, topic: str, queue: str
) -> None:
    """SubscriptionsConfirmed and SubscriptionsPending tell it, some time later."""
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=_arn(emulator, queue))
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")

    wait_until(
        lambda: sns.get_topic_attributes(TopicArn=topic)["Attributes"],
        until=lambda it: (it["SubscriptionsConfirmed"], it["SubscriptionsPending"]) == ("1", "1"),
        deadline_s=30,
        interval_s=0.2,
        describe="one subscription that is confirmed, and one that is not",
    )


def test_published_and_delivered_messages_are_counted(
    emulator: Emulator, sns: Any, topic: str, queue: str
) -> None:
    """AWS/SNS has what a topic accepted, delivered and failed to deliver, by TopicName."""
    arn = _arn(emulator, queue)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{arn}-missing")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")

    sns.publish(TopicArn=topic, Message="1")
    sns.publish_batch(
        TopicArn=topic,
        PublishBatchRequestEntries=[{"Id": id_, "Message": id_} for id_ in ("a", "b")],
    )

    counted = wait_until(
        lambda: {
            name: _sum(emulator, name, topic)
            for name in (
                "NumberOfMessagesPublished",
                "NumberOfNotificationsDelivered",
                "NumberOfNotificationsFailed",
            )
        },
        until=lambda seen: all(value == 3 for value in seen.values()),
        deadline_s=20,
        describe="three of each",
    )
    assert set(counted.values()) == {3.0}
