"""Reads what a function writes: plain lines and the runtime's framed records, in their order.

In: bytes of the one pipe that stdout, stderr and the runtime's telemetry descriptor share. Out: log
events, (milliseconds since the epoch, message). Used by process.py.

The runtime frames each record of the `logging` module as type (4 bytes), length (4), microseconds
since the epoch (8), message, all big-endian, so a record may span lines. Anything else is text, and
each of its lines is an event.
"""

import time
from collections.abc import Callable

Event = tuple[int, str]

# Frame types are 0xa55a0002, 0xa55a0003 and the levels above them; no UTF-8 text has these bytes.
_MAGIC = b"\xa5\x5a\x00"
_HEADER = 16


class LogStream:
    """The log events of a runtime process that nobody has taken yet."""

    def __init__(self, wanted: Callable[[str], bool] = lambda line: True) -> None:
        """Keep of the plain lines those that are `wanted`."""
        self._wanted = wanted
        self._pending = bytearray()
        self._events: list[Event] = []
        self._latest = 0

    def feed(self, data: bytes) -> None:
        """Add what was read from the pipe."""
        self._pending += data
        while self._pending:
            frame = self._pending.find(_MAGIC)
            text_end = len(self._pending) if frame < 0 else frame
            self._take_lines(text_end)
            if frame < 0:
                return
            # A line that a frame interrupts continues after it, as a terminal would show it.
            start = self._pending.find(_MAGIC)
            header = self._pending[start : start + _HEADER]
            length = int.from_bytes(header[4:8])
            if len(header) < _HEADER or len(self._pending) < start + _HEADER + length:
                return
            at_us = int.from_bytes(header[8:16])
            message = self._pending[start + _HEADER : start + _HEADER + length]
            del self._pending[start : start + _HEADER + length]
            self.add(message.decode(errors="replace"), at_us // 1000)

    def _take_lines(self, end: int) -> None:
        last = self._pending.rfind(b"\n", 0, end)
        if last < 0:
            return
        for raw in self._pending[:last].split(b"\n"):
            line = raw.decode(errors="replace")
            if line and self._wanted(line):
                self.add(line + "\n")
        del self._pending[: last + 1]

    def add(self, message: str, at_ms: int | None = None) -> None:
        """Append an event; never earlier than the one before, as CloudWatch Logs wants them."""
        self._latest = max(self._latest, at_ms or time.time_ns() // 1_000_000)
        self._events.append((self._latest, message))

    def end_line(self) -> None:
        """Make an event of what was written without an end of line."""
        if self._pending:
            self.add(self._pending.decode(errors="replace"))
            self._pending.clear()

    def take(self) -> list[Event]:
        """Return the events so far and forget them."""
        self.end_line()
        events, self._events = self._events, []
        return events
