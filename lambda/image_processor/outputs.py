"""Where the output of an upload goes, what is written on it, and who may write it.

The order of versions and the owner of each output are kept in the output's tags and guarded by
conditional writes, so no database is needed. AWS: "How to prevent object overwrites with
conditional writes", https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.header import Header
from enum import Enum
from typing import Any
from urllib.parse import quote, urlencode

from botocore.exceptions import ClientError

import receipts
import rejections
import uploads
from imaging import ProcessedImage
from receipts import Invocation
from uploads import Source, Upload

PREFIX = "processed/"
MAX_KEY_BYTES = 1024  # AWS: "Naming Amazon S3 objects"
MAX_METADATA_BYTES = 2048  # AWS: "Working with object metadata", user-defined metadata
_ATTEMPTS = 8


class Verdict(Enum):
    """What became of an output."""

    WRITTEN = "written"
    OWNED = "owned"  # an earlier attempt of this request wrote it
    DUPLICATE = "duplicate"  # another request wrote it, for the same event
    SUPERSEDED = "superseded"  # a newer version is there


class Contended(Exception):
    """Other writers were faster each time; Lambda's retry decides again."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What the tags of an output say: the event and request it is of; empty if not ours."""

    sequencer: str
    request_id: str
    source_version: str


def output_key(key: str) -> str:
    """`uploads/<path>` to `processed/<path>`. Raises Rejection if that is too long for S3."""
    output = PREFIX + key.removeprefix(uploads.PREFIX)
    length = len(output.encode())
    if length > MAX_KEY_BYTES:
        raise rejections.key_too_long(length, MAX_KEY_BYTES)
    return output


def output_metadata(
    upload: Upload, source: Source, image: ProcessedImage, processed_at: str
) -> tuple[dict[str, str], list[str]]:
    """The user metadata of an output, and the names of what had to be left out.

    The uploader's comes first, as it is. What was done is added in order of importance as far as
    S3's limit allows; the source's key comes last, as it follows from the output's own.
    """
    metadata = {name: _ascii(value) for name, value in source.metadata.items()}
    done = {
        "source-version": upload.version_id or "null",
        "processed-at": processed_at,
        "source-dimensions": f"{image.source_width}x{image.source_height}",
        "output-dimensions": f"{image.width}x{image.height}",
        "source-bytes": str(len(source.data)),
        "output-bytes": str(len(image.data)),
        "source-key": quote(upload.key),
    }
    left_out = []
    for name, value in done.items():
        if name not in metadata and _size({**metadata, name: value}) <= MAX_METADATA_BYTES:
            metadata[name] = value
        else:
            left_out.append(name)
    return metadata, left_out


def _size(metadata: Mapping[str, str]) -> int:
    """Bytes as S3 counts them: the UTF-8 encoding of each key and value, without the prefix."""
    return sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())


def _ascii(value: str) -> str:
    """A value as it can be sent back: S3 gives non-ASCII ones in RFC 2047 form, which is kept."""
    return value if value.isascii() else Header(value, "utf-8", maxlinelen=10**6).encode()


def store(
    s3: Any,
    bucket: str,
    upload: Upload,
    image: ProcessedImage,
    metadata: Mapping[str, str],
    invocation: Invocation,
) -> tuple[Verdict, str | None]:
    """Write the output unless it is there or a newer one is. Also returns the version id there.

    A replaced version leaves a receipt for its own request, so that a late duplicate of its event
    finds that nothing is left to announce. Two outputs with the same bytes have the same ETag;
    if IfMatch takes one for the other, the pixels are right all the same.
    """
    key = output_key(upload.key)
    condition = {"IfNoneMatch": "*"}
    for _ in range(_ATTEMPTS):
        try:
            written = s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=image.data,
                ContentType=image.content_type,
                Metadata=metadata,
                Tagging=urlencode(_tags(upload, invocation)),
                **condition,
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "NoSuchKey":  # deleted since we looked
                condition = {"IfNoneMatch": "*"}
            elif code == "PreconditionFailed":
                # The ETag before the tags: if the object changes in between, IfMatch fails.
                head = s3.head_object(Bucket=bucket, Key=key)
                owner = _owner(s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"])
                verdict = judge(upload, invocation, owner)
                if verdict is not Verdict.WRITTEN:
                    return verdict, head.get("VersionId")
                if owner.request_id:
                    older = replace(
                        upload, version_id=owner.source_version, sequencer=owner.sequencer
                    )
                    receipts.leave(s3, older, owner.request_id)
                condition = {"IfMatch": head["ETag"]}
            elif code != "ConditionalRequestConflict":
                raise
        else:
            return Verdict.WRITTEN, written.get("VersionId")
    raise Contended(f"{key} was written by others {_ATTEMPTS} times while we tried")


def judge(upload: Upload, invocation: Invocation, current: Owner) -> Verdict:
    """What to do with an output that is there already; WRITTEN means ours is to replace it."""
    if upload.sequencer == current.sequencer:
        owned = invocation.is_owner(current.request_id)
        return Verdict.OWNED if owned else Verdict.DUPLICATE
    if uploads.newer(upload.sequencer, current.sequencer):
        return Verdict.WRITTEN
    return Verdict.SUPERSEDED


def _tags(upload: Upload, invocation: Invocation) -> dict[str, str]:
    """Tags, not metadata: the uploader may have filled the metadata."""
    return {
        "sequencer": upload.sequencer,
        "request-id": invocation.request_id,
        "source-version": upload.version_id or "null",
    }


def _owner(tag_set: list[dict[str, str]]) -> Owner:
    tags = {tag["Key"]: tag["Value"] for tag in tag_set}
    return Owner(
        sequencer=tags.get("sequencer", ""),
        request_id=tags.get("request-id", ""),
        source_version=tags.get("source-version", "null"),
    )
