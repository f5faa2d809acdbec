"""What the failure notifier keeps and says about each kind of failed invocation."""

import json
from types import ModuleType
from typing import Any

import pytest

from tests.functions import load_handler

FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:image-processor-dev"


@pytest.fixture(scope="module")
def function() -> ModuleType:
    """The handler's module."""
    return load_handler("failure_notifier")


def image(key: str, **more: str) -> dict[str, Any]:
    """A record of an S3 event, as far as it is read."""
    return {"s3": {"bucket": {"name": "uploads-bucket"}, "object": {"key": key, **more}}}


def failed(*images: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A record of an invocation that failed three times, as in Lambda's documentation."""
    return {
        "version": "1.0",
        "timestamp": "2026-03-01T18:16:05.568Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": f"{FUNCTION}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"Records": list(images)},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {"errorMessage": "S3 is away", "errorType": "ClientError"},
        **more,
    }


def test_a_notification_says_what_failed_where_why_and_what_to_do(function: ModuleType) -> None:
    """Its shape is that of a rejected image, with Lambda's condition and the number of attempts."""
    [notification] = function.notifications(failed(image("uploads/a+b%2Bc.jpg", versionId="v1")))
    action = notification.pop("action")
    assert notification == {
        "status": "failed",
        "source": {"bucket": "uploads-bucket", "key": "uploads/a b+c.jpg", "versionId": "v1"},
        "stage": "invoke",
        "error": {"type": "ClientError", "message": "S3 is away"},
        "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
        "condition": "RetriesExhausted",
        "attempts": 3,
        "occurredAt": "2026-03-01T18:16:05.568Z",
    }
    assert f"request e4b46cbf-b738-xmpl-8880-a18cdf61200e in the log group of {FUNCTION}." in action


def test_each_image_of_an_event_is_announced(function: ModuleType) -> None:
    """An event with several records, such as one redriven by hand, loses none of them."""
    found = function.notifications(failed(image("uploads/1.png"), image("uploads/2.png")))
    assert [each["source"]["key"] for each in found] == ["uploads/1.png", "uploads/2.png"]


@pytest.mark.parametrize("payload", [None, "text", {}, {"Event": "s3:TestEvent"}, {"Records": []}])
def test_an_event_that_names_no_image_is_announced_too(function: ModuleType, payload: Any) -> None:
    """Whatever failed is announced: nothing is lost silently."""
    [notification] = function.notifications(failed(requestPayload=payload))
    assert notification["source"] is None
    assert function.subject(notification) == "Image failed: no image"


def test_a_timeout_without_a_type_is_named_by_its_condition(function: ModuleType) -> None:
    """Lambda gives a message but not always a type when it ends a function itself."""
    record = failed(responsePayload={"errorMessage": "Task timed out after 60.00 seconds"})
    [notification] = function.notifications(record)
    assert notification["error"] == {
        "type": "RetriesExhausted",
        "message": "Task timed out after 60.00 seconds",
    }


def test_an_invocation_that_never_ran_has_an_error_as_well(function: ModuleType) -> None:
    """An event that grew too old in Lambda's queue has no answer of the function."""
    record = failed()
    del record["responsePayload"]
    record["requestContext"]["condition"] = "EventAgeExceeded"
    [notification] = function.notifications(record)
    assert notification["error"] == {
        "type": "EventAgeExceeded",
        "message": "The function did not answer (EventAgeExceeded).",
    }


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        ("uploads/summer/photo.jpg", "Image failed: uploads/summer/photo.jpg"),
        ("uploads/Ärger\r\nBcc: x.jpg", "Image failed: uploads/?rger??Bcc: x.jpg"),
        ("uploads/" + "x" * 300 + ".jpg", "Image failed: ..." + "x" * 79 + ".jpg"),
    ],
)
def test_a_subject_is_one_that_sns_takes(function: ModuleType, key: str, subject: str) -> None:
    """At most 100 characters of printable ASCII."""
    assert function.subject({"source": {"key": key}}) == subject


def test_the_queue_gets_the_whole_record(function: ModuleType) -> None:
    """What is kept is what Lambda said, so that the event can be sent again."""
    record = failed(image("uploads/ünïcode.jpg"))
    assert json.loads(function.message_body(record)) == record


def test_a_record_too_large_for_the_queue_keeps_its_event(function: ModuleType) -> None:
    """A huge error is cut, the event never."""
    huge = {"errorType": "E", "errorMessage": "m" * 300_000, "stackTrace": ["s" * 100_000]}
    record = failed(image("uploads/a.jpg"), responsePayload=huge)
    body = function.message_body(record)
    assert len(body) < 256 * 1024
    kept = json.loads(body)
    assert kept["requestPayload"] == record["requestPayload"]
    assert kept["responsePayload"] == {
        "errorType": "E",
        "errorMessage": "m" * 4000,
        "truncated": True,
    }
