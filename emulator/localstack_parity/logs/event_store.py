"""The events of one log stream: their texts in a file, in memory only where each is found.

A function logs several kilobytes for each image; kept as objects they would be most of what the
emulator's memory grows by. Here an event takes 36 bytes, and a page of events costs what is on it,
whatever else the stream holds.
"""

import itertools
import threading
import weakref
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_AT_A_TIME = 256  # events that are read in one go: of what is not wanted, no more than these

_numbers = itertools.count()  # of events and files; those of a saved state are below it
_numbering = threading.Lock()


class Event(NamedTuple):
    """One log event; its times are milliseconds since the epoch, and its id grows with each."""

    timestamp: int
    id: int
    ingested: int
    message: str


class Content(NamedTuple):
    """What a store holds, to be saved: a column for each thing known of events, and their texts."""

    columns: tuple[array[int], ...]
    text: bytes


class EventStore:
    """Events by time, those of the same millisecond as they came. Threads may share it.

    Their texts are in a file of its own in the `folder`, which is gone when the store is.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._times, self._ids, self._ingested = array("q"), array("q"), array("q")
        self._begins, self._lengths = array("q"), array("l")
        self._path, self._end = _file_for(self, folder), 0

    def __len__(self) -> int:
        return len(self._times)

    @property
    def span(self) -> tuple[int, int] | None:
        """The times of the first and the last event; None if there is none."""
        with self._lock:
            return (self._times[0], self._times[-1]) if self._times else None

    def add(self, events: Iterable[tuple[int, str]], ingested: int) -> list[Event]:
        """Keep events, each with its time and in the order of times. OSError if the disk is full.

        A batch that begins before the last event is put where it belongs: as far as it reaches
        back, what is there is sorted anew. What a full disk took of a batch is written over by the
        next one.
        """
        with self._lock, open(self._path, "r+b") as file:
            file.seek(self._end)
            added = [Event(at, _next_number(), ingested, message) for at, message in events]
            data = [event.message.encode("utf-8", "surrogatepass") for event in added]
            file.write(b"".join(data))
            file.flush()
            first = bisect_right(self._times, added[0].timestamp) if added else len(self)
            late = first < len(self)
            self._times.extend(event.timestamp for event in added)
            self._ids.extend(event.id for event in added)
            self._ingested.extend(itertools.repeat(ingested, len(added)))
            for text in data:
                self._begins.append(self._end)
                self._lengths.append(len(text))
                self._end += len(text)
            if late:
                self._sort_from(first)
        return added

    def between(self, start: int | None, end: int | None) -> tuple[int, int]:
        """The places of the events from `start` to `end`, both included: first, and one past."""
        with self._lock:
            first = 0 if start is None else bisect_left(self._times, start)
            past = len(self._times) if end is None else bisect_right(self._times, end)
            return first, max(first, past)

    def at(self, first: int, past: int) -> list[Event]:
        """The events at these places."""
        with self._lock:
            return self._read(first, min(past, len(self._times)))

    def after(self, last: tuple[int, int], end: int | None = None) -> Iterator[Event]:
        """The events whose time and id are beyond `last`, until `end`, which is included.

        Events that are added meanwhile may be among them.
        """
        while found := self._some_after(last, end):
            yield from found
            last = found[-1].timestamp, found[-1].id

    def _some_after(self, last: tuple[int, int], end: int | None) -> list[Event]:
        with self._lock:
            same = bisect_left(self._times, last[0]), bisect_right(self._times, last[0])
            first = bisect_right(self._ids, last[1], *same)
            past = len(self._times) if end is None else bisect_right(self._times, end)
            return self._read(first, min(past, first + _AT_A_TIME))

    def _read(self, first: int, past: int) -> list[Event]:
        """The events at some places. A file has a buffer, and most texts follow one another."""
        events: list[Event] = []
        if first >= past:
            return events
        with open(self._path, "rb") as file:
            for place in range(first, past):
                file.seek(self._begins[place])
                text = file.read(self._lengths[place]).decode("utf-8", "surrogatepass")
                at, id_, ingested = self._times[place], self._ids[place], self._ingested[place]
                events.append(Event(at, id_, ingested, text))
        return events

    def _sort_from(self, first: int) -> None:
        """Put the events from that place on in the order of times and ids."""
        places = sorted(
            range(first, len(self._times)), key=lambda each: (self._times[each], self._ids[each])
        )
        for column in (self._times, self._ids, self._ingested, self._begins, self._lengths):
            column[first:] = array(column.typecode, [column[place] for place in places])

    def content(self) -> Content:
        """All of it, for a saved state."""
        with self._lock:
            columns = (self._times, self._ids, self._ingested, self._begins, self._lengths)
            text = Path(self._path).read_bytes()[: self._end]
            return Content(tuple(array(each.typecode, each) for each in columns), text)

    def take_over(self, content: Content) -> None:
        """Hold what an empty store was saved with; events that come get greater ids."""
        with self._lock:
            Path(self._path).write_bytes(content.text)
            self._end = len(content.text)
            self._times, self._ids, self._ingested, self._begins, self._lengths = content.columns
        _number_from(max(self._ids, default=-1) + 1)


def _file_for(owner: EventStore, folder: Path) -> str:
    """An empty file, which is removed with its owner."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_next_number():012}"
    path.touch(exist_ok=False)
    weakref.finalize(owner, path.unlink, missing_ok=True).atexit = False
    return str(path)


def _next_number() -> int:
    with _numbering:
        return next(_numbers)


def _number_from(number: int) -> None:
    """Have the next number be that one, unless it is greater already."""
    global _numbers
    with _numbering:
        _numbers = itertools.count(max(number, next(_numbers)))
