"""LocalStack's own server, Twisted, for `TAPSTACK_SERVER=twisted`: to compare, and to fall back on.

It listens on all IPv4 addresses of the machine whatever IPv4 address it is given
(localstack/runtime/server/twisted.py); here it listens where the settings say.
"""

import threading
from typing import Any

from localstack import config
from localstack.aws.serving.twisted import TLSMultiplexerFactory
from localstack.runtime.server.twisted import TwistedRuntimeServer
from rolo.gateway import Gateway
from rolo.serving.twisted import TwistedGateway
from twisted.internet import reactor as twisted_reactor
from twisted.internet import ssl

from localstack_parity.server import gateway as gateways

reactor: Any = twisted_reactor  # Twisted chooses its class at run time


class TwistedServer(TwistedRuntimeServer):
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
