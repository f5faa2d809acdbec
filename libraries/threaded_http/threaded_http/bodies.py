"""The body of a request, received whole: in memory if it is small, otherwise in a file.

So a client that sends slowly holds nothing but its own thread. Source: RFC 9112, section 7.1.
"""

import logging
import os
import re
import time
from collections.abc import Iterator
from io import BytesIO
from tempfile import SpooledTemporaryFile, TemporaryFile, gettempdir
from typing import IO

from threaded_http.incoming import Incoming
from threaded_http.limits import Limits
from threaded_http.refusal import Refusal

LOG = logging.getLogger(__name__)

_AT_ONCE = 128 * 1024
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?")


def receive(incoming: Incoming, length: int | None, limits: Limits) -> IO[bytes]:
    """Return a body of `length` bytes, a chunked one for None, to be read from its beginning.

    Raises Refusal for one that is too large, too slow or badly framed; Disconnected.
    """
    if length == 0:
        return BytesIO()
    if length is None:
        pieces = _chunks(incoming, limits)
    elif length > limits.body:
        raise too_large(limits)
    else:
        pieces = _exactly(incoming, length)
    pieces = _in_time(pieces, limits)
    if length is not None and length <= limits.body_in_memory:
        return BytesIO(b"".join(pieces))
    body: IO[bytes] = (
        SpooledTemporaryFile(limits.body_in_memory)  # noqa: SIM115 (closed with the request)
        if length is None
        else _unnamed_file()
    )
    for piece in pieces:
        _write(body, piece)
    body.seek(0)
    return body


def _unnamed_file() -> IO[bytes]:
    """Return an unbuffered file that goes when it is closed, and that an application can name.

    Those of `tempfile` cannot get a name by link(2), so a large body would be written again to be
    kept. Source: open(2), O_TMPFILE without O_EXCL.
    """
    try:
        flags = os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC
        return open(os.open(gettempdir(), flags, 0o600), "r+b", buffering=0)
    except (AttributeError, OSError):  # not every system, nor every file system, has it
        return TemporaryFile(buffering=0)


def _write(body: IO[bytes], piece: bytes) -> None:
    """Write a piece; an unbuffered file takes a part of the last one that a full disk has room for.

    Raises Refusal.
    """
    try:
        if body.write(piece) == len(piece):
            return
    except OSError as problem:
        LOG.warning("The body of a request could not be kept: %s", problem)
    raise Refusal("507 Insufficient Storage", "There is no room for the body of this request.")


def _exactly(incoming: Incoming, length: int) -> Iterator[bytes]:
    while length:
        piece = incoming.some(min(length, _AT_ONCE))
        length -= len(piece)
        yield piece


def _chunks(incoming: Incoming, limits: Limits) -> Iterator[bytes]:
    total = 0
    while True:
        line = _CHUNK.fullmatch(incoming.line())
        if not line:
            raise Refusal("400 Bad Request", "A chunk begins with its size in hexadecimal digits.")
        size = int(line[1], 16)
        total += size
        if total > limits.body:
            raise too_large(limits)
        if not size:
            break
        yield from _exactly(incoming, size)
        if incoming.line():
            raise Refusal("400 Bad Request", "A chunk is longer than the size that it begins with.")
    trailer = 0
    while field := incoming.line():  # nothing here needs one
        trailer += len(field)
        if trailer > limits.head:
            raise Refusal("431 Request Header Fields Too Large", "The trailer is too long.")


def _in_time(pieces: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    """Give up on a body that trickles: it would hold a thread for days."""
    began, received = time.monotonic(), 0
    for piece in pieces:
        received += len(piece)
        if time.monotonic() - began > limits.idle_s + received / limits.body_rate:
            raise Refusal("408 Request Timeout", "The body did not arrive in time.")
        yield piece


def too_large(limits: Limits) -> Refusal:
    """Say what a body has more of than it may."""
    return Refusal("413 Content Too Large", f"A body may have {limits.body} bytes.")
