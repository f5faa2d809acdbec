"""What `tapstack redrive` makes of the messages in the failure queue."""

import json
from typing import Any

import pytest

from harness.redrive import Failure, read

ARN = "arn:aws:lambda:us-east-1:000000000000:function:image-processor-dev"


def record(**event: Any) -> dict[str, Any]:
    object_ = {"key": "uploads/a+b%2B.jpg", "versionId": "v1"}
    return {
        "timestamp": "2026-01-01T00:00:00.000Z",
        "requestContext": {
            "requestId": "second",
            "functionArn": f"{ARN}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {
            "Records": [{"s3": {"bucket": {"name": "uploads-bucket"}, "object": object_}}],
            **event,
        },
        "responsePayload": {"errorMessage": "S3 is away"},
    }


def failure(body: object) -> Failure:
    found = read(json.dumps(body), ARN)
    assert isinstance(found, Failure)
    return found


def test_a_failed_invocation_is_read() -> None:
    """Which images, when, how often tried and why it failed."""
    found = failure(record())
    assert found.images == (
        {"bucket": "uploads-bucket", "key": "uploads/a b+.jpg", "versionId": "v1"},
    )
    assert (found.condition, found.attempts) == ("RetriesExhausted", 3)
    assert (found.failed_at, found.error) == ("2026-01-01T00:00:00.000Z", "S3 is away")


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ({}, "second"),
        ({"redriveOf": "first"}, ["first", "second"]),
        ({"redriveOf": ["zeroth", "first"]}, ["zeroth", "first", "second"]),
    ],
)
def test_the_event_is_sent_as_it_was_with_all_that_failed(before: Any, again: object) -> None:
    """Whichever of them has claimed to announce the image, the new request may."""
    sent = failure(record(**before)).event_again()
    assert sent == {"Records": record()["requestPayload"]["Records"], "redriveOf": again}


@pytest.mark.parametrize(
    "body",
    ["", "text", "null", "[]", '"requestContext"', "{}", '{"requestContext": null}',
     '{"requestContext": {}, "requestPayload": {}}'],
)  # fmt: skip
def test_other_messages_are_no_failures(body: str) -> None:
    """Whatever they hold, it is said in words."""
    assert read(body, ARN) == "it is no record of an invocation"


def test_failures_of_other_functions_are_not_ours() -> None:
    """An event is sent to the function that it was meant for, or not at all."""
    other = record()
    other["requestContext"]["functionArn"] = f"{ARN}-2:$LATEST"
    assert read(json.dumps(other), ARN) == f"it is a record of {ARN}-2:$LATEST"


@pytest.mark.parametrize("records", [None, "text", [None, {}, {"s3": {}}], [{"s3": {"object": 1}}]])
def test_an_event_that_is_not_of_s3_is_sent_again_all_the_same(records: object) -> None:
    """Nobody can say which image it was, and it is not ours to judge."""
    found = failure({**record(), "requestPayload": {"Records": records}})
    assert found.images == ()
    assert found.event_again() == {"Records": records, "redriveOf": "second"}
