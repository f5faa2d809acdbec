"""Which server stands before the gateway, and what LocalStack's own handlers have no part in then.

`TAPSTACK_SERVER` is `threaded` (threaded_server.py) or `twisted` (twisted_server.py). Either
listens on exactly the addresses that GATEWAY_LISTEN names, and nowhere else.
"""

import os
from typing import Any

from localstack import config
from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.aws.handlers import cors
from localstack.http import Response
from localstack.runtime.runtime import LocalstackRuntime
from localstack.utils.aws import aws_stack

from localstack_parity.server import gateway as gateways

_SWITCH = "TAPSTACK_SERVER"


def install(runtime: LocalstackRuntime) -> None:
    """Have `runtime`, which is starting, served by it."""
    if config.GATEWAY_SERVER != "twisted":  # LocalStack's default
        raise ValueError(
            f"GATEWAY_SERVER={config.GATEWAY_SERVER} is not available here: web pages are kept out "
            f"by the servers that {_SWITCH} names, threaded and twisted."
        )
    server = _server()
    runtime.components.runtime_server = server
    # LocalStack finds out whether it listens by asking 127.0.0.1.
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


def _server() -> Any:
    """Make the server that is asked for; the other one is not even imported."""
    match os.environ.get(_SWITCH, ""):
        case "" | "threaded":
            from localstack_parity.server.threaded_server import ThreadedServer

            return ThreadedServer()
        case "twisted":
            from localstack_parity.server.twisted_server import TwistedServer

            return TwistedServer()
        case unknown:
            raise ValueError(f"{_SWITCH}={unknown}: there are the servers threaded and twisted.")


def _answer_preflight(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """Answer OPTIONS for services that do not do so themselves; who asks was checked before."""
    if context.request.method == "OPTIONS" and cors.should_enforce_self_managed_service(context):
        response.status_code = 204
        chain.stop()
