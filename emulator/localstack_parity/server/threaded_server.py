"""The server before LocalStack's gateway: threaded_http, which costs half of what Twisted does.

Source of the interface: localstack/runtime/server/core.py, LocalStack 4.14.0.
"""

import ssl
import threading
from typing import Any

from localstack import config
from localstack.runtime.server import RuntimeServer
from rolo.gateway import Gateway
from rolo.response import Response

from localstack_parity.server import gateway as gateways
from localstack_parity.server.gateway import GuardedGateway
from localstack_parity.server.requests import request_of
from threaded_http import Answer, Application, Limits, Server
from threaded_http.environ import Environ

_NAME = "TapStack"
_DEFAULT_TYPE = "text/plain; charset=utf-8"
# Status and headers by which werkzeug changes others.
_SPECIAL = frozenset({*range(100, 200), 204, 304})
_REWRITTEN = frozenset({"location", "content-location"})
_GRACE_S = 10.0  # for answers in the making when it stops, as LocalStack's own has it


class ThreadedServer(RuntimeServer):
    """Serves a gateway behind the checks of gateway.py, a thread for each connection."""

    def __init__(self) -> None:
        self.running = threading.Event()
        self._server: Server | None = None

    def register(
        self,
        gateway: Gateway,
        listen: list[config.HostAndPort],
        ssl_creds: tuple[str, str] | None = None,
    ) -> None:
        """Listen. Raises OSError for an address that cannot be had."""
        tls = None
        if ssl_creds:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(*ssl_creds)
        guarded = gateways.guard(gateway, [address.host for address in listen])
        limits = Limits(connections=config.GATEWAY_WORKER_COUNT)
        self._server = Server(application_of(guarded), name=_NAME, limits=limits, tls=tls)
        for address in listen:
            self._server.listen(address.host, address.port)

    def run(self) -> None:
        """Serve, and block."""
        assert self._server
        self.running.set()
        self._server.run()

    def shutdown(self) -> None:
        """Have `run` return once what is being answered is answered."""
        if self._server:
            self._server.stop(_GRACE_S)


def application_of(gateway: GuardedGateway) -> Application:
    """Return what answers a request by sending it through a gateway."""

    def answer(environ: Environ) -> Answer:
        # The type is werkzeug's default; without one it looks for what there is not yet.
        request, response = request_of(environ), Response(content_type=_DEFAULT_TYPE)
        gateway.process(request, response)
        return answer_of(response, environ)

    return answer


def answer_of(response: Response, environ: Environ) -> Answer:
    """Return what is sent for a response, as `get_wsgi_response` has it, which copies more."""
    headers = list(response.headers)
    names = {name.lower() for name, _ in headers}
    content = response.response
    in_file = getattr(content, "file_body", None)  # of an object of S3
    plain = (
        environ["REQUEST_METHOD"] != "HEAD"
        and response.status_code not in _SPECIAL
        and names.isdisjoint(_REWRITTEN)
        and (in_file or _are_bytes(content))
        and not response._on_close
    )
    if not plain:
        body, status, headers = response.get_wsgi_response(environ)
        return Answer(status, headers, body)
    if in_file:
        content = in_file()
    if "content-length" not in names:
        size = content.size if in_file else sum(map(len, content))
        headers.append(("Content-Length", str(size)))
    return Answer(response.status, headers, content)


def _are_bytes(content: Any) -> bool:
    return isinstance(content, list) and all(isinstance(part, bytes) for part in content)
