"""Faults over HTTP: what is to go wrong is set, shown and switched off below /_localstack/chaos.

The paths and formats of `faults` and `effects` are those of LocalStack's Chaos API
(https://docs.localstack.cloud/aws/capabilities/chaos-engineering/chaos-api/); the rest is ours.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from localstack.aws import handlers
from localstack.http import Request, Response
from localstack.services.internal import get_internal_apis

from localstack_parity.chaos import clock, dice, events, faults, invocations, journal
from localstack_parity.chaos.rules import RuleList

PATH = "/_localstack/chaos"

type Action = Callable[[Any], None]  # with the body's JSON


class Setting(Protocol):
    """What can be set: a RuleList, or what else has these."""

    name: str

    def get(self) -> Any:
        """What is set, for JSON."""

    def replace(self, document: object) -> None:
        """Set it; ValueError with a sentence for what cannot be set."""

    def clear(self) -> None:
        """Have it as it was in the beginning."""


class _Seed:
    """Which of all that may be struck is."""

    name = "seed"

    def get(self) -> dict[str, Any]:
        return {"seed": dice.seed(), "disregard": dice.disregarded()}

    def replace(self, document: object) -> None:
        fields = document if isinstance(document, dict) else {}
        seed, disregarded = fields.get("seed"), fields.get("disregard") or ""
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ValueError('seed is an object with a whole number, such as {"seed": 1}.')
        try:
            pattern = re.compile(disregarded) if disregarded else dice.NOTHING
        except (re.error, TypeError) as problem:
            raise ValueError(f"'disregard' is a regular expression: {problem}.") from None
        dice.reseed(seed, pattern)

    def clear(self) -> None:
        dice.reseed(0)


def install() -> None:
    """Begin to answer; nothing is struck until somebody asks for it."""
    for handler in (invocations.strike_call, faults.strike):
        handlers.serve_custom_service_request_handlers.append(handler)
    for setting in _SETTINGS:
        _serve_setting(setting)
    _serve("/journal", journal.lines, {"DELETE": lambda _: journal.clear()})
    shown = {one.name: one.get for one in _SETTINGS}
    _serve("", lambda: {name: get() for name, get in shown.items()}, {"DELETE": lambda _: clear()})


def clear() -> None:
    """Have nothing go wrong any more, and forget what did."""
    for setting in _SETTINGS:
        setting.clear()
    journal.clear()


_LISTS: tuple[Setting, ...] = (faults.RULES, events.RULES, invocations.RULES)
_SETTINGS: tuple[Setting, ...] = (*_LISTS, faults.EFFECTS, clock.TIME, _Seed())


def _serve_setting(setting: Setting) -> None:
    actions: dict[str, Action] = {
        "POST": setting.replace,
        "DELETE": lambda _: setting.clear(),
    }
    if isinstance(setting, RuleList):
        rules = setting
        actions["PATCH"] = rules.add
        actions["DELETE"] = lambda some: rules.remove(some) if some else rules.clear()
    _serve(f"/{setting.name}", setting.get, actions)


def _serve(below: str, show: Callable[[], Any], actions: Mapping[str, Action]) -> None:
    """Answer GET, and after each action, with what is shown then."""

    def endpoint(request: Request) -> Response:
        try:
            if action := actions.get(request.method):
                action(_document(request))
        except ValueError as problem:
            return _response({"error": str(problem)}, 400)
        return _response(show(), 200)

    get_internal_apis().add(PATH + below, endpoint, methods=["GET", *actions])


def _document(request: Request) -> Any:
    """The body; None if there is none. Raises ValueError if it is not JSON."""
    body = request.get_data()
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except ValueError as problem:
        raise ValueError(f"The body is not JSON: {problem}.") from None


def _response(document: Any, status: int) -> Response:
    return Response(json.dumps(document), status, mimetype="application/json")
