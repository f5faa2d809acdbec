"""The story of an upload of one's own, as the deployed stack shows it now.

`tapstack explain` calls it for what is in no report. It only reads: what failed for good stays
untouched in the failure queue.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from harness.evidence.explain import attempt_facts, log_lines, near, path_of
from harness.evidence.invocations import Handled, Invocation, InvocationLog
from harness.evidence.ledger import RECEIPT_PREFIX, run_of
from harness.problems import Problem
from harness.run.filters import Filter, filters
from harness.stack.deployed import Stack
from harness.targets.target import Target

_PARTS = ("upload_bucket", "processed_bucket", "function", "log_group")
_SUGGESTED = 3

# What the function logs when an upload has come to its end, and what it has published by then.
_ENDS = {
    "Processed": "processed",
    "Rejected": "rejected",
    "Superseded by a newer version": "superseded",
}
NO_VERSION = "null"  # what S3 calls the version of an object in a bucket that keeps none


class NotUploaded(Problem):
    """The upload bucket has no such key."""


class SeveralUploads(NotUploaded):
    """The upload bucket has several keys that end so."""


@dataclass(frozen=True)
class Stored:
    """One version of an object; its id is "null" in a bucket that keeps none. Size in bytes."""

    version: str
    at: datetime
    size: int


@dataclass(frozen=True)
class End:
    """How the upload ended, as the function's log has it."""

    status: str
    request_id: str
    time_ms: int
    reason: str


def story(target: Target, stack: Stack, wanted: str) -> list[str]:
    """All that the stack shows of the upload `wanted`.

    That is a whole key of either bucket, with or without the prefix of uploads, or a key's end as
    `find_key` takes it. Raises NotUploaded if there is none, and Problem if the stack lacks an
    output that is needed to look.
    """
    stack.require(*_PARTS)
    key = find_key(target, stack, wanted)
    versions, deleted = _versions(target, stack.upload_bucket, key)
    since_ms = int(min(each.at for each in [*versions, *deleted]).timestamp()) * 1000
    log = InvocationLog(target.client("logs"), stack.log_group, 0, since_ms)
    log.read()
    return [*_lines(target, stack, key, versions, deleted, log)]


# --- What there is --------------------------------------------------------------------------------


def find_key(target: Target, stack: Stack, wanted: str) -> str:
    """The one key of the upload bucket that `wanted` is, or ends from a slash on.

    An end is looked for among the uploads outside runs first, and then among those of all runs.
    Raises SeveralUploads, with the newest run's keys first, or NotUploaded.
    """
    bucket, keys = stack.upload_bucket, stack.keys
    source = keys.source(wanted)
    for key in (source, f"{keys.uploads}{source}"):
        if any(_versions(target, bucket, key)):
            return key
    pages = target.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    there: list[str] = [each["Key"] for page in pages for each in page.get("Contents", [])]
    uploads = [key for key in there if not key.startswith(RECEIPT_PREFIX)]
    ending = [key for key in uploads if key.endswith(f"/{source}")]
    # The name of a run's folder begins with its time.
    found = [key for key in ending if not run_of(key)] or sorted(ending, reverse=True)
    if len(found) == 1:
        return found[0]
    if found:
        more = f" and {len(found) - _SUGGESTED} more" if len(found) > _SUGGESTED else ""
        raise SeveralUploads(
            f"{wanted!r} ends {len(found)} keys of {bucket}: "
            f"{', '.join(found[:_SUGGESTED])}{more}.",
            "Name one of them.",
        )
    paths = sorted({path_of(key).removeprefix(keys.uploads) for key in uploads})
    similar = ", ".join(near(path_of(source).removeprefix(keys.uploads), paths))
    raise NotUploaded(
        f"{bucket} has no upload {wanted!r}.",
        f"Did you mean one of: {similar}?" if similar else "Name a key of that bucket, or its end.",
    )


def _versions(target: Target, bucket: str, key: str) -> tuple[list[Stored], list[Stored]]:
    """Versions and delete markers of a key, oldest first."""
    versions: list[Stored] = []
    deleted: list[Stored] = []
    pages = target.client("s3").get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=bucket, Prefix=key):
        for place, found in (("Versions", versions), ("DeleteMarkers", deleted)):
            found += [
                Stored(each["VersionId"], each["LastModified"], each.get("Size", 0))
                for each in page.get(place, [])
                if each["Key"] == key
            ]
    return versions[::-1], deleted[::-1]  # S3 lists the newest first


def _outputs(target: Target, stack: Stack, key: str) -> dict[str, list[str]]:
    """The outputs of a key, described, by the version of the upload that each was made of.

    The function writes that version as a tag; in the metadata the uploader's may leave no room.
    """
    s3, bucket, output = target.client("s3"), stack.processed_bucket, stack.keys.output(key)
    described: dict[str, list[str]] = {}
    for each in _versions(target, bucket, output)[0]:
        version = {} if each.version == NO_VERSION else {"VersionId": each.version}
        try:
            found = s3.head_object(Bucket=bucket, Key=output, **version)
            tags = s3.get_object_tagging(Bucket=bucket, Key=output, **version)["TagSet"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NoSuchVersion"):
                raise
            continue  # it has gone meanwhile
        metadata = found["Metadata"]
        size = metadata.get("output-dimensions", "of unknown size")
        source = {tag["Key"]: tag["Value"] for tag in tags}.get("source-version")
        described.setdefault(source or metadata.get("source-version", ""), []).append(
            f"{output}, version {each.version}, {found['ContentType']} {size}, {each.size} bytes"
        )
    return described


# --- What became of it ----------------------------------------------------------------------------


def _ends(invocations: Iterable[Invocation], key: str, version: str) -> list[End]:
    """What the function says at the end of an upload; it publishes first and logs then."""
    found = []
    for invocation in invocations:
        for time_ms, line in invocation.lines:
            try:
                fields = json.loads(line)
            except ValueError:
                continue
            if not isinstance(fields, dict) or fields.get("key") != key:
                continue
            status = _ENDS.get(str(fields.get("message")))
            if status and (fields.get("version_id") or NO_VERSION) == version:
                error = fields.get("error")
                reason = str(error.get("message", "")) if isinstance(error, Mapping) else ""
                found.append(End(status, invocation.request_id, time_ms, reason))
    return sorted(found, key=lambda end: end.time_ms)


def _became(
    key: str, ends: Sequence[End], requests: Sequence[Invocation], triggers: Sequence[Filter]
) -> tuple[str, str]:
    """What the upload counts as by now, and why."""
    if ends:
        return ends[-1].status, ends[-1].reason or "the function published this and then logged it"
    if not requests:
        if any(each.matches(key) for each in triggers):
            return "not delivered", "the function's log has no invocation for it, at least not yet"
        kinds = ", ".join(f"{each.prefix}*{each.suffix}" for each in triggers) or "no upload"
        return "ignored", (
            f"S3 notifies the function of {kinds}, by case: rename it, or change the filters of "
            "the notifications in the template"
        )
    if not requests[-1].ended:
        return "unfinished", "the function is still at it, or the end of it is not logged yet"
    attempts = requests[-1].attempts
    if attempts[-1].status == "success":
        return "unclear", "its last invocation ended well, and logged no outcome of it"
    return "not processed", (
        f"{len(attempts)} of its attempts failed, the log below says how; after its last retry "
        "`tapstack redrive` shows it in the failure queue"
    )


# --- What is shown --------------------------------------------------------------------------------


def _lines(
    target: Target,
    stack: Stack,
    key: str,
    versions: Sequence[Stored],
    deleted: Sequence[Stored],
    log: InvocationLog,
) -> Iterator[str]:
    triggers, outputs = filters(target, stack), _outputs(target, stack, key)
    shown: list[Invocation] = []
    yield key
    yield f"in {stack.name} on {target.name}, as it is now"
    for number, stored in enumerate(versions, 1):
        requests = [each for each in log.invocations.values() if _handled(each, key, stored)]
        ends = _ends(requests, key, stored.version)
        status, why = _became(key, ends, requests, triggers)
        shown += requests
        yield ""
        yield f"version {number} of {len(versions)}: {status}"
        yield f"  why        {why}"
        yield f"  stored     {_at(stored.at)} UTC, {stored.size} bytes, as version {stored.version}"
        for request in requests:
            yield from _delivery(request, key, stored)
        for end in ends:
            at = datetime.fromtimestamp(end.time_ms / 1000, UTC)
            yield f"  notified   {end.status} {_at(at)}, by request {end.request_id}"
        for output in outputs.get(stored.version, ["none"]):
            yield f"  output     {output}"
    for marker in deleted:
        yield f"deleted      {_at(marker.at)} UTC, by delete marker {marker.version}"
    yield ""
    yield from log_lines({each.request_id: each for each in shown}.values())


def _delivery(request: Invocation, key: str, stored: Stored) -> Iterator[str]:
    handled = _handled(request, key, stored)
    before = f", a redrive of {handled[0].redrive_of}" if handled[0].redrive_of else ""
    sequencers = ", ".join(each.sequencer for each in handled)
    yield f"  delivered  request {request.request_id}, sequencer {sequencers}{before}"
    for number, attempt in enumerate(request.attempts, 1):
        at = _at(datetime.fromtimestamp(attempt.at, UTC))
        yield f"             attempt {number} {at}: {attempt_facts(attempt)}"


def _handled(request: Invocation, key: str, stored: Stored) -> list[Handled]:
    """What the request began to handle of this version; without versioning it names none."""
    return [
        each
        for each in request.handled
        if each.key == key and (each.version or NO_VERSION) == stored.version
    ]


def _at(time: datetime) -> str:
    return f"{time:%F %T.%f}"[:-3]
