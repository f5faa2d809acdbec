"""Log streams whose events are on disk, in place of moto's, which keeps and copies them in memory.

What is answered stays as it is, but for a write: it never waits for subscriptions or fails by them.
"""

import shutil
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from localstack import config
from moto.core.utils import unix_time_millis
from moto.logs import models
from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogStream

from localstack_parity.logs import subscriptions
from localstack_parity.logs.event_store import Event, EventStore

_MAX_EVENTS = 10_000
_FOLDER = Path(config.dirs.tmp) / "log-events"
_counting = threading.Lock()  # of all streams: it is held for a moment


def install() -> None:
    """Have every new stream be one of these; what an emulator before has left is removed."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    models.LogStream = StoredStream


class StoredStream(LogStream):
    """A log stream of moto's, with its events in an EventStore."""

    def __init__(self, log_group: Any, name: str) -> None:
        super().__init__(log_group, name)
        self.store = EventStore(_FOLDER)

    def put_log_events(self, log_events: Sequence[Mapping[str, Any]]) -> str:
        """Store events, and then send them to what is subscribed."""
        self.last_ingestion_time = now = int(unix_time_millis())
        size = sum(len(event["message"]) for event in log_events)
        texts = ((event["timestamp"], event["message"]) for event in log_events)
        events = self.store.add(texts, now)
        with _counting:
            self.stored_bytes += size
            self.upload_sequence_token += 1
            token = self.upload_sequence_token
        subscriptions.send(self, events)
        return f"{token:056d}"

    def to_describe_dict(self) -> dict[str, Any]:
        """The stream as DescribeLogStreams shows it."""
        described = {
            "arn": self.arn,
            "creationTime": self.creation_time,
            "logStreamName": self.log_stream_name,
            "storedBytes": self.stored_bytes,
        }
        if span := self.store.span:
            described |= {
                "firstEventTimestamp": span[0],
                "lastEventTimestamp": span[1],
                "lastIngestionTime": self.last_ingestion_time,
                "uploadSequenceToken": str(self.upload_sequence_token),
            }
        return described

    def get_log_events(
        self,
        start_time: int | None,
        end_time: int | None,
        limit: int | None,
        next_token: str | None,
        start_from_head: bool,
    ) -> tuple[list[dict[str, Any]], str, str]:
        """A page of events by time, and the tokens for the one before it and the one after it.

        A token has the place of the page's border among the events of that time.
        """
        first, past = self.store.between(start_time or None, end_time or None)
        size, last = limit or _MAX_EVENTS, past - first - 1
        if next_token:
            direction, border = _read_token(next_token)
            begin = border + 1 if direction == "f" else border - size
            end = begin + size if direction == "f" else border
        else:
            begin = 0 if start_from_head else last + 1 - size
            end = begin + size
        begin = max(begin, 0)
        if begin > last:
            return [], _token("b", last), _token("f", last)
        if end <= 0:
            return [], _token("b", 0), _token("f", 0)
        end = min(end, last + 1)
        page = self.store.at(first + begin, first + end)
        return [_shown(event) for event in page], _token("b", begin), _token("f", end - 1)

    def __getstate__(self) -> dict[str, Any]:
        """All of it, for a saved state."""
        return {**self.__dict__, "store": self.store.content()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over what was saved."""
        self.__dict__.update(state, store=EventStore(_FOLDER))
        self.store.take_over(state["store"])

    def __deepcopy__(self, _memo: dict[int, Any]) -> "StoredStream":
        """Itself: LocalStack copies groups only to look at them."""
        return self


def _shown(event: Event) -> dict[str, Any]:
    return {
        "ingestionTime": event.ingested,
        "message": event.message,
        "timestamp": event.timestamp,
    }


def _token(direction: str, place: int) -> str:
    """What is before or after a place; -1 is where the first event will follow."""
    return f"{direction}/{place:056d}"


def _read_token(token: str) -> tuple[str, int]:
    direction, _, place = token.partition("/")
    if direction not in ("f", "b") or not place.removeprefix("-").isdecimal():
        raise InvalidParameterException("The specified nextToken is invalid.")
    return direction, int(place)
