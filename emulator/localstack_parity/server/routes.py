"""Finds out fast that a request is for none of the emulator's own routes, as hardly one is.

A search takes werkzeug 0.15 ms of processor time, and most of that is the exception of a page that
was not found. Where no route begins like a request's path the outcome is known beforehand.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from rolo.request import get_raw_path
from werkzeug.routing import Map


def serve(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """Serve a request that is for one of the routes."""
    request = context.request
    path = get_raw_path(request)
    begin = path.removeprefix("/").partition("/")[0]
    routes = handlers.serve_edge_router_rules.router.url_map
    # Slashes that are doubled may be merged, and lead to another route.
    if not path.startswith("/") or "//" in path or may_lead(routes, request.host.lower(), begin):
        handlers.serve_edge_router_rules(chain, context, response)


@lru_cache(maxsize=1024)
def may_lead(routes: Map, host: str, begin: str) -> bool:
    """Say whether a path of this host leads anywhere whose first part is `begin`.

    A router makes a new map for each route that comes or goes.
    """
    first = list(_next(_next([routes._matcher._root], host), ""))
    if not begin and any(state.rules for state in first):
        return True
    return any(True for _ in _next(first, begin))


def _next(states: Iterable[Any], part: str) -> Iterator[Any]:
    """Follow werkzeug's transitions for a part of a path; a final one takes the rest with it."""
    for state in states:
        if part in state.static:
            yield state.static[part]
        for test, after in state.dynamic:
            if test.final or re.match(test.content, part):
                yield after
