"""What the events of a bucket say, and when they come."""

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.queues import create_queue
from tests.emulator.s3.events import CREATED, arn_of, events_of, notify_queue, records_of

REMOVED = "s3:ObjectRemoved:*"


@pytest.mark.parametrize(
    ("key", "in_event"),
    [
        ("plain.jpg", "plain.jpg"),
        ("red flower.jpg", "red+flower.jpg"),
        ("a+b/c.jpg", "a%2Bb/c.jpg"),
        ("grün/übung.jpg", "gr%C3%BCn/%C3%BCbung.jpg"),
    ],
)
def test_keys_in_events_are_encoded_like_a_form(
    s3: Any, sqs: Any, queue: str, plain_bucket: str, key: str, in_event: str
) -> None:
    """A space in a key is a plus sign in its event, as in AWS's example "red+flower.jpg"."""
    notify_queue(s3, plain_bucket, arn_of(sqs, queue))

    s3.put_object(Bucket=plain_bucket, Key=key, Body=b"x")

    assert [seen["key"] for seen in events_of(sqs, queue, 1)] == [in_event]


def test_events_have_the_documented_version(
    s3: Any, sqs: Any, queue: str, plain_bucket: str
) -> None:
    """All types of events have the same version, 2.5.

    AWS: "Event message structure".
    """
    notify_queue(
        s3, plain_bucket, arn_of(sqs, queue), Events=[CREATED, "s3:ObjectTagging:Put", REMOVED]
    )
    s3.put_object(Bucket=plain_bucket, Key="k", Body=b"x")
    s3.put_object_tagging(Bucket=plain_bucket, Key="k", Tagging={"TagSet": []})
    s3.delete_object(Bucket=plain_bucket, Key="k")

    records = records_of(sqs, queue, 3)

    assert {record["eventVersion"] for record in records} == {"2.5"}


def test_an_event_carries_the_trace_of_its_request(
    emulator: Emulator, sqs: Any, queue: str, plain_bucket: str
) -> None:
    """The header of the upload is an attribute of the message, so that a trace goes on.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_xray_header.
    """
    trace = "Root=1-6745c1f0-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1"
    s3 = boto3.Session("test", "test", region_name="us-east-1").client(
        "s3", endpoint_url=emulator.endpoint, config=Config(proxies={})
    )
    s3.meta.events.register(
        "before-send.s3.*", lambda request, **_: request.headers.update({"X-Amzn-Trace-Id": trace})
    )
    notify_queue(s3, plain_bucket, arn_of(sqs, queue))
    s3.put_object(Bucket=plain_bucket, Key="traced")

    def traces() -> list[str]:
        received = sqs.receive_message(
            QueueUrl=queue, MessageSystemAttributeNames=["AWSTraceHeader"], MaxNumberOfMessages=10
        )
        return [
            message["Attributes"]["AWSTraceHeader"]
            for message in received.get("Messages", [])
            if "Records" in json.loads(message["Body"])
        ]

    assert wait_until(traces, deadline_s=30, describe="the event") == [trace]


def test_sequencers_grow_with_each_write(s3: Any, sqs: Any, queue: str, bucket: str) -> None:
    """Right-padded with zeros and compared as text, sequencers order the writes to a key."""
    notify_queue(s3, bucket, arn_of(sqs, queue))

    written = [
        s3.put_object(Bucket=bucket, Key="k", Body=str(n))["ETag"].strip('"') for n in range(20)
    ]

    events = events_of(sqs, queue, 20)
    width = max(len(event["sequencer"]) for event in events)
    events.sort(key=lambda event: event["sequencer"].ljust(width, "0"))
    assert [event["eTag"] for event in events] == written
    assert len({event["sequencer"] for event in events}) == len(events)
    assert all(set(event["sequencer"]) <= set("0123456789ABCDEF") for event in events)


def test_an_event_waits_for_its_destination(
    emulator: Emulator, s3: Any, sqs: Any, queue: str, plain_bucket: str
) -> None:
    """An event that could not be delivered arrives once its destination works again."""
    notify_queue(s3, plain_bucket, arn_of(sqs, queue))
    sqs.delete_queue(QueueUrl=queue)
    s3.put_object(Bucket=plain_bucket, Key="patient.jpg", Body=b"x")
    wait_until(
        lambda: "patient.jpg failed" in emulator.log.read_text(),
        deadline_s=20,
        interval_s=0.1,
        describe="a failed delivery in the log",
    )

    create_queue(sqs, "s3", name=queue.rsplit("/", 1)[1])

    assert [seen["key"] for seen in events_of(sqs, queue, 1)] == ["patient.jpg"]
