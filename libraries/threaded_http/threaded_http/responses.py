"""What is sent back. Sources: RFC 9112, sections 6 and 7; RFC 9110, sections 6.4.1 and 8.6."""

import logging
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from wsgiref.handlers import format_date_time

from threaded_http.files import FileBody
from threaded_http.head import Head
from threaded_http.refusal import Refusal

LOG = logging.getLogger(__name__)

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_IN_ONE_SEND = 64 * 1024  # head and body together, if they have no more
_BY_KERNEL = 512 * 1024  # of a file that has at least so much; reading a smaller one costs less
_OURS = frozenset({"server", "date", "connection", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What an application answers; `body` is closed at the end if it has a method for that."""

    status: str  # such as `200 OK`
    headers: Sequence[tuple[str, str]]
    body: Iterable[bytes] = ()


def send(
    connection: socket.socket, server: str, head: Head, answer: Answer, *, keep_alive: bool
) -> bool:
    """Send an answer to a request; return whether the connection can serve another one.

    It cannot if a body is shorter or longer than its Content-Length, or cannot be made: what was
    sent cannot be taken back, so the client has to see that it is cut off. Raises Refusal if that
    is known before anything was sent.
    """
    try:
        length = _length_of(answer.headers)
        has_body = head.method != "HEAD" and not _is_without_body(answer.status)
        chunked = has_body and length is None and head.version == "1.1"
        if has_body and length is None and not chunked:
            keep_alive = False  # the end of the connection is that of the body
        first = _head_of(answer, server, chunked=chunked, keep_alive=keep_alive)
        if not has_body:
            connection.sendall(first)
            return keep_alive
        if isinstance(answer.body, FileBody) and _by_kernel(answer.body, length, connection):
            return answer.body.send(connection, first) and keep_alive
        parts = _in_chunks(answer.body) if chunked else _measured(answer.body, length)
        return _send_parts(connection, first, parts) and keep_alive
    finally:
        if close := getattr(answer.body, "close", None):
            close()


def send_refusal(connection: socket.socket, server: str, refusal: Refusal) -> None:
    """Say why a request is refused, and that the connection ends."""
    body = f"{refusal.reason}\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
    ]
    first = _head_of(Answer(refusal.status, headers), server, chunked=False, keep_alive=False)
    connection.sendall(first + body)


def _send_parts(connection: socket.socket, first: bytes, parts: Iterator[bytes]) -> bool:
    """Send the head with as much of the body as there is; return whether all of it was sent."""
    unsent = first
    while True:
        try:
            part = next(parts, None)
        except Exception as problem:
            LOG.exception("The body of an answer could not be made.")
            if unsent:
                raise _no_answer() from problem
            return False
        if part is None:
            break
        if unsent and len(unsent) + len(part) > _IN_ONE_SEND:
            connection.sendall(unsent)
            unsent = b""
        connection.sendall(unsent + part if unsent else part)
        unsent = b""
    if unsent:
        connection.sendall(unsent)
    return True


def _by_kernel(body: FileBody, length: int | None, connection: socket.socket) -> bool:
    """Say whether the kernel sends a file: it is large, all there, and not to be encrypted."""
    plain = not isinstance(connection, ssl.SSLSocket)
    return plain and body.size == length and body.size >= _BY_KERNEL


def _head_of(answer: Answer, server: str, *, chunked: bool, keep_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status}",
        f"Server: {server}",
        f"Date: {_date(int(time.time()))}",
        *(f"{name}: {value}" for name, value in answer.headers if name.lower() not in _OURS),
    ]
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    if not keep_alive:
        lines.append("Connection: close")
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
        LOG.error("An answer has a line end in its status or a header: %r", answer.headers)
        raise _no_answer()
    return text.encode("latin-1") + b"\r\n\r\n"


def _measured(body: Iterable[bytes], length: int | None) -> Iterator[bytes]:
    """Pass on a body that has to have `length` bytes, or that ends with the connection (None)."""
    sent = 0
    for part in body:
        sent += len(part)
        if length is not None and sent > length:
            raise ValueError(f"The body is longer than its Content-Length, {length}.")
        if part:
            yield part
    if length is not None and sent < length:
        raise ValueError(f"The body has {sent} bytes of its Content-Length, {length}.")


def _in_chunks(body: Iterable[bytes]) -> Iterator[bytes]:
    for part in body:
        if part:  # an empty chunk would be the last one
            yield b"%x\r\n%b\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


def _length_of(headers: Sequence[tuple[str, str]]) -> int | None:
    for name, value in headers:
        if name.lower() == "content-length":
            return int(value)
    return None


def _is_without_body(status: str) -> bool:
    return status.startswith(("1", "204", "304"))


def _no_answer() -> Refusal:
    return Refusal("500 Internal Server Error", "The answer could not be made: see the log.")


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return format_date_time(second)
