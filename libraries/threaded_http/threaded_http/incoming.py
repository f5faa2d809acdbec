"""What a client sends over its connection: read once, in order, within the limits of time."""

import re
import socket
import time
from collections.abc import Callable

from threaded_http.limits import Limits
from threaded_http.refusal import Disconnected, Refusal

_AT_ONCE = 64 * 1024
_END = b"\r\n\r\n"
_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?=[^\n])")

type Check = Callable[[int], None]


class Incoming:
    """The bytes of one connection, of which some may have been read ahead."""

    def __init__(self, connection: socket.socket, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits
        self._ahead = bytearray()

    def has_more(self) -> bool:
        """Say whether bytes have been read ahead: a client that waits for nothing sent them."""
        return bool(self._ahead)

    def head(self) -> bytes | None:
        """Return a request's head with the empty line behind it; None if there comes no other.

        Raises Refusal for one that is too large, too slow, or has lines that end otherwise than
        with CR LF.
        """
        began, seen = time.monotonic(), 0
        while True:
            while self._ahead.startswith(b"\r\n"):  # RFC 9112, section 2.2: ignored
                del self._ahead[:2]
            end = self._ahead.find(_END, max(0, seen - len(_END)))
            if 0 <= end <= self._limits.head:
                return self._taken(end + len(_END))
            seen = len(self._ahead)
            if seen > self._limits.head:
                raise Refusal(
                    "431 Request Header Fields Too Large",
                    f"Request line and headers may have {self._limits.head} bytes together.",
                )
            if _BARE_LINE_END.search(self._ahead):
                raise Refusal("400 Bad Request", "Lines of a request end with CR LF.")
            if not seen:
                began = time.monotonic()
            elif time.monotonic() - began > self._limits.head_s:
                raise _too_slow()
            try:
                data = self._connection.recv(_AT_ONCE)
            except TimeoutError:
                if self._ahead:
                    raise _too_slow() from None
                return None
            if not data:
                return None
            self._ahead += data

    def line(self) -> bytes:
        """Return a line of at most the size of a head, without its CR LF."""
        while (end := self._ahead.find(b"\r\n")) < 0:
            if len(self._ahead) > self._limits.head:
                raise Refusal("400 Bad Request", "A line of a chunked body is too long.")
            self._ahead += self._received(_AT_ONCE)
        line = self._taken(end + 2)[:-2]
        if b"\r" in line or b"\n" in line:
            raise Refusal("400 Bad Request", "Lines of a chunked body end with CR LF.")
        return line

    def some(self, most: int) -> bytes:
        """Return between one byte and `most`, as soon as there are any."""
        if self._ahead:
            return self._taken(min(most, len(self._ahead)))
        return self._received(most)

    def _received(self, most: int) -> bytes:
        try:
            data = self._connection.recv(most)
        except TimeoutError:
            raise _too_slow() from None
        if not data:
            raise Disconnected
        return data

    def _taken(self, size: int) -> bytes:
        data = bytes(self._ahead[:size])
        del self._ahead[:size]
        return data


def _too_slow() -> Refusal:
    return Refusal("408 Request Timeout", "The request did not arrive in time.")
