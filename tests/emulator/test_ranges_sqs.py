"""SQS refuses what is beyond its limits, in its own words.

AWS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.refused import refusal, unchecked

ARN = "arn:aws:sqs:us-east-1:000000000000"
NUMBERS = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}


@pytest.fixture(scope="module")
def queue(emulator: Emulator) -> Iterator[str]:
    sqs = emulator.client("sqs")
    url: str = sqs.create_queue(QueueName=f"ranges-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_have_limits(emulator: Emulator, queue: str, name: str) -> None:
    """At the limits they are taken, beyond them refused, when a queue is made as well."""
    least, most = NUMBERS[name]
    for value in (least - 1, most + 1, "x"):
        attributes = {name: str(value)}
        for operation, request in (
            ("set_queue_attributes", {"QueueUrl": queue}),
            ("create_queue", {"QueueName": "never-made"}),
        ):
            said = refusal(emulator, "sqs", operation, {**request, "Attributes": attributes})
            assert said == f"InvalidAttributeValue: Invalid value for the parameter {name}."
    for limit in (most, least):
        unchecked(emulator, "sqs").set_queue_attributes(
            QueueUrl=queue, Attributes={name: str(limit)}
        )


@pytest.mark.parametrize("name", ["AWSAccountIds", "Actions"])
def test_a_permission_is_for_somebody_and_something(
    emulator: Emulator, queue: str, name: str
) -> None:
    """SQS API Reference, AddPermission: both lists are required, and an empty one is none."""
    request = {"QueueUrl": queue, "Label": "l", "AWSAccountIds": ["000000000000"], "Actions": ["*"]}
    said = refusal(emulator, "sqs", "add_permission", {**request, name: []})
    assert said == f"MissingParameter: The request must contain the parameter {name}."


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"SqsManagedSseEnabled": "perhaps"}, "Invalid value for the parameter SqsManagedSse"),
        ({"RedrivePolicy": "junk"}, "Redrive policy is not a valid JSON map."),
        ({"RedrivePolicy": "{}"}, "does not contain mandatory attribute: deadLetterTargetArn."),
        (
            {"RedrivePolicy": {"deadLetterTargetArn": f"{ARN}:nobody", "maxReceiveCount": 3}},
            "Dead letter target does not exist.",
        ),
        (
            {"RedrivePolicy": {"deadLetterTargetArn": f"{ARN}:nobody", "maxReceiveCount": 1001}},
            "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclus",
        ),
        ({"RedriveAllowPolicy": "junk"}, "can't create the redrive allow policy"),
        ({"RedriveAllowPolicy": {"redrivePermission": "some"}}, "redrivePermission some is none"),
        ({"Surprise": "1"}, "Unknown Attribute Surprise."),
    ],
)
def test_attributes_are_known_and_mean_something(
    emulator: Emulator, queue: str, attributes: dict[str, Any], said: str
) -> None:
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in attributes.items()
    }
    for operation, request in (
        ("set_queue_attributes", {"QueueUrl": queue}),
        ("create_queue", {"QueueName": "never-made"}),
    ):
        assert said in refusal(emulator, "sqs", operation, {**request, "Attributes": texts})


def test_a_dead_letter_queue_is_of_the_same_kind(emulator: Emulator, queue: str) -> None:
    sqs = emulator.client("sqs")
    name = f"ranges-{uuid.uuid4().hex[:8]}.fifo"
    fifo = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"]
    policy = {"deadLetterTargetArn": f"{ARN}:{name}", "maxReceiveCount": "3"}
    request = {"QueueUrl": queue, "Attributes": {"RedrivePolicy": json.dumps(policy)}}

    said = refusal(emulator, "sqs", "set_queue_attributes", request)
    assert "Dead letter queue must be same type of queue as the source." in said
    policy["deadLetterTargetArn"] = f"{ARN}:{queue.rsplit('/', 1)[1]}"
    request = {"QueueUrl": queue, "Attributes": {"RedrivePolicy": json.dumps(policy)}}
    sqs.set_queue_attributes(**request)
    sqs.delete_queue(QueueUrl=fifo)


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        (
            "send_message",
            {"MessageBody": "m", "DelaySeconds": 901},
            "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and"
            " <= 900.",
        ),
        ("send_message", {"MessageBody": "m", "DelaySeconds": -1}, "Value -1 for parameter Delay"),
        (
            "send_message",
            {
                "MessageBody": "m",
                "MessageAttributes": {
                    f"a{number}": {"DataType": "String", "StringValue": "v"} for number in range(11)
                },
            },
            "Number of message attributes [11] exceeds the allowed maximum [10].",
        ),
        (
            "send_message",
            {
                "MessageBody": "m",
                "MessageSystemAttributes": {"Own": {"DataType": "String", "StringValue": "v"}},
            },
            "Message system attribute name 'Own' is invalid.",
        ),
        (
            "receive_message",
            {"VisibilityTimeout": 43_201},
            "Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must"
            " be an integer between 0 and 43200.",
        ),
        ("receive_message", {"AttributeNames": ["Own"]}, "Unknown Attribute Own."),
        ("receive_message", {"MessageSystemAttributeNames": ["Own"]}, "Unknown Attribute Own."),
        (
            "change_message_visibility",
            {"ReceiptHandle": "r", "VisibilityTimeout": -1},
            "Value -1 for parameter VisibilityTimeout is invalid.",
        ),
        (
            "tag_queue",
            {"Tags": {f"t{number}": "v" for number in range(51)}},
            "Too many tags added for queue ranges-",
        ),
        ("tag_queue", {"Tags": {"t" * 129: "v"}}, "Tag keys must be between 1 and 128 characters"),
        ("tag_queue", {"Tags": {"t": "v" * 257}}, "Tag values must be between 0 and 256 character"),
    ],
)
def test_parameters_have_limits(
    emulator: Emulator, queue: str, operation: str, request_: dict[str, Any], said: str
) -> None:
    assert said in refusal(emulator, "sqs", operation, {"QueueUrl": queue, **request_})


def test_so_many_queues_are_listed(emulator: Emulator) -> None:
    for count in (0, 1001):
        said = refusal(emulator, "sqs", "list_queues", {"MaxResults": count})
        assert f"Value {count} for parameter MaxResults is invalid." in said


def test_of_a_batch_only_what_is_wrong_fails(emulator: Emulator, queue: str) -> None:
    """SendMessageBatch, ChangeMessageVisibilityBatch: "The result … is reported individually"."""
    sqs = unchecked(emulator, "sqs")
    wrong = {"Id": "wrong", "MessageBody": "m", "DelaySeconds": 901}
    sent = sqs.send_message_batch(
        QueueUrl=queue, Entries=[wrong, {"Id": "right", "MessageBody": "m"}]
    )
    assert [it["Id"] for it in sent["Successful"]] == ["right"]
    assert [it["Id"] for it in sent["Failed"]] == ["wrong"]

    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    entry = {"ReceiptHandle": message["ReceiptHandle"]}
    right = {**entry, "Id": "right", "VisibilityTimeout": 0}
    wrong = {**entry, "Id": "wrong", "VisibilityTimeout": 43_201}
    changed = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=[right, wrong])
    assert [it["Id"] for it in changed["Successful"]] == ["right"]
    assert [(it["Id"], it["Code"]) for it in changed["Failed"]] == [
        ("wrong", "InvalidParameterValue")
    ]
    changed = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=[wrong])
    assert [it["Id"] for it in changed["Failed"]] == ["wrong"]


def test_a_message_of_a_batch_that_is_too_long_fails_alone(emulator: Emulator) -> None:
    """Recorded: sqs/test_sqs.py::TestSqsProvider::test_send_batch_message_size."""
    sqs = emulator.client("sqs")
    url = sqs.create_queue(
        QueueName=f"ranges-{uuid.uuid4().hex[:8]}", Attributes={"MaximumMessageSize": "1024"}
    )["QueueUrl"]
    entries = [{"Id": "long", "MessageBody": "m" * 1025}, {"Id": "short", "MessageBody": "m"}]
    sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [one["Id"] for one in sent["Successful"]] == ["short"]
    assert sent["Failed"] == [
        {
            "Id": "long",
            "SenderFault": True,
            "Code": "InvalidParameterValue",
            "Message": "One or more parameters cannot be validated. Reason: "
            "Message must be shorter than 1024 bytes.",
        }
    ]
    sqs.delete_queue(QueueUrl=url)


def test_a_queue_is_encrypted_with_one_key(emulator: Emulator) -> None:
    """Recorded: sqs/test_sqs.py::TestSqsProvider::test_set_queue_attributes_default_values."""
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=f"ranges-{uuid.uuid4().hex[:8]}")["QueueUrl"]

    def managed() -> str:
        name = "SqsManagedSseEnabled"
        got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return str(got["Attributes"][name])

    assert managed() == "true"
    for key in ("alias/aws/sqs", ""):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
        assert managed() == "false"
    sqs.delete_queue(QueueUrl=url)


def test_a_key_that_is_not_there_encrypts_nothing(emulator: Emulator) -> None:
    """It is noticed when a message is sent."""
    sqs = emulator.client("sqs")
    name = f"ranges-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name, Attributes={"KmsMasterKeyId": "alias/nobody"})[
        "QueueUrl"
    ]
    said = refusal(emulator, "sqs", "send_message", {"QueueUrl": url, "MessageBody": "m"})
    assert said == "KmsNotFound: Key 'alias/nobody' does not exist"

    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    for there in (key, "alias/aws/sqs"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": there})
        sqs.send_message(QueueUrl=url, MessageBody="m")
    sqs.delete_queue(QueueUrl=url)
