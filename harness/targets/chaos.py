"""Client of the emulator's fault injection API.

emulator/README.md, "Faults on purpose", has its rules.
"""

from typing import Any

from harness.targets import own_routes

PATH = "/_localstack/chaos"
KINDS = ("/faults", "/effects", "/events", "/invocations")  # of what can go wrong, below PATH


def takes_faults(endpoint: str | None) -> bool:
    """Whether what answers at this URL accepts rules of what is to go wrong."""
    try:
        return endpoint is not None and "seed" in ask(endpoint, "GET")
    except (OSError, ValueError, TypeError):
        return False


def ask(endpoint: str, method: str, path: str = "", document: object = None) -> Any:
    """The answer to one request below PATH.

    Raises OSError where nothing answers or it refuses, ValueError for an answer that is no JSON.
    """
    return own_routes.ask(endpoint, PATH + path, method, document)
