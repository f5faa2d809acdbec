"""The server: listens on exactly the addresses that GATEWAY_LISTEN names, and nowhere else.

LocalStack's own listens on all IPv4 addresses of the machine whatever IPv4 address it is given
(localstack/runtime/server/twisted.py), and finds out whether it does by asking 127.0.0.1.
"""

import threading
from typing import Any

from localstack import config
from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.aws.handlers import cors
from localstack.aws.serving.twisted import TLSMultiplexerFactory
from localstack.http import Response
from localstack.runtime.runtime import LocalstackRuntime
from localstack.runtime.server.twisted import TwistedRuntimeServer
from localstack.utils.aws import aws_stack
from rolo.gateway import Gateway
from rolo.serving.twisted import TwistedGateway
from twisted.internet import reactor as twisted_reactor
from twisted.internet import ssl

from localstack_parity.server import gateway as gateways

reactor: Any = twisted_reactor  # Twisted chooses its class at run time
_SERVER = "twisted"


class ExactServer(TwistedRuntimeServer):
    """LocalStack's Twisted server, with the right addresses and the checks of gateway.py."""

    def __init__(self) -> None:
        super().__init__()
        self.running = threading.Event()

    def register(
        self,
        gateway: Gateway,
        listen: list[config.HostAndPort],
        ssl_creds: tuple[str, str] | None = None,
    ) -> None:
        """Listen. Raises twisted's CannotListenError for an address that cannot be had."""
        site = TwistedGateway(gateways.guard(gateway, [address.host for address in listen]))
        if ssl_creds:
            certificate, key = ssl_creds
            context = ssl.DefaultOpenSSLContextFactory(key, certificate)
            context.getContext().use_certificate_chain_file(certificate)
            site = TLSMultiplexerFactory(context, False, site)
        for address in listen:
            reactor.listenTCP(address.port, site, interface=address.host)
        reactor.callWhenRunning(self.running.set)


def install(runtime: LocalstackRuntime) -> None:
    """Have `runtime`, which is starting, served by it."""
    if config.GATEWAY_SERVER != _SERVER:
        raise ValueError(
            f"GATEWAY_SERVER={config.GATEWAY_SERVER} is not available here: web pages are kept out "
            f"by the server {_SERVER}."
        )
    server = ExactServer()
    runtime.components.runtime_server = server
    runtime._wait_for_gateway = server.running.wait
    # Whether its public name for S3 resolves: LocalStack asks a DNS server unless this is known.
    aws_stack.CACHE_S3_HOSTNAME_DNS_STATUS = False
    # LocalStack's own checks know other origins, and nothing of Host and Sec-Fetch-Site.
    cors.ALLOWED_CORS_ORIGINS[:] = gateways.trusted_origins()
    cors.DYNAMIC_INTERNAL_ORIGINS = ()
    chain = runtime.components.gateway.request_handlers
    chain[chain.index(handlers.enforce_cors)] = _answer_preflight


def host_for_functions() -> str:
    """Where a process of this machine finds the emulator: what it listens on first, for a URL."""
    host = config.GATEWAY_LISTEN[0].host
    here = {"0.0.0.0": "127.0.0.1", "localhost": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{here}]" if ":" in here else here


def _answer_preflight(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """Answer OPTIONS for services that do not do so themselves; who asks was checked before."""
    if context.request.method == "OPTIONS" and cors.should_enforce_self_managed_service(context):
        response.status_code = 204
        chain.stop()
