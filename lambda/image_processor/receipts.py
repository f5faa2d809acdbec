"""Who announces what has no output of its own: a small object per upload and outcome.

Receipts are in the upload bucket under a prefix without notifications, where a lifecycle rule
removes them after 30 days.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

from uploads import Upload

PREFIX = "receipts/"
NO_VERSION = (None, "", "null")
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Invocation:
    """Who acts: a Lambda request, which keeps its id when Lambda retries it.

    `redrive_of` are the failed requests whose event was sent again; their claims count as ours.
    """

    request_id: str
    redrive_of: tuple[str, ...] = ()

    @classmethod
    def of(cls, event: Mapping[str, Any], request_id: str) -> Invocation:
        """What was asked by `event`, whose "redriveOf" may be an id or, for one that failed again
        after it was sent again, a list of them.
        """
        before = event.get("redriveOf") or ()
        return cls(request_id, (before,) if isinstance(before, str) else tuple(before))

    def is_owner(self, request_id: str) -> bool:
        """Whether a claim under this id is ours."""
        return request_id == self.request_id or request_id in self.redrive_of


def receipt_key(key: str, version_id: str | None, sequencer: str) -> str:
    """Where the receipt of one upload is.

    Without versioning, or while it is suspended, every upload under a key is its null version:
    the sequencer of the event distinguishes one from the next.
    """
    upload = version_id if version_id not in NO_VERSION else f"null\0{sequencer}"
    return f"{PREFIX}{sha256(f'{key}\0{upload}'.encode()).hexdigest()}.json"


def claim(s3: Any, upload: Upload, invocation: Invocation, outcome: str) -> bool:
    """Whether this invocation is to announce the outcome of an upload.

    True for the first to ask, and for its retries until the announcement is settled. A claim of a
    failed request whose event was sent again is taken over: if it was sent twice, one announces.
    Where the bucket is gone, there is no place for a receipt and nobody can have left one.
    """
    receipt = receipt_key(upload.key, upload.version_id, upload.sequencer)
    claimed = _content(invocation.request_id, outcome)
    if _put(s3, upload.bucket, receipt, claimed, IfNoneMatch="*"):
        return True
    found = s3.get_object(Bucket=upload.bucket, Key=receipt)
    existing = json.loads(found["Body"].read())
    if existing["settled"] or not invocation.is_owner(existing["requestId"]):
        return False
    if existing["requestId"] == invocation.request_id:
        return True
    return _put(s3, upload.bucket, receipt, claimed, IfMatch=found["ETag"])


def leave(s3: Any, older: Upload, request_id: str) -> None:
    """Reserve the announcement of a replaced upload for the request that processed it."""
    receipt = receipt_key(older.key, older.version_id, older.sequencer)
    _put(s3, older.bucket, receipt, _content(request_id, "replaced"), IfNoneMatch="*")


def settle(s3: Any, upload: Upload, invocation: Invocation) -> None:
    """Note that an upload is announced, so that a retry of its event does not repeat it."""
    receipt = receipt_key(upload.key, upload.version_id, upload.sequencer)
    _put(s3, upload.bucket, receipt, _content(invocation.request_id, "announced", settled=True))


def _content(request_id: str, outcome: str, *, settled: bool = False) -> bytes:
    return json.dumps({"requestId": request_id, "outcome": outcome, "settled": settled}).encode()


def _put(s3: Any, bucket: str, key: str, body: bytes, **condition: str) -> bool:
    """Write an object if the condition holds; whether it is as good as written. AWS: "How to
    prevent object overwrites with conditional writes": 412 if it does not, 409 while another write
    goes on. In a bucket that is gone no condition can be broken.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "PreconditionFailed":
                return False
            if code == "NoSuchBucket":
                return True
            if code != "ConditionalRequestConflict" or attempt == _ATTEMPTS:
                raise
        else:
            return True
    raise AssertionError("unreachable")
