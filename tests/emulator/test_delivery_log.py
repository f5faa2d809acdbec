"""Delivery status logging of SNS: what became of each message, in CloudWatch Logs.

AWS: SNS Developer Guide, "Amazon SNS message delivery status".
"""

import json
import uuid
from collections.abc import Iterator
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, zipped
from tests.emulator.iam import ACCOUNT, allow, role_of, trust
from tests.emulator.observations import await_metric, statistics
from tests.emulator.queues import create_queue

_SNS = trust({"Service": "sns.amazonaws.com"})
_WRITE = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])


@pytest.fixture
def topic(emulator: Emulator) -> Iterator[str]:
    sns = emulator.client("sns")
    arn: str = sns.create_topic(Name=f"logged-{uuid.uuid4().hex[:8]}")["TopicArn"]
    yield arn
    for subscription in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sns.delete_topic(TopicArn=arn)
    logs = emulator.client("logs")
    for group in logs.describe_log_groups(logGroupNamePrefix=_group(arn))["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])


@pytest.fixture
def role(emulator: Emulator) -> Iterator[str]:
    with role_of(emulator, _WRITE, trusting=_SNS) as arn:
        yield arn


def _group(topic: str) -> str:
    return f"sns/us-east-1/{ACCOUNT}/{topic.rsplit(':', 1)[1]}"


def _set(emulator: Emulator, topic: str, **attributes: str) -> None:
    for name, value in attributes.items():
        emulator.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName=name, AttributeValue=value
        )


def _logged(emulator: Emulator, group: str) -> list[dict[str, Any]]:
    try:
        found = emulator.client("logs").filter_log_events(logGroupName=group)["events"]
    except ClientError:
        return []
    return [json.loads(event["message"]) for event in found]


def _await(emulator: Emulator, group: str) -> dict[str, Any]:
    """The only event of a group, once it is there."""
    [event] = wait_until(
        lambda: _logged(emulator, group), until=bool, deadline_s=20, describe=f"events in {group}"
    )
    return event


def test_a_delivery_to_a_function_is_logged(emulator: Emulator, topic: str, role: str) -> None:
    """With what the endpoint answered, from the moment on that the topic says so.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_delivery_lambda.
    """
    sns = emulator.client("sns")
    code = zipped("def handler(event, context): pass")
    with role_of(emulator) as runs, function_of(emulator, code, runs) as function:
        emulator.client("lambda").add_permission(
            FunctionName=function,
            StatementId="sns",
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topic,
        )
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
        sns.publish(TopicArn=topic, Message="before")
        _set(emulator, topic, LambdaSuccessFeedbackRoleArn=role)
        _set(emulator, topic, LambdaSuccessFeedbackSampleRate="100")
        message = sns.publish(TopicArn=topic, Message="logged")["MessageId"]

        event = _await(emulator, _group(topic))

    assert event["status"] == "SUCCESS"
    assert event["notification"]["messageId"] == message
    assert event["notification"]["topicArn"] == topic
    assert (
        event["notification"]["messageMD5Sum"] == md5(b"logged", usedforsecurity=False).hexdigest()
    )
    delivery = event["delivery"]
    assert delivery["destination"] == function
    assert delivery["statusCode"] == 202
    assert json.loads(delivery["providerResponse"]).keys() == {"lambdaRequestId"}
    assert 0 <= delivery["dwellTimeMs"] < 60_000


def test_a_failed_delivery_is_in_a_group_below(emulator: Emulator, topic: str, role: str) -> None:
    """Whatever the sample rate, which is of successes alone, and 0 without one."""
    sns = emulator.client("sns")
    _set(emulator, topic, SQSFailureFeedbackRoleArn=role, SQSSuccessFeedbackRoleArn=role)
    missing = f"arn:aws:sqs:us-east-1:{ACCOUNT}:not-there"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=missing)
    sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "one", "Message": "lost"}])
    event = _await(emulator, f"{_group(topic)}/Failure")
    assert event["status"] == "FAILURE"
    assert event["delivery"]["destination"] == missing
    assert _logged(emulator, _group(topic)) == []


def test_the_role_has_to_let_sns_write(emulator: Emulator, topic: str) -> None:
    """A role that may not write logs nothing; the emulator's log names what was refused."""
    sns = emulator.client("sns")
    with role_of(emulator, allow("logs:CreateLogGroup"), trusting=_SNS) as role:
        _set(emulator, topic, SQSFailureFeedbackRoleArn=role)
        missing = f"arn:aws:sqs:us-east-1:{ACCOUNT}:not-there"
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=missing)
        sns.publish(TopicArn=topic, Message="lost")
        wait_until(
            lambda: (
                f"SNS cannot log what became of messages of {topic}" in emulator.log.read_text()
            ),
            until=bool,
            deadline_s=20,
            describe="the refusal in the emulator's log",
        )
    assert _logged(emulator, f"{_group(topic)}/Failure") == []


def test_what_cannot_be_logged_is_delivered_once(emulator: Emulator, topic: str) -> None:
    """A role that is gone costs the log alone: the message is in the queue, and has not failed."""
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    queue = create_queue(sqs, "sns")
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue.rsplit('/', 1)[1]}"
    gone = f"arn:aws:iam::{ACCOUNT}:role/gone"
    _set(emulator, topic, SQSSuccessFeedbackRoleArn=gone, SQSFailureFeedbackRoleArn=gone)
    _set(emulator, topic, SQSSuccessFeedbackSampleRate="100")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="once")
    name = {"TopicName": topic.rsplit(":", 1)[1]}
    delivered = await_metric(emulator, "NumberOfNotificationsDelivered", name, namespace="AWS/SNS")
    assert delivered["Sum"] == 1
    wait_until(
        lambda: f"SNS cannot log what became of messages of {topic}" in emulator.log.read_text(),
        until=bool,
        deadline_s=20,
        describe="the refusal in the emulator's log",
    )
    assert not statistics(emulator, "NumberOfNotificationsFailed", name, namespace="AWS/SNS")
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert json.loads(message["Body"])["Message"] == "once"
    sqs.delete_queue(QueueUrl=queue)


class _Refusing(BaseHTTPRequestHandler):
    """Confirms its subscription, and refuses every notification."""

    tokens: SimpleQueue[str] = SimpleQueue()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = body["Type"] == "SubscriptionConfirmation"
        if asked:
            self.tokens.put(body["Token"])
        self.send_response(200 if asked else 500)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_an_endpoint_that_answers_500_has_failed(emulator: Emulator, topic: str, role: str) -> None:
    """And is logged as a failure alone. AWS: SNS Developer Guide, "Amazon SNS message delivery
    retries": an answer of 500 to 599 is an error of the endpoint."""
    sns = emulator.client("sns")
    _set(emulator, topic, HTTPFailureFeedbackRoleArn=role, HTTPSuccessFeedbackRoleArn=role)
    _set(emulator, topic, HTTPSuccessFeedbackSampleRate="100")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
        sns.confirm_subscription(TopicArn=topic, Token=_Refusing.tokens.get(timeout=60))
        message = sns.publish(TopicArn=topic, Message="refused")["MessageId"]
        event = _await(emulator, f"{_group(topic)}/Failure")
        server.shutdown()
    assert event["notification"]["messageId"] == message
    assert event["delivery"]["destination"] == url
    successes = _logged(emulator, _group(topic))  # that of the request to confirm, if anything
    assert message not in [one["notification"]["messageId"] for one in successes]
