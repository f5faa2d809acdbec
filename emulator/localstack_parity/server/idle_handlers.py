"""Takes out of LocalStack's chain what does nothing here: each request pays for every handler.

Measured per image of the pipeline, which makes six requests: 0.4 ms for log records that no handler
of the log takes, 0.5 ms for a search among the routes below /_localstack, 0.7 ms for one among all
other routes, 0.2 ms for headers that only web pages need, 0.1 ms for counters that are switched
off.
"""

import logging

from localstack import config
from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.aws.handlers import cors
from localstack.aws.handlers.metric_handler import MetricHandler
from localstack.constants import INTERNAL_RESOURCE_PATH
from localstack.http import Response
from localstack.logging.setup import get_log_level_from_config
from localstack.runtime.runtime import LocalstackRuntime

from localstack_parity.server import routes

_CORS_HEADERS = frozenset(name.lower() for name in cors.ALLOWED_CORS_RESPONSE_HEADERS)


def install(runtime: LocalstackRuntime) -> None:
    """Shorten the chain of `runtime`, as far as its settings leave handlers without work."""
    gateway = runtime.components.gateway
    requests, responses = gateway.request_handlers, gateway.response_handlers
    # Requests are logged at this level; the log's handlers take what is at LS_LOG or above.
    if get_log_level_from_config() > logging.INFO:
        responses.remove(handlers.log_response)
    if config.DISABLE_EVENTS:
        responses.remove(handlers.count_service_request)
    if not config.is_collect_metrics_mode():
        requests[:] = [each for each in requests if not _collects_metrics(each)]
        responses[:] = [each for each in responses if not _collects_metrics(each)]
    requests[requests.index(handlers.serve_localstack_resources)] = serve_own_resources
    requests[requests.index(handlers.serve_edge_router_rules)] = routes.serve
    responses[responses.index(handlers.add_cors_response_headers)] = add_cors_headers


def serve_own_resources(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """Serve what is below /_localstack; the routes of this router are nowhere else."""
    if INTERNAL_RESOURCE_PATH in context.request.path:
        handlers.serve_localstack_resources(chain, context, response)


def add_cors_headers(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """Add the headers that a web page needs, and take out those that are empty, if there are any.

    Source: CorsResponseEnricher, LocalStack 4.14.0.
    """
    empty = any(not value and name.lower() in _CORS_HEADERS for name, value in response.headers)
    if empty or "Origin" in context.request.headers:
        handlers.add_cors_response_headers(chain, context, response)


def _collects_metrics(handler: object) -> bool:
    return isinstance(getattr(handler, "__self__", None), MetricHandler)
