"""Uploads that an S3 event names, and the bytes of each.

AWS: "Event message structure",
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes.s3_event import S3EventRecord
from botocore.exceptions import ClientError

import rejections

PREFIX = "uploads/"


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of one object, as its event names it; `key` is decoded.

    `version_id` is None where the bucket has no versioning. `sequencer` orders the events of one
    key, see `newer`.
    """

    bucket: str
    key: str
    version_id: str | None
    sequencer: str


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of an upload and the metadata the uploader gave it."""

    data: bytes
    metadata: dict[str, str]


def from_record(record: S3EventRecord) -> Upload | None:
    """The upload a record is about, or None if it is about anything but a new object in uploads/.

    S3 sends keys as in a form: a space comes as `+`, everything else unsafe percent-encoded.
    Powertools decodes only the first record's key, so it is done here.
    """
    s3 = record.s3
    key = unquote_plus(s3.get_object.key)
    if not (record.event_name.startswith("ObjectCreated:") and key.startswith(PREFIX)):
        return None
    return Upload(
        bucket=s3.bucket.name,
        key=key,
        version_id=s3.get_object.version_id,
        sequencer=s3.get_object.get("sequencer") or "",
    )


def newer(sequencer: str, other: str) -> bool:
    """Whether an event came after another of the same key.

    Sequencers are hexadecimal and differ in length: the shorter is padded with zeros on the right
    and the strings are compared (AWS: "Event message structure").
    """
    length = max(len(sequencer), len(other))
    return sequencer.upper().ljust(length, "0") > other.upper().ljust(length, "0")


def fetch(s3: Any, upload: Upload, max_bytes: int) -> Source:
    """Read an upload with one GetObject, of the version the event names.

    Raises Rejection if the version is gone, archived, encrypted with a key of the sender's or has
    more than `max_bytes`; any other ClientError is for Lambda to retry. AWS: GetObject, "Errors".
    """
    version = {"VersionId": upload.version_id} if upload.version_id else {}
    try:
        response = s3.get_object(Bucket=upload.bucket, Key=upload.key, **version)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("NoSuchKey", "NoSuchVersion", "NoSuchBucket"):
            raise rejections.source_gone(code) from error
        if code == "InvalidObjectState":
            raise rejections.source_archived() from error
        if code == "InvalidRequest":
            # AWS: "Using server-side encryption with customer-provided keys": GetObject needs the
            # key. Nothing else in this request could be invalid.
            raise rejections.source_encrypted() from error
        if code == "AccessDenied":
            # AWS: GetObject, "Permissions".
            error.add_note(
                "Either the function's role may not read the object, or the object is gone and "
                "the role lacks s3:ListBucket: S3 answers both with AccessDenied."
            )
        raise
    with response["Body"] as body:
        if response["ContentLength"] > max_bytes:
            raise rejections.too_many_bytes(response["ContentLength"], max_bytes)
        return Source(body.read(), response["Metadata"])
