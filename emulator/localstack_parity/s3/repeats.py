"""Requests that are made again, because their answer was lost, or on a condition.

Who completes an upload a second time, with the same parts, gets the same answer; nothing is written
again. A deletion with If-Match is about the version that was seen, so its repetition fails.
AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from localstack.aws.api import ServiceException
from localstack.aws.api.s3 import NoSuchKey, PreconditionFailed
from localstack.services.s3.models import S3Bucket, S3DeleteMarker

type Parts = tuple[tuple[int, str], ...]

_REMEMBERED = 10_000


class CompletedUploads:
    """The answers to uploads that were completed, the last ones of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[tuple[str, str, str], tuple[Parts, Any]] = OrderedDict()

    def remember(self, upload: tuple[str, str, str], parts: Parts, answer: Any) -> None:
        """Keep the answer for an upload, which is its bucket, key and id."""
        with self._lock:
            self._answers[upload] = parts, answer
            if len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)

    def answer(self, upload: tuple[str, str, str], parts: Parts) -> Any:
        """Return the answer that an upload with these parts was given; None if it was none."""
        known, answer = self._answers.get(upload, ((), None))
        return answer if known == parts else None


def parts_of(multipart: Mapping[str, Any] | None) -> Parts:
    """Return number and ETag of each part of a CompleteMultipartUpload request."""
    parts = (multipart or {}).get("Parts") or ()
    return tuple((part.get("PartNumber", 0), part.get("ETag", "").strip('"')) for part in parts)


def require_match(bucket: S3Bucket, key: str, etag: str) -> None:
    """Raise what S3 answers unless the current version of a key has this ETag; `*` is any."""
    current = bucket.objects.get(key)
    if current is None:
        raise NoSuchKey("The specified key does not exist.", Key=key)
    deleted = isinstance(current, S3DeleteMarker)
    if deleted or (etag != "*" and current.etag != etag.strip('"')):
        raise PreconditionFailed(
            "At least one of the pre-conditions you specified did not hold", Condition="If-Match"
        )


def mismatches(bucket: S3Bucket, entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the errors of DeleteObjects for keys whose ETag is another, by key."""
    errors = {}
    for entry in entries:
        if etag := entry.get("ETag"):
            try:
                require_match(bucket, entry["Key"], etag)
            except ServiceException as error:
                key, code, message = entry["Key"], error.code, error.message
                errors[key] = {"Key": key, "Code": code, "Message": message}
    return errors
