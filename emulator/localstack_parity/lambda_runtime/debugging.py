"""Debugging: the next invocation of a function waits for a debugger, and has no time limits then.

POST /_tapstack/lambda/debug with {"function", "port"} asks for it; DELETE takes it back, and ends
what waits. It is an environment of its own, whose runtime listens with debugpy on that port of
127.0.0.1 before it imports the function, and that is not used again.
"""

import importlib.util
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

from localstack.http import Request, Response
from localstack.services.edge import ROUTER

PATH = "/_tapstack/lambda/debug"
LIMIT_S = 3600.0  # for the debugger to come, and again for the invocation
MEMORY_BYTES = 256 * 1024 * 1024  # what the debugger may take beside the function
_INSIDE = "/var/debugger"

_lock = threading.Lock()
_wanted: dict[str, int] = {}
_waiting: dict[str, "Environment"] = {}
_port: ContextVar[int | None] = ContextVar("debugger_port", default=None)


class Environment(Protocol):
    """An execution environment that can be ended."""

    def stop(self) -> None:
        """End it."""


def install() -> None:
    """Take requests for it."""
    ROUTER.add(PATH, endpoint=_answer, methods=["POST", "DELETE"])


def claim(function: str) -> int | None:
    """Return the port at which this invocation is to wait, None if nobody asked; it counts once."""
    with _lock:
        return _wanted.pop(function, None)


def forget() -> None:
    """Have nothing wait for a debugger that does not yet."""
    with _lock:
        _wanted.clear()


@contextmanager
def at(port: int) -> Iterator[None]:
    """Have an environment that this thread starts meanwhile wait at a port."""
    token = _port.set(port)
    try:
        yield
    finally:
        _port.reset(token)


def port() -> int | None:
    """Return the port at which the environment that this thread starts is to wait."""
    return _port.get()


@contextmanager
def ending(function: str, environment: Environment) -> Iterator[None]:
    """Let DELETE end an environment meanwhile."""
    with _lock:
        _waiting[function] = environment
    try:
        yield
    finally:
        with _lock:
            if _waiting.get(function) is environment:  # not one that came meanwhile
                del _waiting[function]


def visible() -> dict[str, str]:
    """Return what an isolated function sees of debugpy, and where."""
    return {f"{_INSIDE}/debugpy": str(_package())}


def folder(*, isolated: bool) -> str:
    """Return where a function finds debugpy."""
    return _INSIDE if isolated else str(_package().parent)


def _package() -> Path:
    found = importlib.util.find_spec("debugpy")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _answer(request: Request) -> Response:
    try:
        asked = json.loads(request.get_data())
        function, port = str(asked["function"]), int(asked.get("port") or 0)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f'Send {{"function": NAME, "port": NUMBER}}: {type(error).__name__}.'
        return Response(json.dumps({"message": reason}), status=400, mimetype="application/json")
    with _lock:
        if request.method == "DELETE":
            _wanted.pop(function, None)
            ended = _waiting.get(function)
        else:
            _wanted[function], ended = port, None
    if ended:
        ended.stop()
    return Response(json.dumps({"function": function}), mimetype="application/json")
