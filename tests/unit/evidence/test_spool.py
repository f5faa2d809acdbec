"""Log lines on disk: they come back as they were, and take hardly any memory."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.evidence.invocations import Invocation, InvocationLog, load, save
from harness.evidence.spool import Spool, SpooledLines

IMAGES = 1000


def test_lines_come_back_as_they_were() -> None:
    """Two invocations share a file; no character is lost, not even half a surrogate pair."""
    spool = Spool()
    one, other = SpooledLines(spool), SpooledLines(spool)
    one.append(1, "été")
    other.append(2, "")
    one.append(3, "\ud83c")
    assert list(one) == [(1, "été"), (3, "\ud83c")]
    assert (other[0], one[-1], one[1:]) == ((2, ""), (3, "\ud83c"), [(3, "\ud83c")])


def test_saved_invocations_have_their_lines(tmp_path: Path) -> None:
    """A report keeps what was logged, wherever that was until then."""
    lines = SpooledLines(Spool())
    lines.append(5, "Started")
    save([Invocation("request-1", lines=lines)], tmp_path / "invocations.jsonl")
    (loaded,) = load(tmp_path / "invocations.jsonl")
    assert list(loaded.lines) == [(5, "Started")]


class LongLog:
    """CloudWatch Logs with five lines of 600 characters for each of many invocations."""

    def __init__(self, first: int = 0) -> None:
        self._numbers = range(first, first + IMAGES)

    def get_paginator(self, operation: str) -> "LongLog":
        assert operation == "filter_log_events"
        return self

    def paginate(self, *, startTime: int, **_: Any) -> Iterator[dict[str, Any]]:  # noqa: N803
        for number in self._numbers:
            at = number * 1000
            events = [_line(at, number, place) for place in range(5)]
            yield {"events": [each for each in events if each["timestamp"] >= startTime]}


def _line(at: int, number: int, place: int) -> dict[str, Any]:
    kinds = ["platform.start", "info", "metric", "info", "platform.report"]
    record = {"requestId": f"request-{number:08}", "status": "success"}
    fields = {"type": kinds[place], "record": record, "text": f"{number:0500}"}
    stream, id_ = f"stream-{number % 2}", f"{number:036}{place:020}"
    message = json.dumps(fields)
    return {"eventId": id_, "timestamp": at, "logStreamName": stream, "message": message}


def test_a_log_takes_less_than_a_kilobyte_of_memory_an_image() -> None:
    """What is logged of an image is 3 kB; a run of 20,000 must not keep that in memory.

    Ids that are kept once are in a table of the interpreter, which grows by doubling: of two logs
    one may pay for that, and for all that ran before in this process.
    """
    assert min(_kept_bytes(0), _kept_bytes(IMAGES)) < 1500 * IMAGES


def _kept_bytes(first: int) -> int:
    """What the log of some images takes, beginning with the one of that number."""
    log = InvocationLog(LongLog(first), "group", 7, 0)
    tracemalloc.start()
    try:
        log.read()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert log.attempts == IMAGES
    assert len(log.invocations[f"request-{first + IMAGES - 1:08}"].lines) == 5
    return kept


def test_a_line_that_is_read_again_counts_once() -> None:
    """Every read begins two minutes before the newest line."""
    log = InvocationLog(LongLog(), "group", 7, 0)
    log.read()
    log.read()
    assert sum(len(each.lines) for each in log.invocations.values()) == 5 * IMAGES
