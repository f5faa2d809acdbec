"""Who announces what has no output of its own: a small object per version and outcome.

In: an upload and the invocation that handles it. Out: whether this invocation is the one to
announce the outcome. Called by the handler and by `outputs`. Receipts are in the upload bucket
under a prefix without notifications, where a lifecycle rule removes them after 30 days.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

from uploads import Upload

PREFIX = "receipts/"
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Invocation:
    """Who acts: a Lambda request, which keeps its id when Lambda retries it.

    `redrive_of` is the failed request whose event was sent again; its claims count as ours.
    """

    request_id: str
    redrive_of: str | None = None

    def is_owner(self, request_id: str) -> bool:
        """Whether a claim under this id is ours."""
        return request_id in (self.request_id, self.redrive_of)


def receipt_key(key: str, version_id: str | None) -> str:
    """Where the receipt of one version of one object is."""
    return f"{PREFIX}{sha256(f'{key}\0{version_id}'.encode()).hexdigest()}.json"


def claim(s3: Any, upload: Upload, invocation: Invocation, outcome: str) -> bool:
    """Whether this invocation is to announce the outcome of an upload.

    True for the first to ask, and for its retries until the announcement is settled.
    """
    receipt = receipt_key(upload.key, upload.version_id)
    if _put_new(s3, upload.bucket, receipt, _content(invocation.request_id, outcome)):
        return True
    existing = json.loads(s3.get_object(Bucket=upload.bucket, Key=receipt)["Body"].read())
    return invocation.is_owner(existing["requestId"]) and not existing["settled"]


def leave(s3: Any, upload: Upload, version_id: str, request_id: str) -> None:
    """Reserve the announcement of an older version of `upload` for the request that wrote it."""
    receipt = receipt_key(upload.key, version_id)
    _put_new(s3, upload.bucket, receipt, _content(request_id, "replaced"))


def settle(s3: Any, upload: Upload, invocation: Invocation) -> None:
    """Note that an upload is announced, so that a retry of its event does not repeat it."""
    s3.put_object(
        Bucket=upload.bucket,
        Key=receipt_key(upload.key, upload.version_id),
        Body=_content(invocation.request_id, "announced", settled=True),
        ContentType="application/json",
    )


def _content(request_id: str, outcome: str, *, settled: bool = False) -> bytes:
    return json.dumps({"requestId": request_id, "outcome": outcome, "settled": settled}).encode()


def _put_new(s3: Any, bucket: str, key: str, body: bytes) -> bool:
    """Write an object unless there is one. AWS: "How to prevent object overwrites with
    conditional writes": 412 if there is one, 409 while another write goes on.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "PreconditionFailed":
                return False
            if code != "ConditionalRequestConflict" or attempt == _ATTEMPTS:
                raise
        else:
            return True
    raise AssertionError("unreachable")
