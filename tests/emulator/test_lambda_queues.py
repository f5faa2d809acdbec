"""What a function gets of a queue that feeds it."""

import json
import uuid

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.observations import await_logs, log_group_of

SOURCE = """
import json

def handler(event, context):
    for record in event["Records"]:
        print("got", json.dumps(record))
"""
MAY_RECEIVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@pytest.mark.parametrize("window_s", [0, 1])
def test_a_message_is_handed_over_whole(emulator: Emulator, window_s: int) -> None:
    """Recorded: lambda_/event_source_mapping/test_lambda_integration_sqs.py,
    test_message_body_and_attributes_passed_correctly; with a batching window,
    test_sqs_event_source_mapping; without, test_redrive_policy_with_failing_lambda."""
    sqs, functions = emulator.client("sqs"), emulator.client("lambda")
    url = sqs.create_queue(QueueName=f"test-{uuid.uuid4().hex}")["QueueUrl"]
    attribute = {"Title": {"DataType": "String", "StringValue": "The Whistler"}}
    digest = sqs.send_message(QueueUrl=url, MessageBody="with", MessageAttributes=attribute)
    sqs.send_message(QueueUrl=url, MessageBody="without")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    with (
        role_for(emulator, *MAY_RECEIVE) as role,
        function_of(emulator, zipped(SOURCE), role) as function,
    ):
        mapping = functions.create_event_source_mapping(
            FunctionName=function,
            EventSourceArn=arn["QueueArn"],
            MaximumBatchingWindowInSeconds=window_s,
        )["UUID"]
        events = await_logs(
            emulator,
            log_group_of(function),
            lambda lines: sum(line.startswith("got ") for line in lines) == 2,
        )
        functions.delete_event_source_mapping(UUID=mapping)
    lines = [one["message"] for one in events if one["message"].startswith("got ")]
    records = {one["body"]: one for one in (json.loads(line[len("got ") :]) for line in lines)}
    assert records["with"]["md5OfMessageAttributes"] == digest["MD5OfMessageAttributes"]
    assert records["with"]["messageAttributes"] == {
        "Title": {
            "stringValue": "The Whistler",
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "String",
        }
    }
    assert records["without"]["messageAttributes"] == {}
    digest_of_none = {"md5OfMessageAttributes": None} if window_s else {}
    assert records["without"].items() >= digest_of_none.items()
    assert ("md5OfMessageAttributes" in records["without"]) == bool(digest_of_none)
    sqs.delete_queue(QueueUrl=url)
