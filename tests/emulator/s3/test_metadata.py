"""Limits of metadata, and Object Lock's checksums."""

import uuid
from email.header import Header, decode_header
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator


def test_what_is_retained_needs_a_checksum(s3: Any, emulator: Emulator) -> None:
    """A bucket with a default retention refuses an object without a checksum of its sender's.

    AWS: PutObject, "Content-MD5 or x-amz-sdk-checksum-algorithm header is required for any request
    to upload an object with a retention period configured using Amazon S3 Object Lock".
    """
    bucket = f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    retention = {"Mode": "GOVERNANCE", "Days": 1}
    s3.put_object_lock_configuration(
        Bucket=bucket,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": retention},
        },
    )
    sparing = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=emulator.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            request_checksum_calculation="when_required", s3={"addressing_style": "path"}
        ),
    )
    with pytest.raises(ClientError, match="Content-MD5 OR x-amz-checksum-"):
        sparing.put_object(Bucket=bucket, Key="key", Body=b"body")
    sparing.put_object(Bucket=bucket, Key="key", Body=b"body", ChecksumAlgorithm="SHA256")
    s3.put_object(Bucket=bucket, Key="other", Body=b"body")


@pytest.mark.parametrize("operation", ["put_object", "copy_object", "create_multipart_upload"])
def test_metadata_has_a_limit(s3: Any, plain_bucket: str, operation: str) -> None:
    """2,048 bytes of names and values are taken, one more is refused: MetadataTooLarge.

    AWS: "Working with object metadata", user-defined object metadata.
    """
    s3.put_object(Bucket=plain_bucket, Key="source")
    of_operation = {
        "copy_object": {"CopySource": f"{plain_bucket}/source", "MetadataDirective": "REPLACE"}
    }
    write = getattr(s3, operation)
    request = {"Bucket": plain_bucket, "Key": "key", **of_operation.get(operation, {})}

    write(**request, Metadata={"name": "x" * 2044})
    with pytest.raises(ClientError, match="MetadataTooLarge"):
        write(**request, Metadata={"name": "x" * 2045})


def _word(text: str) -> str:
    """A text as one encoded word of RFC 2047."""
    return Header(text, "utf-8", maxlinelen=10**6).encode()


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (_word("жук"), "жук"),
        ("a " + _word("жук"), "a жук"),
        (_word("жук") + " " + _word("жук"), "жукжук"),
        ("=?iso-8859-1?Q?gr=FCn?=", "grün"),
        ("=?nosuch?B?YQ==?=", "=?nosuch?B?YQ==?="),
        ("=?utf-8?Q?=FF?=", "\ufffd"),
        ("a =? b", "a =? b"),
    ],
)
def test_encoded_metadata_is_read(s3: Any, plain_bucket: str, sent: str, stored: str) -> None:
    """Encoded words are decoded before they are stored, beside plain text too.

    What cannot be decoded stays as it is (RFC 2047, 6.3).
    """
    s3.put_object(Bucket=plain_bucket, Key="k", Metadata={"title": sent})

    found = s3.head_object(Bucket=plain_bucket, Key="k")["Metadata"]["title"]

    parts = decode_header(found) if found.startswith("=?UTF-8") else [(found, None)]
    text = "".join(it if isinstance(it, str) else it.decode(name or "") for it, name in parts)
    assert text == stored


def test_metadata_counts_as_it_is_stored(s3: Any, plain_bucket: str) -> None:
    """1,000 letters of two bytes fit although they are sent as many more; 1,100 do not."""
    s3.put_object(Bucket=plain_bucket, Key="k", Metadata={"title": _word("ж" * 1000)})
    with pytest.raises(ClientError, match="MetadataTooLarge"):
        s3.put_object(Bucket=plain_bucket, Key="k", Metadata={"title": _word("ж" * 1100)})
