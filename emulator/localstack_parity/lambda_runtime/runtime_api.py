"""The Lambda Runtime API of one runtime process: a small HTTP server without threads of its own.

Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
"""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

API = "/2018-06-01/runtime/"
# What a runtime that stopped reading may cost the thread that writes to it.
_SEND_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """One keep-alive connection of the runtime."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(_SEND_TIMEOUT_S)
        self._received = bytearray()
        self._request_length: int | None = None

    def read(self) -> Iterator[Request]:
        """Take what has arrived and yield the requests that are complete.

        Raises ConnectionError when the other end is gone.
        """
        data = self.sock.recv(262_144)
        if not data:
            raise ConnectionResetError("the runtime closed the connection")
        self._received += data
        while request := self._next_request():
            yield request

    def _next_request(self) -> Request | None:
        if self._request_length is not None and len(self._received) < self._request_length:
            return None
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        first, *lines = self._received[:end].decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.split(":", 1) for line in lines)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        start = end + 4
        self._request_length = start + int(headers.get("content-length", 0))
        if len(self._received) < self._request_length:
            return None
        body = bytes(self._received[start : self._request_length])
        del self._received[: self._request_length]
        self._request_length = None
        return Request(method, path, headers, body)

    def reply(
        self,
        status: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer with one write, so that no reply waits for a delayed acknowledgement."""
        lines = [
            f"HTTP/1.1 {status}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
            "\r\n",
        ]
        self.sock.sendall("\r\n".join(lines).encode() + body)


def listen() -> socket.socket:
    """Return a listening socket on a free port of the loopback interface."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=8)
    listener.setblocking(False)
    return listener
