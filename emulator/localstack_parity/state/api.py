"""State over HTTP.

POST /_localstack/state/reset drops everything, as LocalStack names it. GET /_tapstack/states lists
what was saved, POST /_tapstack/states/NAME saves, and POST /_tapstack/states/NAME/load loads.

As all routes of the emulator's own, for its owner; see own_routes.py.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.internal import get_internal_apis

from localstack_parity.state import traffic
from localstack_parity.state.files import Unusable
from localstack_parity.state.traffic import Busy

RESET = "/_localstack/state/reset"
STATES = "/_tapstack/states"


def install() -> None:
    """Begin to answer."""
    traffic.install()
    get_internal_apis().add(RESET, _reset, methods=["POST"])
    ROUTER.add(STATES, _list, methods=["GET"])
    ROUTER.add(f"{STATES}/<name>", _save, methods=["POST"])
    ROUTER.add(f"{STATES}/<name>/load", _load, methods=["POST"])


def _reset(_request: Request) -> Response:
    from localstack_parity.state import reset

    def act() -> Any:
        reset.reset()
        return {}

    return _answered("reset", act)


def _list(_request: Request) -> Response:
    from localstack_parity.state import snapshot

    return _answered("listed", lambda: {"states": [asdict(one) for one in snapshot.listed()]})


def _save(_request: Request, name: str) -> Response:
    from localstack_parity.state import snapshot

    return _answered("saved", lambda: asdict(snapshot.save(name)))


def _load(_request: Request, name: str) -> Response:
    from localstack_parity.state import snapshot

    return _answered("loaded", lambda: asdict(snapshot.load(name)))


def _answered(done: str, act: Callable[[], Any]) -> Response:
    """Answer with what `act` returns, or with a sentence that says why nothing was `done`."""
    try:
        return _answer(act(), 200)
    except Busy as busy:
        reason, remedy = f"Nothing was {done}, as this is under way: {busy}.", "Try again later."
        return _answer({"error": reason, "remedy": remedy}, 409)
    except Unusable as problem:
        return _answer({"error": problem.reason, "remedy": problem.remedy}, 400)
    except OSError as error:
        reason, remedy = f"Nothing was {done}: {error.strerror}.", "What was saved is as it was."
        return _answer({"error": reason, "remedy": remedy}, 507)


def _answer(document: Any, status: int) -> Response:
    return Response(json.dumps(document), status, mimetype="application/json")
