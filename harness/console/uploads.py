"""What became of each upload: from the buckets and the function's log, whatever client sent it.

Nothing but AWS's API is asked, so that it works with any target: S3 says what was stored, the log
of the function what it handled, when, and what it announced.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from harness.console.feed import pause_s
from harness.evidence.invocations import Invocation, InvocationLog
from harness.stack.deployed import Stack
from harness.targets.target import Target

SHOWN = 100  # uploads
BACK_S = 3600  # how far back the first look goes
_PAGES = 5  # of a thousand versions each, of the upload bucket
_KEPT = 5_000  # invocations, after which the log is read anew from the present on
# An invocation's lines come when it is over, and are then as old as it was long: each look goes
# back by this, and on to the oldest upload whose end is not known, by a time-out at most.
_OVERLAP_MS = 10_000
_OPEN = {"waiting", "running", "retrying"}
# Lambda waits one minute before the second attempt and two before the third, and has to be able to
# run them (Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
# invocation").
_RETRIED_WITHIN_S = 300.0
_RETRIES = 2  # MaximumRetryAttempts where nothing else is set (Lambda Developer Guide)

# The messages of the function's log that say what became of an upload.
_OUTCOMES = {
    "Processed": "processed",
    "Rejected": "rejected",
    "Superseded by a newer version": "superseded",
    "Skipped a duplicate event": "duplicate",
    "Skipped a duplicate event of a rejected upload": "duplicate",
}


@dataclass(frozen=True)
class Upload:
    """An upload and how far it has come. Times in seconds since 1970, sizes in bytes.

    `state` is waiting (for the function), ignored (no event is sent for such a key), running,
    retrying, processed, rejected, superseded, failed, or done (the function ended well and logged
    nothing of it). `began` and `ended` are of its latest attempt, `announced` is when the function
    had published its notification. `source` and `output` are what that says of the two pictures.
    """

    key: str
    version: str
    at: float
    state: str
    bytes: int | None = None
    began: float | None = None
    ended: float | None = None
    ran_ms: float | None = None
    announced: float | None = None
    attempts: int = 0
    request_id: str = ""
    why: str = ""
    source: Mapping[str, Any] | None = None
    output: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class _Stored:
    at: float
    bytes: int


class Uploads:
    """The uploads of a stack, looked at as often as one likes."""

    def __init__(self, target: Target, stack: Stack, *, now: float) -> None:
        self._s3, self._logs = target.client("s3"), target.client("logs")
        self._bucket, self._group = stack.upload_bucket, stack.log_group
        self._function, self._prefix = stack.function, stack.keys.uploads
        self._since = now - BACK_S
        self._log = self._log_since(self._since)
        function = target.client("lambda").get_function_configuration(FunctionName=self._function)
        self._timeout_ms = 1000 * int(function["Timeout"])
        self._wanted = _wanted(self._s3, self._bucket)
        self._attempts = 1 + _retries(target.client("lambda"), self._function)
        self._stored: Mapping[tuple[str, str], _Stored] = {}
        self._list_again = 0.0  # when, by the monotonic clock
        self._open_for_ms = 0  # how long the oldest upload that has not ended has been there
        self.complete = True  # whether all of the bucket was looked at

    def look(self) -> list[Upload]:
        """The newest uploads, and what is known of them by now."""
        now = time.time()
        if len(self._log.invocations) > _KEPT:
            newest = max(each.lines[-1][0] for each in self._log.invocations.values()) / 1000
            self._since = newest - (self._timeout_ms + _OVERLAP_MS) / 1000
            self._log = self._log_since(self._since)
        self._log.read(_OVERLAP_MS + min(self._timeout_ms, self._open_for_ms))
        if time.monotonic() >= self._list_again:
            self._list()
        found = {
            upload: Upload(*upload, at=each.at, state=self._unhandled(upload[0]), bytes=each.bytes)
            for upload, each in self._stored.items()
        }
        for invocation in self._log.invocations.values():
            for handled in invocation.handled:
                upload = (handled.key, _version(handled.version))
                known = found.get(upload) or Upload(*upload, at=_begin(invocation), state="")
                found[upload] = _followed(known, invocation, self._attempts)
        opened = min((each.at for each in found.values() if each.state in _OPEN), default=now)
        self._open_for_ms = int(1000 * max(0.0, now - opened))
        return sorted(found.values(), key=lambda each: -each.at)

    def lines(self, request_id: str) -> list[tuple[int, str]]:
        """The log lines of a request, as far as they were read: milliseconds since 1970, text."""
        found = self._log.invocations.get(request_id)
        return sorted(found.lines) if found else []

    def _log_since(self, since: float) -> InvocationLog:
        start_ms = max(0, int(since * 1000))
        return InvocationLog(self._logs, self._group, 0, start_ms)

    def _list(self) -> None:
        """List the bucket: all versions, which takes longer than the rest of a look by far."""
        began = time.thread_time()
        pages = self._s3.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket,
            Prefix=self._prefix,
            PaginationConfig={"MaxItems": _PAGES * 1000, "PageSize": 1000},
        )
        found = {
            (each["Key"], _version(each.get("VersionId"))): _Stored(
                each["LastModified"].timestamp(), each["Size"]
            )
            for page in pages
            for each in page.get("Versions", ())
        }
        self.complete = len(found) < _PAGES * 1000
        self._stored = {upload: each for upload, each in found.items() if each.at >= self._since}
        self._list_again = time.monotonic() + pause_s(time.thread_time() - began)

    def _unhandled(self, key: str) -> str:
        wanted = any(key.startswith(start) and key.endswith(end) for start, end in self._wanted)
        return "waiting" if wanted else "ignored"


def _followed(upload: Upload, invocation: Invocation, attempts: int) -> Upload:
    """`upload` with what an invocation that handled it has logged."""
    last = invocation.attempts[-1] if invocation.attempts else None
    upload = replace(
        upload,
        request_id=invocation.request_id,
        attempts=len(invocation.attempts),
        began=last.at if last else _begin(invocation),
        ended=last.ended if last else None,
        ran_ms=last.duration_ms if last else None,
    )
    reported = _reported(upload, invocation.lines)
    if reported.state not in ("", "waiting", "ignored"):
        return reported
    if last and last.status and last.status != "success":
        why = reported.why or last.status
        if len(invocation.attempts) >= attempts:
            return replace(reported, state="failed", why=why)
        if last.ended and time.time() - last.ended > _RETRIED_WITHIN_S:
            return replace(reported, state="failed", why=f"{why} (not tried again)")
        return replace(reported, state="retrying", why=why)
    return replace(reported, state="running" if not (last and last.ended) else "done")


def _reported(upload: Upload, lines: Iterable[tuple[int, str]]) -> Upload:
    """`upload` with what the function itself says of it."""
    for time_ms, text in lines:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if not isinstance(line, dict) or line.get("key") != upload.key:
            continue
        if _version(line.get("version_id")) != upload.version:
            continue
        outcome = _OUTCOMES.get(str(line.get("message")))
        if outcome == "duplicate":
            if upload.state in ("", "waiting", "running"):
                upload = replace(upload, state="processed", why="announced by another request")
        elif outcome:
            error = line.get("error")
            source, output = line.get("source"), line.get("output")
            upload = replace(
                upload,
                state=outcome,
                announced=time_ms / 1000,
                why=str(error.get("message", "")) if isinstance(error, dict) else "",
                source=source if isinstance(source, dict) else None,
                output=output if isinstance(output, dict) else None,
            )
        elif line.get("exception_name"):
            upload = replace(upload, why=f"{line['exception_name']}: {_what_was_raised(line)}")
    if upload.bytes is None and upload.source:
        upload = replace(upload, bytes=upload.source.get("bytes"))
    return upload


def _what_was_raised(line: Mapping[str, Any]) -> str:
    """The message of an exception and its notes, which end its traceback."""
    lines, name = str(line.get("exception", "")).strip().splitlines(), line["exception_name"]
    for number in reversed(range(len(lines))):
        raised, _, message = lines[number].partition(": ")
        if raised.rpartition(".")[2] == name:
            return " ".join([message, *lines[number + 1 :]])
    return lines[-1] if lines else ""


def _begin(invocation: Invocation) -> float:
    return invocation.lines[0][0] / 1000 if invocation.lines else datetime.now(UTC).timestamp()


def _version(version: object) -> str:
    """An upload's version; S3 calls that of a bucket without versioning "null"."""
    return "" if version in (None, "null") else str(version)


def _wanted(s3: Any, bucket: str) -> list[tuple[str, str]]:
    """Prefix and suffix of the keys whose events S3 sends to a function."""
    answer = s3.get_bucket_notification_configuration(Bucket=bucket)
    found = []
    for each in answer.get("LambdaFunctionConfigurations", ()):
        rules = each.get("Filter", {}).get("Key", {}).get("FilterRules", ())
        given = {rule["Name"].lower(): rule["Value"] for rule in rules}
        found.append((given.get("prefix", ""), given.get("suffix", "")))
    return found


def _retries(lambda_: Any, function: str) -> int:
    try:
        answer = lambda_.get_function_event_invoke_config(FunctionName=function)
    except ClientError:  # there is none
        return _RETRIES
    return int(answer.get("MaximumRetryAttempts", _RETRIES))
