"""Notifications about an upload: one SNS message for its outcome.

The status is a message attribute too, so that subscriptions can filter by it. The failure
notifier's messages have the shape of `rejected`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from imaging import ProcessedImage
from rejections import Rejection
from uploads import Upload

MAX_SUBJECT = 100  # AWS: SNS Publish, "Subject": ASCII, no line breaks

type Message = dict[str, Any]


def processed(
    upload: Upload,
    source_bytes: int,
    image: ProcessedImage,
    output: Message,
    processed_at: str,
    duration_ms: float,
    request_id: str,
) -> Message:
    """An output was written; `output` is its bucket, key and versionId. Sizes in bytes, pixels."""
    return {
        "status": "processed",
        "source": _source(upload)
        | {
            "bytes": source_bytes,
            "width": image.source_width,
            "height": image.source_height,
            "format": image.format,
        },
        "output": output
        | {
            "bytes": len(image.data),
            "width": image.width,
            "height": image.height,
            "format": image.format,
            "contentType": image.content_type,
        },
        "processedAt": processed_at,
        "durationMs": round(duration_ms, 1),
        "requestId": request_id,
    }


def superseded(upload: Upload, processed_at: str, request_id: str) -> Message:
    """A newer version of the same key was processed before this one; nothing was written."""
    return {
        "status": "superseded",
        "source": _source(upload),
        "requestId": request_id,
        "processedAt": processed_at,
    }


def rejected(upload: Upload, rejection: Rejection, occurred_at: str, request_id: str) -> Message:
    """An upload was refused for good."""
    return {
        "status": "rejected",
        "source": _source(upload),
        "stage": rejection.stage,
        "error": {"type": rejection.code, "message": rejection.message},
        "action": rejection.action,
        "requestId": request_id,
        "occurredAt": occurred_at,
    }


def publish(sns: Any, topic_arn: str, message: Message) -> None:
    """Send a message; a fault raises and Lambda retries."""
    sns.publish(
        TopicArn=topic_arn,
        Subject=subject(message["status"], message["source"]["key"]),
        Message=json.dumps(message, ensure_ascii=False),
        MessageAttributes={"status": {"DataType": "String", "StringValue": message["status"]}},
    )


def subject(status: str, key: str) -> str:
    """A mail's subject: what is not printable ASCII becomes `?`, and the end of the key stays."""
    start = f"Image {status}: "
    plain = "".join(char if " " <= char <= "~" else "?" for char in key)
    room = MAX_SUBJECT - len(start)
    return start + (plain if len(plain) <= room else "..." + plain[3 - room :])


def timestamp() -> str:
    """The time now as ISO 8601 in UTC, with milliseconds and `Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _source(upload: Upload) -> Message:
    return {"bucket": upload.bucket, "key": upload.key, "versionId": upload.version_id}
