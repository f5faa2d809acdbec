"""State over HTTP: POST /_localstack/state/reset drops everything, as LocalStack names it.

As all routes of the emulator's own, for its owner; see own_routes.py.
"""

import json
from typing import Any

from localstack.http import Request, Response
from localstack.services.internal import get_internal_apis

from localstack_parity.state import traffic
from localstack_parity.state.traffic import Busy

RESET = "/_localstack/state/reset"


def install() -> None:
    """Begin to answer."""
    traffic.install()
    get_internal_apis().add(RESET, _reset, methods=["POST"])


def _reset(_request: Request) -> Response:
    from localstack_parity.state import reset

    try:
        reset.reset()
    except Busy as busy:
        return _answer({"error": f"Nothing was reset: {busy} is under way."}, 409)
    return _answer({}, 200)


def _answer(document: Any, status: int) -> Response:
    return Response(json.dumps(document), status, mimetype="application/json")
