"""One connection: requests and their answers, one after the other, in a thread of its own."""

import contextlib
import logging
import socket
import ssl
import time
from collections.abc import Callable
from typing import IO, Any

from threaded_http import bodies, responses
from threaded_http.environ import Environ, environ_of
from threaded_http.head import Head, parse
from threaded_http.incoming import Incoming
from threaded_http.limits import Limits
from threaded_http.refusal import Disconnected, Refusal
from threaded_http.responses import Answer

LOG = logging.getLogger(__name__)

_TLS_HANDSHAKE = b"\x16"  # RFC 8446, section 5.1: the type of a client's first record

type Application = Callable[[Environ], Answer]


class Connection:
    """Serves one client until it leaves, is refused, or the server stops."""

    def __init__(
        self,
        accepted: socket.socket,
        application: Application,
        limits: Limits,
        tls: ssl.SSLContext | None,
        server: str,
    ) -> None:
        self._socket = accepted
        self._application = application
        self._limits = limits
        self._tls = tls
        self._server = server
        self._stopping = False

    def serve(self) -> None:
        """Answer every request that comes, then close."""
        try:
            self._socket.settimeout(self._limits.idle_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            scheme = self._begin_tls()
            client, local = self._socket.getpeername(), self._socket.getsockname()
            incoming = Incoming(self._socket, self._limits)
            while self._serve_one(incoming, client, local, scheme) and not self._stopping:
                pass
        except (OSError, Disconnected):
            pass  # the client has left, or takes nothing: there is nobody to tell
        finally:
            self._socket.close()

    def stop(self) -> None:
        """Let the answer that is being made be the last one."""
        self._stopping = True
        with contextlib.suppress(OSError):  # ends waiting for another request
            # Not SSLSocket's own, after which an answer would be sent as it is, not encrypted.
            socket.socket.shutdown(self._socket, socket.SHUT_RD)

    def turn_away(self, refusal: Refusal) -> None:
        """Refuse whatever the client asks, without waiting for it, and close."""
        with contextlib.suppress(OSError), self._socket:
            self._socket.setblocking(False)
            responses.send_refusal(self._socket, self._server, refusal)

    def _begin_tls(self) -> str:
        """Find out by the first byte which protocol the client speaks."""
        if self._tls and self._socket.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
            encrypted = self._tls.wrap_socket(
                self._socket, server_side=True, do_handshake_on_connect=False
            )
            self._socket = encrypted
            if self._stopping:  # who stops it may have seen the one before, which is no more
                self.stop()
            encrypted.do_handshake()
            return "https"
        return "http"

    def _serve_one(self, incoming: Incoming, client: Any, local: Any, scheme: str) -> bool:
        """Answer one request; return whether there can be another one."""
        try:
            data = incoming.head()
            if data is None:
                return False
            head = parse(data, self._limits.headers)
            body = self._body(incoming, head)
            try:
                answer = self._answer(environ_of(head, body, client, local, scheme))
                keep_alive = head.keep_alive and not self._stopping
                return responses.send(
                    self._socket, self._server, head, answer, keep_alive=keep_alive
                )
            finally:
                body.close()
        except Refusal as refusal:
            responses.send_refusal(self._socket, self._server, refusal)
            self._linger()
            return False

    def _body(self, incoming: Incoming, head: Head) -> IO[bytes]:
        if head.expects_continue and head.length != 0 and not incoming.has_more():
            if (head.length or 0) > self._limits.body:
                raise bodies.too_large(self._limits)  # before it is sent
            self._socket.sendall(responses.CONTINUE)
        return bodies.receive(incoming, head.length, self._limits)

    def _answer(self, environ: Environ) -> Answer:
        try:
            return self._application(environ)
        except Exception:
            LOG.exception("A request could not be answered.")
            return Answer("500 Internal Server Error", [("Content-Length", "0")])

    def _linger(self) -> None:
        """Take what the client still sends, for a moment: what is unread would undo our answer."""
        self._socket.shutdown(socket.SHUT_WR)
        until = time.monotonic() + self._limits.linger_s
        while time.monotonic() < until and self._socket.recv(64 * 1024):
            pass
