"""Object Lock: what is to be retained has to be what was sent.

A bucket with a default retention takes no object without a checksum of its sender's. "The
Content-MD5 or x-amz-sdk-checksum-algorithm header is required for any request to upload an object
with a retention period configured using Amazon S3 Object Lock" (Amazon S3 API Reference,
PutObject). LocalStack takes any, and a function that sends none fails on AWS alone.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.services.s3.models import S3Bucket


def refuse_without_checksum(
    bucket: S3Bucket, request: Mapping[str, Any], headers: Iterable[str]
) -> None:
    """Raise InvalidRequest for an upload that will be retained and has no checksum."""
    retained = bucket.object_lock_default_retention or request.get("ObjectLockMode")
    if not retained or request.get("ContentMD5"):
        return
    if any(name.startswith("Checksum") and value for name, value in request.items()):
        return
    if "x-amz-trailer" in {name.lower() for name in headers}:
        return
    raise CommonServiceException(
        "InvalidRequest",
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with "
        "Object Lock parameters",
        status_code=400,
    )
