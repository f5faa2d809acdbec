"""Reads what a function writes: plain lines and the runtime's framed records, in their order.

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
        self._line = bytearray()  # the beginning of a line whose end has not come yet
        self._pending = bytearray()  # what follows, if it may be a frame that is not complete
        self._events: list[Event] = []
        self._latest = 0

    def feed(self, data: bytes) -> None:
        """Add what was read from the pipe; look at no byte of text a second time."""
        self._pending += data
        while self._pending:
            if not self._pending.startswith(_MAGIC):
                frame = self._pending.find(_MAGIC)
                end = frame if frame >= 0 else len(self._pending) - _begun(self._pending)
                self._take_text(bytes(self._pending[:end]))
                del self._pending[:end]
                if frame < 0:
                    return
            # A line that a frame interrupts continues after it, as a terminal would show it.
            header = self._pending[:_HEADER]
            end = _HEADER + int.from_bytes(header[4:8])
            if len(header) < _HEADER or len(self._pending) < end:
                return
            at_us = int.from_bytes(header[8:16])
            message = self._pending[_HEADER:end]
            del self._pending[:end]
            self.add(message.decode(errors="replace"), at_us // 1000)

    def _take_text(self, text: bytes) -> None:
        *ended, rest = text.split(b"\n")
        for part in ended:
            self._line += part
            line = self._line.decode(errors="replace")
            self._line.clear()
            if line and self._wanted(line):
                self.add(line + "\n")
        self._line += rest

    def add(self, message: str, at_ms: int | None = None) -> None:
        """Append an event; never earlier than the one before, as CloudWatch Logs wants them."""
        self._latest = max(self._latest, at_ms or time.time_ns() // 1_000_000)
        self._events.append((self._latest, message))

    def end_line(self) -> None:
        """Make an event of what was written without an end of line."""
        if rest := self._line + self._pending:
            self.add(rest.decode(errors="replace"))
            self._line.clear()
            self._pending.clear()

    def take(self) -> list[Event]:
        """Return the events so far and forget them."""
        self.end_line()
        events, self._events = self._events, []
        return events


def _begun(data: bytearray) -> int:
    """How many of the last bytes may be the beginning of a frame."""
    return next((n for n in (2, 1) if data.endswith(_MAGIC[:n])), 0)
