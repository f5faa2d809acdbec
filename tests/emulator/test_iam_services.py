"""What one service does for another is up to the policy of the resource that is asked."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, zipped
from tests.emulator.iam import ACCOUNT, allow, bucket_of, deny, document
from tests.emulator.observations import await_logs, await_metric, log_group_of, name_of
from tests.emulator.queues import create_queue

ECHO = "def handler(event, context): print(event['Records'][0]['s3']['object']['key'])"


@pytest.fixture
def function(emulator: Emulator, role: str) -> Iterator[str]:
    """A function that prints the key of an event, and that nobody may invoke yet."""
    with function_of(emulator, zipped(ECHO), role) as arn:
        yield arn


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    with bucket_of(emulator) as name:
        yield name


@contextmanager
def topic_of(emulator: Emulator) -> Iterator[str]:
    sns = emulator.client("sns")
    arn = sns.create_topic(Name=f"topic-{uuid.uuid4().hex[:8]}")["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


def permit(emulator: Emulator, function: str, **limits: str) -> None:
    """Let S3 invoke the function."""
    emulator.client("lambda").add_permission(
        FunctionName=function,
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        **limits,
    )


def notify(emulator: Emulator, bucket: str, function: str) -> None:
    entry = {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}
    emulator.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [entry]}
    )


def subscribe(emulator: Emulator, topic: str, queue: str) -> None:
    sqs = emulator.client("sqs")
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    emulator.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=found["Attributes"]["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )


def messages(emulator: Emulator, queue: str, until: str) -> list[str]:
    """Receive until a message contains a text; return all that came."""
    sqs = emulator.client("sqs")
    seen: list[str] = []

    def probe() -> bool:
        received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        seen.extend(message["Body"] for message in received.get("Messages", []))
        return any(until in body for body in seen)

    wait_until(probe, deadline_s=30, interval_s=0.1, describe=f"a message with {until}")
    return seen


@pytest.mark.parametrize("limits", [None, "account", "bucket"])
def test_s3_sets_no_notification_that_it_may_not_deliver(
    emulator: Emulator, bucket: str, function: str, limits: str | None
) -> None:
    """AWS: S3 User Guide, "Enabling event notifications": "Amazon S3 verifies" the permission, its
    SourceAccount and its SourceArn included; Lambda Developer Guide, "Using resource-based
    policies"."""
    if limits == "account":
        permit(emulator, function, SourceAccount="111122223333")
    elif limits == "bucket":
        permit(emulator, function, SourceArn=f"arn:aws:s3:::{bucket}-other")
    with pytest.raises(ClientError, match="Unable to validate the following destination"):
        notify(emulator, bucket, function)


def test_s3_invokes_what_it_is_permitted_to(emulator: Emulator, bucket: str, function: str) -> None:
    """AWS: Lambda Developer Guide, "Process Amazon S3 event notifications with Lambda"."""
    permit(emulator, function, SourceArn=f"arn:aws:s3:::{bucket}", SourceAccount=ACCOUNT)
    notify(emulator, bucket, function)
    emulator.client("s3").put_object(Bucket=bucket, Key="one.jpg")
    group = log_group_of(function)
    await_logs(emulator, group, lambda lines: any("one.jpg" in line for line in lines))


def test_s3_stops_when_the_permission_is_taken_away(
    emulator: Emulator, bucket: str, function: str
) -> None:
    """The permission counts for each event, not only when the notification is set."""
    permit(emulator, function, SourceAccount=ACCOUNT)
    notify(emulator, bucket, function)
    emulator.client("lambda").remove_permission(FunctionName=function, StatementId="s3")
    emulator.client("s3").put_object(Bucket=bucket, Key="two.jpg")
    wait_until(
        lambda: f"{bucket}/two.jpg failed" in emulator.log.read_text(),
        deadline_s=20,
        interval_s=0.1,
        describe="the refused invocation in the emulator's log",
    )


def test_sns_needs_the_queues_policy(emulator: Emulator) -> None:
    """AWS: SNS Developer Guide, "Fanout Amazon SNS notifications to Amazon SQS queues": without a
    queue policy nothing arrives."""
    sqs, sns = emulator.client("sqs"), emulator.client("sns")
    url = sqs.create_queue(QueueName=f"closed-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    with topic_of(emulator) as topic:
        subscribe(emulator, topic, url)
        sns.publish(TopicArn=topic, Message="lost")
        failed = "NumberOfNotificationsFailed"
        await_metric(emulator, failed, {"TopicName": name_of(topic)}, namespace="AWS/SNS")
        open_to_topic = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(open_to_topic)})
        sns.publish(TopicArn=topic, Message="found")
        assert messages(emulator, url, "found") == ["found"]
    sqs.delete_queue(QueueUrl=url)


def test_an_explicit_deny_of_a_topic_keeps_publishers_out(emulator: Emulator) -> None:
    """AWS: SNS Developer Guide, "Example cases for Amazon SNS access control"."""
    sns = emulator.client("sns")
    with topic_of(emulator) as topic:
        policy = document(deny("sns:Publish", topic, Principal="*"))
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        with pytest.raises(ClientError, match="explicit deny in a resource-based policy") as error:
            sns.publish(TopicArn=topic, Message="any")
        assert error.value.response["Error"]["Code"] == "AuthorizationError"


def test_an_explicit_deny_of_a_queue_keeps_senders_out(emulator: Emulator) -> None:
    """AWS: SQS Developer Guide, "Using custom policies with the Amazon SQS access policy
    language"."""
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=f"closed-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    policy = document(deny("sqs:SendMessage", Principal="*"))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        sqs.send_message(QueueUrl=url, MessageBody="any")
    sqs.delete_queue(QueueUrl=url)


def test_an_alarm_needs_the_topics_policy(emulator: Emulator) -> None:
    """AWS: CloudWatch User Guide, "Notifying users on alarm changes"; the policy that a topic has
    from the start lets the alarms of its account in."""
    sns, cloudwatch = emulator.client("sns"), emulator.client("cloudwatch")
    queue = create_queue(emulator.client("sqs"), "sns")
    with topic_of(emulator) as topic:
        subscribe(emulator, topic, queue)
        names = [f"{kind}-{uuid.uuid4().hex[:8]}" for kind in ("default", "other", "own")]

        def alarm(name: str) -> None:
            cloudwatch.put_metric_alarm(
                AlarmName=name,
                Namespace="test",
                MetricName=name,
                Statistic="Sum",
                Period=300,
                EvaluationPeriods=1,
                Threshold=1,
                ComparisonOperator="GreaterThanThreshold",
                AlarmActions=[topic],
            )
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")

        def only_for(account: str) -> None:
            statement: dict[str, Any] = {
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic,
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
            sns.set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=document(statement)
            )

        alarm(names[0])
        only_for("111122223333")
        alarm(names[1])
        only_for(ACCOUNT)
        alarm(names[2])
        seen = [json.loads(body)["AlarmName"] for body in messages(emulator, queue, names[2])]
        assert seen == [names[0], names[2]]
        cloudwatch.delete_alarms(AlarmNames=names)
    emulator.client("sqs").delete_queue(QueueUrl=queue)


def test_a_queue_takes_policies_that_others_would_refuse(emulator: Emulator) -> None:
    """As recorded on AWS: a resource that is no ARN is accepted and matches nothing; an empty
    policy takes the policy away."""
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    minimal = document(allow("sqs:SendMessage", "no ARN", Principal={"AWS": "*"}))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": minimal})
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    assert shown == {"Policy": minimal}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    with pytest.raises(ClientError, match="InvalidAttributeValue"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": "[" * 10_000})
    sqs.delete_queue(QueueUrl=url)
