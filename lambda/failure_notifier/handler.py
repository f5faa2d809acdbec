"""Keeps and announces what the image processor could not finish: its OnFailure destination.

The record that Lambda writes when an asynchronous invocation has failed for good (a timeout, a
crash, lack of memory, retries exhausted) goes into the failure queue, from where its event can be
sent again, and each of its images gets one error notification.

AWS: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import logging
import os
from typing import Any
from urllib.parse import unquote_plus

import boto3
from botocore.config import Config

LOG = logging.getLogger(__name__)

# What every SQS and SNS takes ("Amazon SQS message quotas"; SQS now takes 1 MiB, SNS does not),
# less the attributes.
MAX_MESSAGE_BYTES = 256 * 1024 - 1024
MAX_ERROR_CHARACTERS = 4000
MAX_SUBJECT_CHARACTERS = 100

# Two calls that hang, twice each, still end within the function's 30 seconds.
_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})

type Record = dict[str, Any]


def handler(record: Record, _context: object) -> None:
    """Put `record` in the queue, then publish one notification per image in its event.

    A fault raises and Lambda tries again, at last handing the record to the queue itself. Nothing
    that could fail comes after the last notification (and S3 sends one image per event), so a
    second try does not announce twice; it may leave the record in the queue twice, with the same
    RequestId.
    """
    keep(record, boto3.client("sqs", config=_CONFIG), os.environ["QUEUE_URL"])
    sns = boto3.client("sns", config=_CONFIG)
    for notification in notifications(record):
        sns.publish(
            TopicArn=os.environ["TOPIC_ARN"],
            Subject=subject(notification),
            Message=json.dumps(notification),
            MessageAttributes={
                "status": {"DataType": "String", "StringValue": notification["status"]}
            },
        )


def keep(record: Record, sqs: Any, queue_url: str) -> None:
    """Send the record to the queue, marked with the id of the failed request."""
    sqs.send_message(
        QueueUrl=queue_url,
        MessageBody=message_body(record),
        MessageAttributes={
            "RequestId": {"DataType": "String", "StringValue": request_id(record)},
        },
    )


def message_body(record: Record) -> str:
    """Return the record as JSON, with its answer cut where the whole would be too large for SQS.

    The event is never cut: without it, nothing could be sent again. JSON in ASCII holds no
    character that SQS would refuse.
    """
    body = json.dumps(record)
    if len(body) <= MAX_MESSAGE_BYTES:
        return body
    LOG.warning("The record has %d bytes: keeping the error without its details.", len(body))
    return json.dumps({**record, "responsePayload": {**error_of(record), "truncated": True}})


def notifications(record: Record) -> list[Record]:
    """Return one notification of status "failed" per image in the event, at least one."""
    context, error = context_of(record), error_of(record)
    images: list[Record | None] = [*sources(record)]
    function = str(context.get("functionArn", "the image processor")).removesuffix(":$LATEST")
    return [
        {
            "status": "failed",
            "source": source,
            "stage": "invoke",
            "error": {"type": error["errorType"], "message": error["errorMessage"]},
            "action": (
                f"Look for request {request_id(record)} in the log group of {function}. Once the "
                "cause is fixed, upload the image again or redrive its event: the failure queue "
                "keeps it for 14 days."
            ),
            "requestId": request_id(record),
            "condition": context.get("condition"),
            "attempts": context.get("approximateInvokeCount"),
            "occurredAt": record.get("timestamp"),
        }
        for source in images or [None]
    ]


def sources(record: Record) -> list[Record]:
    """Return bucket, decoded key and version of each image in the event; none if it is not S3's."""
    event = record.get("requestPayload")
    found = event.get("Records", []) if isinstance(event, dict) else []
    return [
        {
            "bucket": item["s3"]["bucket"]["name"],
            "key": unquote_plus(item["s3"]["object"]["key"]),
            "versionId": item["s3"]["object"].get("versionId"),
        }
        for item in found
        if "s3" in item
    ]


def error_of(record: Record) -> dict[str, str]:
    """Return errorType and errorMessage of what the function answered, as far as it did.

    An invocation that was never started (too old, no concurrency) has no answer, and a timeout may
    have no type: the condition, such as RetriesExhausted, then says what is known.
    """
    answer = record.get("responsePayload")
    known = answer if isinstance(answer, dict) else {}
    condition = str(context_of(record).get("condition", "Unknown"))
    message = str(known.get("errorMessage") or f"The function did not answer ({condition}).")
    return {
        "errorType": str(known.get("errorType") or condition),
        "errorMessage": message[:MAX_ERROR_CHARACTERS],
    }


def context_of(record: Record) -> Record:
    """Return what Lambda says about the invocation."""
    context = record.get("requestContext")
    return context if isinstance(context, dict) else {}


def request_id(record: Record) -> str:
    """Return the id of the failed request, as it stands in the function's logs."""
    return str(context_of(record).get("requestId") or "unknown")


def subject(notification: Record) -> str:
    """Return the email's subject: the end of a long key stays, as in the image processor's.

    SNS takes at most 100 characters of printable ASCII.
    AWS: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    start, source = "Image failed: ", notification["source"] or {}
    key = "".join(char if " " <= char <= "~" else "?" for char in source.get("key", "no image"))
    room = MAX_SUBJECT_CHARACTERS - len(start)
    return start + (key if len(key) <= room else f"...{key[3 - room :]}")
