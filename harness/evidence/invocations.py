"""Invocations as the function's log shows them: what each handled, how often, how it ended."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.evidence.ledger import Attempt, Delivery, Ledger, run_of
from harness.evidence.spool import Spool, SpooledLines

# Read again each time: an invocation's lines may all come when it is over, and with a time-out of a
# minute the first of them are then older than what other streams have long shown.
_OVERLAP_MS = 120_000
_SHOWN = 20  # of things that should not be there, the rest are counted

# Lines of Lambda's own in text format ("Working with Lambda function logs").
_PLATFORM = re.compile(
    r"(START|END|REPORT) RequestId: |INIT_START |INIT_REPORT |EXTENSION\t|\S+ \S+ Task timed out"
)


@dataclass(frozen=True)
class Logs:
    """The function's log group: days of retention (0: for ever), lines of the run, odd ones.

    `attempts` is how often the function ran in that time, for whomever, and `ended` how many of
    them were for the run and are over. `strangers` are uploads in the run's folder that somebody
    handled and nobody sent, as key and version.
    """

    retention_days: int
    lines: int
    not_json: int
    examples: tuple[str, ...] = ()
    attempts: int = 0
    ended: int = 0
    strangers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Handled:
    """An upload that a request began to handle; its version is empty without versioning."""

    key: str
    version: str
    sequencer: str
    redrive_of: str = ""


@dataclass(slots=True)
class Invocation:
    """A request to the function, Lambda's retries included.

    `lines` are its log lines, each with its time in milliseconds since 1970.
    """

    request_id: str
    attempts: list[Attempt] = field(default_factory=list)
    handled: list[Handled] = field(default_factory=list)
    lines: Sequence[tuple[int, str]] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether the log has the end of its latest attempt."""
        return bool(self.attempts and self.attempts[-1].status)


class InvocationLog:
    """A log group, read as often as one likes; every line counts once.

    A function runs one request at a time in each log stream, so that lines without a request's id
    belong to the one that has begun there last.
    """

    def __init__(self, logs: Any, group: str, retention_days: int, since_ms: int) -> None:
        self._logs, self._group, self._since_ms = logs, group, since_ms
        self._latest_ms = since_ms
        self._retention_days = retention_days
        self._read: set[int] = set()  # of ids their hashes, of 64 bits, which take half the memory
        self._odd: list[str] = []
        self._odd_lines = 0
        self._spool = Spool()
        self._running: dict[str, str] = {}
        self.invocations: dict[str, Invocation] = {}

    def read(self, overlap_ms: int = _OVERLAP_MS) -> None:
        """Take in what has been logged since the last call, and before it as far as that may be."""
        pages = self._logs.get_paginator("filter_log_events")
        since_ms = max(self._since_ms, self._latest_ms - overlap_ms)
        for page in pages.paginate(logGroupName=self._group, startTime=since_ms):
            for event in page["events"]:
                self.take(event)
                self._latest_ms = max(self._latest_ms, event["timestamp"])

    @property
    def attempts(self) -> int:
        """How often the function has run, for whomever."""
        return sum(len(invocation.attempts) for invocation in self.invocations.values())

    def ended(self, requests: Iterable[str]) -> bool:
        """Whether the end of each of these requests has been read."""
        return all(id_ in self.invocations and self.invocations[id_].ended for id_ in requests)

    def summary(self, ledger: Ledger) -> Logs:
        """What is to be known of the lines read so far; the entries get their deliveries."""
        strangers = deliver(self.invocations.values(), ledger)
        ours = {each.request_id for entry in ledger.entries for each in entry.deliveries}
        return Logs(
            self._retention_days,
            len(self._read),
            self._odd_lines,
            tuple(self._odd),
            self.attempts,
            sum(bool(each.status) for id_ in ours for each in self.invocations[id_].attempts),
            tuple(strangers),
        )

    def take(self, event: Mapping[str, Any]) -> None:
        """Take in one event of FilterLogEvents, unless it is known."""
        stream, time_ms, message = (
            event.get("logStreamName", ""),
            event["timestamp"],
            event["message"],
        )
        # Some emulators give no id: then what is the same in all respects is the same event.
        id_ = event.get("eventId") or f"{stream} {time_ms} {message}"
        if hash(id_) in self._read:
            return
        self._read.add(hash(id_))
        fields = _fields(message)
        if fields is None:
            if not _PLATFORM.match(message):
                self._odd_lines += 1
                if len(self._odd) < _SHOWN:
                    self._odd.append(message.rstrip()[:500])
            fields = {}
        kind, record = fields.get("type"), fields.get("record")
        details = record if isinstance(record, dict) else {}
        request_id = fields.get("function_request_id") or details.get("requestId")
        request_id = request_id or self._running.get(stream)
        if not request_id:
            return
        request_id = sys.intern(str(request_id))
        if not (invocation := self.invocations.get(request_id)):
            invocation = Invocation(request_id, lines=SpooledLines(self._spool))
            self.invocations[request_id] = invocation
        assert isinstance(invocation.lines, SpooledLines)
        invocation.lines.append(time_ms, message.rstrip())
        if kind == "platform.start":
            self._running[stream] = request_id
            invocation.attempts.append(Attempt(time_ms / 1000))
        elif kind == "platform.report":
            self._running.pop(stream, None)
            _end(invocation, time_ms, details)
        elif fields.get("message") == "Started" and "key" in fields:
            handled = Handled(
                sys.intern(str(fields["key"])),
                sys.intern(str(fields.get("version_id") or "")),
                sys.intern(str(fields.get("sequencer") or "")),
                sys.intern(str(fields.get("redrive_of") or "")),
            )
            if handled not in invocation.handled:
                invocation.handled.append(handled)


def _fields(message: str) -> dict[str, Any] | None:
    """The JSON object that a line is; None if it is none."""
    try:
        fields = json.loads(message)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None


def _end(invocation: Invocation, time_ms: int, record: dict[str, Any]) -> None:
    """Write down how the latest attempt ended ("Lambda telemetry API", platform.report)."""
    metrics = record.get("metrics", {})
    if not invocation.ended and invocation.attempts:
        begun = invocation.attempts.pop()
    else:
        begun = Attempt(time_ms / 1000)
    ended = replace(
        begun,
        status=str(record.get("status") or "unknown"),
        duration_ms=metrics.get("durationMs"),
        memory_mb=metrics.get("maxMemoryUsedMB"),
        ended=time_ms / 1000,
    )
    invocation.attempts.append(ended)


def deliver(invocations: Iterable[Invocation], ledger: Ledger) -> list[str]:
    """Give every entry its deliveries; return what of the run was handled and is no entry's."""
    entries = {
        (entry.key, entry.version or ""): entry for entry in ledger.entries if entry.uploaded
    }
    runs = {run_of(entry.key) for entry in ledger.entries}
    strangers = []
    for entry in ledger.entries:
        entry.deliveries = []
    for each in invocations:
        for upload in each.handled:
            if found := entries.get((upload.key, upload.version)):
                found.deliveries.append(
                    Delivery(each.request_id, upload.sequencer, each.attempts, upload.redrive_of)
                )
            elif run_of(upload.key) in runs:
                strangers.append(f"{upload.key} {upload.version}".rstrip())
    return strangers


def save(invocations: Iterable[Invocation], file: Path) -> None:
    """Write one JSON line per invocation."""
    with open(file, "w", encoding="utf-8") as out:
        for invocation in invocations:
            record = {
                "request_id": invocation.request_id,
                "attempts": [asdict(attempt) for attempt in invocation.attempts],
                "handled": [asdict(handled) for handled in invocation.handled],
                "lines": list(invocation.lines),
            }
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def load(file: Path) -> Iterator[Invocation]:
    """The invocations that were saved in `file`, one at a time."""
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield Invocation(
                record["request_id"],
                [Attempt(**each) for each in record["attempts"]],
                [Handled(**each) for each in record["handled"]],
                [(time_ms, message) for time_ms, message in record["lines"]],
            )
