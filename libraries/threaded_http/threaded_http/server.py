"""The server: listens, accepts, and gives every connection a thread."""

import contextlib
import logging
import selectors
import socket
import ssl
import threading
import time

from threaded_http.connection import Application, Connection
from threaded_http.limits import Limits
from threaded_http.refusal import Refusal

LOG = logging.getLogger(__name__)

_BACKLOG = 512
_PAUSE_S = 0.1  # after a connection that could not be accepted, mostly for want of descriptors
_FULL = Refusal("503 Service Unavailable", "There are too many connections: close some.")


class Server:
    """Serves `application` on any number of addresses until it is stopped."""

    def __init__(
        self,
        application: Application,
        *,
        name: str,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`name` is what the header Server says; `tls` is for clients that begin with TLS."""
        self._application = application
        self._name = name
        self._limits = limits or Limits()
        self._tls = tls
        self._selector = selectors.DefaultSelector()
        self._listening: list[socket.socket] = []
        self._connections: dict[Connection, threading.Thread] = {}
        self._lock = threading.Lock()
        self._woken, self._waker = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._grace_s: float | None = None  # once it is to stop

    def listen(self, host: str, port: int) -> int:
        """Listen on an address, and on no other; return the port, a free one for 0.

        Raises OSError for an address that cannot be had.
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        listening = socket.create_server(address, family=family, backlog=_BACKLOG)
        listening.setblocking(False)
        self._selector.register(listening, selectors.EVENT_READ, listening)
        self._listening.append(listening)
        return int(listening.getsockname()[1])

    def run(self) -> None:
        """Serve until `stop` is called, and until what is being answered then is answered."""
        while self._grace_s is None:
            for key, _ in self._selector.select():
                if key.data:
                    self._accept(key.data)
        self._selector.close()
        for each in (*self._listening, self._woken, self._waker):
            each.close()
        self._finish(time.monotonic() + self._grace_s)

    def stop(self, grace_s: float) -> None:
        """Have `run` accept nothing more, and wait at most `grace_s` seconds for answers."""
        self._grace_s = grace_s
        with contextlib.suppress(OSError):  # it has stopped already
            self._waker.send(b"x")

    def _accept(self, listening: socket.socket) -> None:
        try:
            accepted, _ = listening.accept()
        except BlockingIOError:
            return  # it has left already
        except OSError as problem:
            LOG.warning("A connection could not be accepted: %s", problem)
            time.sleep(_PAUSE_S)
            return
        connection = Connection(accepted, self._application, self._limits, self._tls, self._name)
        thread = threading.Thread(
            target=self._serve, args=(connection,), name="http-connection", daemon=True
        )
        with self._lock:
            full = len(self._connections) >= self._limits.connections
            if not full:
                self._connections[connection] = thread
        if full:
            connection.turn_away(_FULL)
            return
        try:
            thread.start()
        except RuntimeError:  # the machine has no more threads
            self._forget(connection)
            connection.turn_away(_FULL)

    def _serve(self, connection: Connection) -> None:
        try:
            connection.serve()
        finally:
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        with self._lock:
            del self._connections[connection]

    def _finish(self, until: float) -> None:
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            connection.stop()
        for thread in connections.values():
            thread.join(max(0.0, until - time.monotonic()))
