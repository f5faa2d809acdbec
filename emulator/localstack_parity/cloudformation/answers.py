"""Where a custom resource's function PUTs its answer: the ResponseURL and the wait behind it.

In: the PUT that a function sends to its ResponseURL. Out: the answer's body, or why none came.
Called by ``custom_resources``, which opens one mailbox per request.
"""

import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from localstack import config
from localstack.http import Request, Response
from localstack.services.edge import ROUTER

_PATH = "/_localstack_parity/custom-resource-answers"
_open: dict[str, Future[bytes]] = {}
_routed = threading.Lock()
_route: object | None = None


@dataclass(frozen=True)
class Mailbox:
    """One ResponseURL, and the future that its first PUT completes."""

    url: str
    body: Future[bytes]


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Open a ResponseURL that accepts one answer and stops existing when the block ends."""
    _serve()
    token = secrets.token_urlsafe(24)
    body = _open[token] = Future[bytes]()
    # A literal address: a function process must not depend on how "localhost" resolves.
    url = config.internal_service_url(host="127.0.0.1")
    try:
        yield Mailbox(url=f"{url}{_PATH}/{token}", body=body)
    finally:
        del _open[token]


def _serve() -> None:
    global _route
    with _routed:
        if _route is None:
            _route = ROUTER.add(f"{_PATH}/<token>", endpoint=_receive, methods=["PUT"])


def _receive(request: Request, token: str) -> Response:
    """Take the first answer; a late or unknown one is refused as an expired pre-signed URL is."""
    body = _open.get(token)
    if body is None:
        return Response("Request has expired", status=403)
    with suppress(InvalidStateError):  # a second answer is accepted, as by S3, and never read
        body.set_result(request.get_data())
    return Response(status=200)
