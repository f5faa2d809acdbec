"""Both servers, the threaded one and LocalStack's Twisted, give every answer alike."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, StartEmulator

# What no two answers have in common, and what names the server itself.
_OWN = {"server", "date", "x-amz-request-id", "x-amzn-requestid", "x-amz-id-2", "x-amz-version-id"}
_VARYING = re.compile(
    rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|:\d{4,5}/|\d{13}|[\w+/=-]{100,}"
)


def ask_everything(emulator: Emulator) -> Iterator[tuple[str, int, list[tuple[str, str]], bytes]]:
    """Answers of every shape: with and without a body, long, in part, in chunks, errors."""
    answers: list[Any] = []
    s3, sqs, sns = (emulator.client(name) for name in ("s3", "sqs", "sns"))
    logs, iam = emulator.client("logs"), emulator.client("iam")

    def ask(call: Any, **arguments: Any) -> Any:
        try:
            return call(**arguments)
        except ClientError as error:
            return error.response

    s3.list_buckets()  # the answer during which S3 is loaded may have LocalStack's CORS headers
    for client in (s3, sqs, sns, logs, iam):
        client.meta.events.register(
            "before-parse",
            lambda operation_model, response_dict, **_: answers.append(
                (operation_model.name, response_dict)
            ),
        )
    ask(s3.create_bucket, Bucket="photos")
    for key, body in (("a b/ü+%.jpg", b"picture"), ("empty", b""), ("large", bytes(3_000_000))):
        ask(s3.put_object, Bucket="photos", Key=key, Body=body, Metadata={"Title": "A  b"})
        tag = ask(s3.head_object, Bucket="photos", Key=key)["ETag"]
        ask(s3.get_object, Bucket="photos", Key=key)
        ask(s3.get_object, Bucket="photos", Key=key, IfNoneMatch=tag)
        ask(s3.get_object, Bucket="photos", Key=key, Range="bytes=1-3")
        ask(s3.put_object, Bucket="photos", Key=key, Body=body, IfNoneMatch="*")
    ask(s3.get_object, Bucket="photos", Key="not there")
    ask(s3.head_object, Bucket="photos", Key="not there")
    ask(s3.list_objects_v2, Bucket="photos")
    ask(s3.delete_object, Bucket="photos", Key="empty")
    url = ask(sqs.create_queue, QueueName="queue")["QueueUrl"]
    ask(sqs.send_message, QueueUrl=url, MessageBody="ä" * 1000)
    ask(sqs.receive_message, QueueUrl=url)
    ask(sqs.get_queue_url, QueueName="not-there")
    topic = ask(sns.create_topic, Name="topic")["TopicArn"]
    ask(sns.publish, TopicArn=topic, Message="é & <b>")
    ask(sns.publish, TopicArn=f"{topic}-not-there", Message="a")
    group = str(uuid.uuid4())
    ask(logs.create_log_group, logGroupName=group)
    ask(logs.describe_log_groups, logGroupNamePrefix=group)
    ask(iam.get_role, RoleName="not-there")
    for operation, answer in answers:
        headers = answer["headers"]
        yield (
            operation,
            answer["status_code"],
            [
                (name, _VARYING.sub(b"_", value.encode()).decode())
                for name, value in headers.items()
                if name.lower() not in {*_OWN, "last-modified", "content-length"}
            ],
            _VARYING.sub(b"_", answer["body"] if isinstance(answer["body"], bytes) else b""),
        )


def test_an_unknown_server_is_refused(start_emulator: StartEmulator) -> None:
    """With one sentence that names those there are."""
    with pytest.raises(Exception, match="ended while it was starting") as caught:
        start_emulator(TAPSTACK_SERVER="granian")
    assert "threaded and twisted" in caught.value.details  # type: ignore[attr-defined]


def test_answers_are_alike(start_emulator: StartEmulator) -> None:
    """Status, body, and the headers' names, order and values, as a client sees them."""
    ours, theirs = (
        list(ask_everything(start_emulator(TAPSTACK_SERVER=server)))
        for server in ("threaded", "twisted")
    )
    assert len(ours) > 30
    assert ours == theirs
