"""HTTP connections to one endpoint, kept open from one request to the next.

What goes wrong on them is raised as botocore raises it, so that one `except` serves both.
"""

import http.client
import select
import ssl
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.httpsession import get_cert_path


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and its whole body. A header that is there twice is there as its last."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """As many connections to the endpoint as there are requests at a time. Threads may share it.

    `endpoint` is its URL, and `folder` the path in it, with which every target begins. With https
    its certificate must be of an authority that botocore trusts. Seconds are those until a
    connection is there, and without a byte on one.
    """

    def __init__(self, endpoint: str, connect_s: float, read_s: float) -> None:
        parts = urlsplit(endpoint)
        self.endpoint, self.host, self.folder = endpoint, parts.netloc, parts.path.rstrip("/")
        self._connect_s, self._read_s = connect_s, read_s
        self._secure = None
        if parts.scheme == "https":
            self._secure = ssl.create_default_context(cafile=get_cert_path(verify=True))
        self._idle: deque[http.client.HTTPConnection] = deque()

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request, once. Raises a BotoCoreError where it gets no whole answer."""
        connection = self._connection()
        try:
            # Who refuses a request may hang up before its end, and what it has answered counts.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, target, body or None, dict(headers))
            with connection.getresponse() as response:
                received = {name.lower(): value for name, value in response.headers.items()}
                answer = Answer(response.status, received, response.read())
                kept = not response.will_close
        except TimeoutError as error:
            connection.close()
            raise ReadTimeoutError(endpoint_url=self.endpoint, error=error) from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ConnectionClosedError(endpoint_url=self.endpoint, error=error) from error
        if kept:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        """One that is open: the one used last, unless the other end has closed it since."""
        while self._idle:
            try:
                kept = self._idle.pop()
            except IndexError:  # another thread took it
                break
            if not _closed(kept):
                return kept
            kept.close()
        return self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        if self._secure:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self.host, timeout=self._connect_s, context=self._secure
            )
        else:
            connection = http.client.HTTPConnection(self.host, timeout=self._connect_s)
        try:
            connection.connect()
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=self.endpoint, error=error) from error
        except ssl.SSLError as error:
            raise SSLError(endpoint_url=self.endpoint, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self.endpoint, error=error) from error
        connection.sock.settimeout(self._read_s)
        return connection


def _closed(connection: http.client.HTTPConnection) -> bool:
    """Whether there is something to read where nothing was asked: the end, or no answer of ours."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
