"""A server with an application that answers what it was asked, and raw connections to it."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from threaded_http import Answer, FileBody, Limits, Server
from threaded_http.environ import Environ

NAME = "test"


class Echo:
    """Answers what it was asked, as JSON; some paths have it misbehave."""

    def __init__(self) -> None:
        self.asked = threading.Event()  # a request for /wait has come
        self.go_on = threading.Event()  # which it is answered after

    def __call__(self, environ: Environ) -> Answer:
        body = environ["wsgi.input"].read()
        match environ["PATH_INFO"]:
            case "/wait":
                self.asked.set()
                self.go_on.wait(30)
            case "/empty":
                return Answer("204 No Content", [("ETag", "e")], [b"not to be sent"])
            case "/unchanged":
                return Answer("304 Not Modified", [("ETag", "e")], [b"not to be sent"])
            case "/parts":
                return Answer("200 OK", [], [b"one", b"", b"two"])
            case "/large":
                size = int(environ["QUERY_STRING"])
                pieces = (bytes(min(65536, size - at)) for at in range(0, size, 65536))
                return Answer("200 OK", [("Content-Length", str(size))], pieces)
            case "/file":
                path, begin, size, length = environ["QUERY_STRING"].split("&")
                file = open(path, "rb", buffering=0)  # noqa: SIM115 (closed with the answer)
                stretch = FileBody(file, int(begin), int(size))
                return Answer("200 OK", [("Content-Length", length)], stretch)
            case "/short":
                return Answer("200 OK", [("Content-Length", "10")], [b"five!"])
            case "/long":
                return Answer("200 OK", [("Content-Length", "2")], [b"a", b"bc"])
            case "/broken":
                return Answer("200 OK", [], _breaks())
            case "/injected":
                return Answer("200 OK", [("X-A", "b\r\nSet-Cookie: c")], [])
            case "/raises":
                raise RuntimeError("the application is broken")
        answer = json.dumps(
            {
                **{name: environ[name] for name in environ if isinstance(environ[name], str)},
                "headers": environ["rolo.headers"],
                "body": body.decode("latin-1"),
            }
        ).encode()
        return Answer("200 OK", [("Content-Length", str(len(answer)))], [answer])


def _breaks() -> Iterator[bytes]:
    yield b"begun"
    raise RuntimeError("no more")


@dataclass(frozen=True)
class Received:
    """What came back: one answer, or all that came until the connection ended."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    @property
    def echo(self) -> Any:
        return json.loads(self.body)


class Client:
    """One connection, byte for byte."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.reading = connection.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, method: str = "GET") -> Received:
        """Read one answer, as its framing says."""
        status = self.reading.readline().decode().strip()
        headers = []
        while line := self.reading.readline().decode("latin-1").strip():
            name, _, value = line.partition(": ")
            headers.append((name, value))
        found = Received(status, headers, b"")
        if method == "HEAD" or " 204 " in status or " 304 " in status or " 100 " in status:
            return found
        length = found.header("Content-Length")
        if length is not None:
            return Received(status, headers, self.reading.read(int(length)))
        if found.header("Transfer-Encoding") == "chunked":
            return Received(status, headers, self._chunks())
        return Received(status, headers, self.reading.read())

    def ask(self, data: bytes) -> Received:
        self.send(data)
        return self.answer(data.partition(b" ")[0].decode())

    def rest(self) -> bytes:
        """All that comes until the server closes."""
        return self.reading.read()

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.reading.readline(), 16):
            body += self.reading.read(size)
            assert self.reading.readline() == b"\r\n"
        assert self.reading.readline() == b"\r\n"
        return body


@dataclass(frozen=True)
class Running:
    """A running server."""

    server: Server
    port: int
    echo: Echo
    thread: threading.Thread

    @contextmanager
    def connected(self) -> Iterator[Client]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            client = Client(connection)
            with client.reading:  # a connection that is read as a file is open as long as that is
                yield client

    def ask(self, data: bytes) -> Received:
        with self.connected() as client:
            return client.ask(data)


@contextmanager
def serving(limits: Limits | None = None, **settings: Any) -> Iterator[Running]:
    """Serve on a free port of 127.0.0.1."""
    echo = Echo()
    server = Server(echo, name=NAME, limits=limits, **settings)
    port = server.listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Running(server, port, echo, thread)
    finally:
        echo.go_on.set()
        server.stop(10)
        thread.join()
