"""The failure notifier behind functions that fail in the ways that Lambda knows."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.polling import wait_until
from harness.stack.archive import archive
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped

EVENT = {
    "Records": [
        {
            "s3": {
                "bucket": {"name": "uploads-bucket"},
                "object": {"key": "uploads/a+b.jpg", "versionId": "v1"},
            }
        }
    ]
}


@dataclass(frozen=True)
class Notifier:
    """The notifier's function, the failure queue, and a queue that its topic is heard with."""

    arn: str
    failures_url: str
    announcements_url: str


@pytest.fixture
def notifier(emulator: Emulator, project_root: Path, tmp_path: Path) -> Iterator[Notifier]:
    """A deployed notifier with a queue and a topic of its own."""
    sqs, sns, name = emulator.client("sqs"), emulator.client("sns"), uuid.uuid4().hex[:8]
    failures = sqs.create_queue(QueueName=f"failures-{name}")["QueueUrl"]
    heard = sqs.create_queue(QueueName=f"announcements-{name}")["QueueUrl"]
    arns = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        for url in (failures, heard)
    ]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arns[1],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=heard, Attributes={"Policy": policy})
    topic = sns.create_topic(Name=f"announcements-{name}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns[1])
    package = archive(project_root / "lambda" / "failure_notifier", tmp_path).read_bytes()
    with (
        role_for(emulator, "sqs:SendMessage", "sns:Publish") as role,
        function_of(
            emulator,
            package,
            role,
            Timeout=30,
            DeadLetterConfig={"TargetArn": arns[0]},
            Environment={"Variables": {"QUEUE_URL": failures, "TOPIC_ARN": topic}},
        ) as arn,
    ):
        yield Notifier(arn, failures, heard)
    sns.delete_topic(TopicArn=topic)
    for url in (failures, heard):
        sqs.delete_queue(QueueUrl=url)


def only_message(emulator: Emulator, url: str, describe: str) -> dict[str, Any]:
    """The one message that arrives in a queue."""
    sqs = emulator.client("sqs")
    [message] = wait_until(
        lambda: sqs.receive_message(
            QueueUrl=url, MessageAttributeNames=["All"], WaitTimeSeconds=1
        ).get("Messages", []),
        deadline_s=60,
        interval_s=0.1,
        describe=describe,
    )
    found: dict[str, Any] = message
    return found


@pytest.mark.parametrize(
    ("source", "timeout_s", "error"),
    [
        ("def handler(event, context): raise ValueError('S3 is away')", 30, "S3 is away"),
        (
            "import time\ndef handler(event, context): time.sleep(60)",
            1,
            "Task timed out after 1.00",
        ),
        ("import os\ndef handler(event, context): os._exit(1)", 30, "Runtime exited"),
        (
            "def handler(event, context): return len(bytearray(10**9))",
            30,
            "Runtime exited with error: signal: killed",
        ),
    ],
    ids=["exception", "timeout", "crash", "memory"],
)
def test_an_invocation_that_failed_for_good_is_kept_and_announced_once(
    emulator: Emulator, notifier: Notifier, source: str, timeout_s: int, error: str
) -> None:
    """The queue keeps the event with the request's id; the topic tells which image and why."""
    client = emulator.client("lambda")
    with (
        role_for(emulator, "lambda:InvokeFunction") as role,
        function_of(emulator, zipped(source), role, Timeout=timeout_s) as failing,
    ):
        client.put_function_event_invoke_config(
            FunctionName=failing,
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": notifier.arn}},
        )
        client.invoke(FunctionName=failing, InvocationType="Event", Payload=json.dumps(EVENT))
        kept = only_message(emulator, notifier.failures_url, "a message in the failure queue")
        envelope = only_message(emulator, notifier.announcements_url, "an error notification")

    record = json.loads(kept["Body"])
    assert record["requestPayload"] == EVENT
    request_id = record["requestContext"]["requestId"]
    assert kept["MessageAttributes"]["RequestId"]["StringValue"] == request_id

    published = json.loads(envelope["Body"])
    assert published["Subject"] == "Image failed: uploads/a b.jpg"
    assert published["MessageAttributes"]["status"] == {"Type": "String", "Value": "failed"}
    said = json.loads(published["Message"])
    assert said["status"] == "failed"
    assert said["source"] == {
        "bucket": "uploads-bucket",
        "key": "uploads/a b.jpg",
        "versionId": "v1",
    }
    assert said["requestId"] == request_id
    assert said["condition"] == "RetriesExhausted"
    assert said["attempts"] == 1
    assert error in said["error"]["message"]


def test_what_the_notifier_cannot_announce_is_in_the_queue(
    emulator: Emulator, notifier: Notifier
) -> None:
    """The record is kept first: a topic that is gone costs the announcement and nothing else."""
    client = emulator.client("lambda")
    configuration = client.get_function_configuration(FunctionName=notifier.arn)
    variables = configuration["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=notifier.arn,
        Environment={"Variables": {**variables, "TOPIC_ARN": variables["TOPIC_ARN"] + "-gone"}},
    )
    client.get_waiter("function_updated_v2").wait(FunctionName=notifier.arn)
    record = {"requestContext": {"requestId": "lost"}, "requestPayload": EVENT}
    answer = client.invoke(FunctionName=notifier.arn, Payload=json.dumps(record))
    assert answer["FunctionError"] == "Unhandled"
    kept = only_message(emulator, notifier.failures_url, "a message in the failure queue")
    assert json.loads(kept["Body"]) == record
