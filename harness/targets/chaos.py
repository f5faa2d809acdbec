"""The emulator's API of faults, over HTTP.

A request for an endpoint comes in, the answer's document goes out. trouble/disturb.py says with it
what is to go wrong; emulator/README.md, "Faults on purpose", says what may be asked.
"""

import json
import urllib.request
from typing import Any

PATH = "/_localstack/chaos"
KINDS = ("/faults", "/effects", "/events", "/invocations")  # of what can go wrong, below PATH
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_ANSWER_WITHIN_S = 30


def takes_faults(endpoint: str | None) -> bool:
    """Whether what answers at this URL can be told what is to go wrong."""
    try:
        return endpoint is not None and "seed" in ask(endpoint, "GET")
    except (OSError, ValueError, TypeError):
        return False


def ask(endpoint: str, method: str, path: str = "", document: object = None) -> Any:
    """The answer to one request below PATH.

    Raises OSError where nothing answers or it refuses, ValueError for an answer that is no JSON.
    """
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(endpoint.rstrip("/") + PATH + path, body, method=method)
    request.add_header("Content-Type", "application/json")
    with _NO_PROXY.open(request, timeout=_ANSWER_WITHIN_S) as answer:
        return json.load(answer)
