"""What the page Pipeline asks for: a photo's upload, an upload's story, its pictures.

What cannot be done is a Problem with one sentence.
"""

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from harness.console import pictures
from harness.console.view import Place
from harness.evidence.logs import LogEvent, readable
from harness.naming import as_typed
from harness.problems import Problem

TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
FOLDER = "console/"  # below the prefix of uploads, of photos that were sent from here
_NAME = 200  # characters of a file's name; a key has at most 1,024 bytes
_CONTROL = re.compile(r"[\x00-\x1f\x7f/\\]")


def send_photo(place: Place, name: str, data: bytes) -> dict[str, str]:
    """Upload a photo under a key of its own, as any client would; return key and version."""
    require_ours(place)
    name = _CONTROL.sub("-", name)[-_NAME:] or "photo"
    suffix = PurePosixPath(name).suffix
    if suffix not in TYPES:
        raise Problem(
            f"{name} does not end with .jpg, .jpeg or .png: S3 notifies the function of no other.",
            "Rename it; capitals count.",
        )
    key = f"{place.stack.keys.uploads}{FOLDER}{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{name}"
    answer = place.target.client("s3").put_object(
        Bucket=place.stack.upload_bucket,
        Key=key,
        Body=data,
        ContentType=TYPES[suffix],
    )
    return {"key": key, "version": str(answer.get("VersionId") or "")}


def story(place: Place, request_id: str) -> dict[str, Any]:
    """What the function logged for a request, as a person reads it."""
    group = place.stack.log_group
    lines = place.uploads.lines(request_id)
    return {"lines": [readable(LogEvent("", time_ms, group, text)) for time_ms, text in lines]}


def shown(place: Place, bucket: str, key: str, version: str) -> bytes:
    """A picture of one of the stack's two buckets, as WebP. Raises pictures.NotShown."""
    names = {
        "sent": place.stack.upload_bucket,
        "got": place.stack.processed_bucket,
    }
    if bucket not in names:
        raise pictures.NotShown("There is no such bucket.")
    return pictures.picture(place.target.client("s3"), names[bucket], key, version)


def require_ours(place: Place) -> None:
    """Problem unless the target may be changed from here."""
    if not place.ours:
        raise Problem(
            f"{place.target.endpoint} is not ours, so the console only looks at it.",
            as_typed("Change it with the AWS CLI, or use one that `tapstack up` started."),
        )
