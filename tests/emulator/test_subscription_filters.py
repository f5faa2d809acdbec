"""Subscription filters: log events that match a pattern are sent to a function.

Source: Amazon CloudWatch Logs User Guide, "Log group-level subscription filters" and "Filter
pattern syntax": the event has `awslogs.data`, JSON with `logEvents`, gzipped and in base64.
"""

import time
import uuid
from typing import Any

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped

FORWARDS = """
import base64, boto3, gzip, json, os

def handler(event, context):
    sent = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    for each in sent["logEvents"]:
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=each["message"])
"""


def test_a_subscription_sends_what_matches_and_nothing_else(emulator: Emulator) -> None:
    """The last line matches too, so that all before it have been looked at when it is sent.

    The function is invoked for both at the same time: either may be in the queue first.
    """
    logs, sqs, group = emulator.client("logs"), emulator.client("sqs"), f"/test/{uuid.uuid4().hex}"
    queue = sqs.create_queue(QueueName=f"test-{uuid.uuid4().hex}")["QueueUrl"]
    variables = {"Variables": {"QUEUE": queue}}
    with (
        role_for(emulator, "sqs:SendMessage") as role,
        function_of(emulator, zipped(FORWARDS), role, Environment=variables) as function,
    ):
        emulator.client("lambda").add_permission(
            FunctionName=function,
            StatementId="logs",
            Action="lambda:InvokeFunction",
            Principal="logs.amazonaws.com",
        )
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        logs.put_subscription_filter(
            logGroupName=group,
            filterName="slow",
            filterPattern="{ $.level = ERROR && $.took > 30 }",
            destinationArn=function,
        )
        now = int(time.time() * 1000)
        for took in (12, 40, 30, 31):
            event = {"timestamp": now, "message": _line(took)}
            logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])
        found: list[str] = []
        wait_until(
            lambda: {_line(40), _line(31)}.issubset(_taken(sqs, queue, found)),
            deadline_s=30,
            describe="both lines that match",
        )
        logs.delete_log_group(logGroupName=group)
    assert sorted(found) == sorted([_line(40), _line(31)])


def _line(took: int) -> str:
    return f'{{"level": "ERROR", "took": {took}}}'


def _taken(sqs: Any, queue: str, found: list[str]) -> list[str]:
    """What was found so far, with the messages that have come since."""
    got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    found += [message["Body"] for message in got.get("Messages", [])]
    return found
