"""The gateway that the network sees: LocalStack's own, behind the checks of browsers.py.

It stands before the first handler, so that it holds for every route there is: services, virtual
hosts, `/_localstack`, `/_aws` and our own. Settings: TAPSTACK_ALLOWED_HOSTS, further names in Host
headers, and LocalStack's EXTRA_CORS_ALLOWED_ORIGINS, the origins of pages that may do everything.
"""

import logging
import os
import socket
from collections.abc import Iterable
from typing import Any

from localstack import config
from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER
from localstack.services.edge import ROUTER
from rolo import Response
from rolo.gateway import Gateway

from localstack_parity.iam import attached
from localstack_parity.server import own_routes
from localstack_parity.server.browsers import CorsRules, Door, Environment
from localstack_parity.server.names import Names

LOG = logging.getLogger(__name__)

_LOGGED_AT_MOST = 100


class GuardedGateway(Gateway):
    """Hands on to `gateway` what may come in."""

    def __init__(self, gateway: Gateway, door: Door) -> None:
        super().__init__()
        self._gateway = gateway
        self._door = door
        self._logged: set[str] = set()

    def process(self, request: Any, response: Any) -> None:
        """Answer a request."""
        if refused := self._refusal(request):
            response.update_from(refused)
            return
        # With it LocalStack's services tell each other on whose behalf they call.
        if config.IN_MEMORY_CLIENT:
            request.headers.pop(INTERNAL_REQUEST_PARAMS_HEADER, None)
        self._gateway.process(request, response)

    def accept(self, request: Any) -> None:
        """Refuse a web socket: Twisted asks here."""
        request.reject(self._refusal(request))

    def _refusal(self, request: Any) -> Response | None:
        if reason := self._door.refusal(request.environ):
            self._log(reason)
            return own_routes.forbidden(request, reason)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return Response("No service here has web sockets.\n", status=501)
        return own_routes.refusal(request)

    def _log(self, reason: str) -> None:
        """Once each: a page can ask as often as it likes."""
        if reason not in self._logged and len(self._logged) < _LOGGED_AT_MOST:
            self._logged.add(reason)
            LOG.warning("Refused: %s", reason)


def guard(gateway: Gateway, listen: Iterable[str]) -> GuardedGateway:
    """Put the door before `gateway`, as the settings say."""
    names = (*_listed(os.environ.get("TAPSTACK_ALLOWED_HOSTS", "")), socket.gethostname())
    known = Names((config.LOCALSTACK_HOST.host, *names), tuple(listen))
    return GuardedGateway(gateway, Door(known, trusted_origins(), _cors_rules))


def trusted_origins() -> list[str]:
    """The origins that may do everything, as the developer lists them.

    Raises ValueError for settings that would let in all.
    """
    origins = _listed(config.EXTRA_CORS_ALLOWED_ORIGINS)
    if "*" in origins or config.DISABLE_CORS_CHECKS:
        raise ValueError(
            "DISABLE_CORS_CHECKS and EXTRA_CORS_ALLOWED_ORIGINS=* would let every web page run "
            "code on this machine: name the origins in EXTRA_CORS_ALLOWED_ORIGINS."
        )
    return origins


def _cors_rules(bucket: str, request: Environment) -> CorsRules | None:
    """The CORS rules of a bucket; None unless S3 answers this request.

    LocalStack takes a path that begins with a bucket's name for S3's before it looks at anything
    else (S3CorsHandler), except for what a route of its own serves.
    """
    found = attached.bucket(bucket)
    path = str(request.get("RAW_URI", "")).partition("?")[0]
    routes = ROUTER.url_map.bind(request["HTTP_HOST"])
    if found is None or not path.startswith("/") or routes.allowed_methods(path):
        return None
    if own_routes.is_own(own_routes.path_of(request)):  # of the emulator, under whatever Host
        return None
    return list((found.cors_rules or {}).get("CORSRules", []))


def _listed(setting: str | None) -> list[str]:
    return [each.strip() for each in (setting or "").split(",") if each.strip()]
