"""Requests from outside: let in, or held while the state of the emulator must not change.

While they are held, what was under way ends first. Functions need the services for that, so their
requests get in until nothing is left to be done.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.runtime import get_current_runtime

from localstack_parity import activity
from localstack_parity.authentication import gate
from localstack_parity.lambda_runtime import events
from localstack_parity.server import own_routes

OWN_PATHS = ("/_tapstack/state", "/_localstack/state", "/_localstack/health")

_LOOK_EVERY_S = 0.01
_SETTLING_S = 0.05  # for a receive that was let in, and not counted
_COUNTED = "counted_request"


class Busy(Exception):
    """Something is under way that has not ended in time; the text says what."""


class _Door(Enum):
    OPEN = "all come in"
    FUNCTIONS = "functions come in, so that they can end"
    CLOSED = "nobody comes in"


class Traffic:
    """Counts the requests that are being answered, and holds others back."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._door = _Door.OPEN
        self._one_at_a_time = threading.Lock()

    def enter(self, request: Any, *, counted: bool) -> None:
        """Wait until a request may come in."""
        with self._changed:
            if self._door is not _Door.OPEN:
                doors = {_Door.OPEN, _Door.FUNCTIONS if _is_of_function(request) else _Door.OPEN}
                self._changed.wait_for(lambda: self._door in doors)
            self._inside += counted

    def leave(self) -> None:
        """Note that a request that counts is answered."""
        with self._changed:
            self._inside -= 1

    @contextmanager
    def held(self, flush: Callable[[], None], patience_s: float) -> Iterator[None]:
        """Hold requests back within the block, which begins once nothing is under way.

        `flush` writes what was measured and logged until then. Raises Busy if something is still
        under way after `patience_s`.
        """
        with self._one_at_a_time:
            try:
                deadline = time.monotonic() + patience_s
                self._set(_Door.FUNCTIONS)
                while True:
                    self._wait_until_idle(deadline)
                    flush()
                    with activity.stillness():
                        self._set(_Door.CLOSED)
                        time.sleep(_SETTLING_S)
                        if not self._busy():
                            yield
                            return
                    self._set(_Door.FUNCTIONS)
            finally:
                self._set(_Door.OPEN)

    def _wait_until_idle(self, deadline: float) -> None:
        while busy := self._busy():
            if time.monotonic() > deadline:
                raise Busy(busy)
            time.sleep(_LOOK_EVERY_S)

    def _busy(self) -> str:
        """What is under way, in words; empty if nothing is."""
        found = activity.under_way()
        if at_work := events.at_work():
            found["an event of a function"] = at_work
        if self._inside:
            found["a request"] = self._inside
        return ", ".join(f"{what} ({count})" for what, count in sorted(found.items()))

    def _set(self, door: _Door) -> None:
        with self._changed:
            self._door = door
            self._changed.notify_all()


TRAFFIC = Traffic()


def install() -> None:
    """Have every request pass, right after it was found out where it comes from."""
    gateway = get_current_runtime().components.gateway
    gateway.request_handlers.insert(gateway.request_handlers.index(gate.receive) + 1, _come)
    gateway.finalizers.append(_go)


def _come(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    if gate.is_internal(context) or context.request.path.startswith(OWN_PATHS):
        return
    # A receive may wait for twenty seconds, and does nothing meanwhile.
    counted = not context.request.headers.get("X-Amz-Target", "").endswith(".ReceiveMessage")
    TRAFFIC.enter(context.request, counted=counted)
    setattr(context, _COUNTED, counted)


def _go(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    if getattr(context, _COUNTED, False):
        setattr(context, _COUNTED, False)
        TRAFFIC.leave()


def _is_of_function(request: Any) -> bool:
    """Say whether a request is made with a session's keys, or answers CloudFormation's own."""
    credential = request.headers.get("Authorization", "") + request.args.get("X-Amz-Credential", "")
    awaited = (own_routes.CUSTOM_RESOURCE_ANSWERS, own_routes.WAIT_CONDITION_SIGNALS)
    return "LSIA" in credential or request.path.startswith(awaited)
