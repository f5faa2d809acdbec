"""Handles of wait conditions: the URLs to which signals are PUT, and the wait for them.

A handle takes signals from when it is made, whether or not something waits already. On AWS its URL
is a pre-signed one of a bucket; here it is a secret one of the emulator.

AWS: CloudFormation User Guide, "Create wait conditions in a CloudFormation template". The reasons
of failures are those that github.com/aws/aws-parallelcluster expects in its integration tests.
"""

import json
import secrets
import threading
import time
from contextlib import nullcontext
from dataclasses import dataclass

from localstack import config
from localstack.http import Request, Response
from localstack.services.edge import ROUTER

from localstack_parity.cloudformation.operations import Course
from localstack_parity.server import listening
from localstack_parity.server.own_routes import WAIT_CONDITION_SIGNALS

_STATUSES = ("SUCCESS", "FAILURE")


class NotSignalledError(Exception):
    """The wait came to nothing; its text is the reason shown in the stack's events."""


@dataclass(frozen=True)
class Signal:
    """What was sent to a handle."""

    unique_id: str
    succeeded: bool
    data: str
    reason: str


class Handle:
    """One URL, and the signals that came: one for each UniqueId, as a second is a repetition."""

    def __init__(self, name: str) -> None:
        self.name = name  # of the resource in its template
        self.token = secrets.token_urlsafe(24)
        base = config.internal_service_url(host=listening.host_for_functions())
        self.url = f"{base}{WAIT_CONDITION_SIGNALS}/{self.token}"
        self._signals: dict[str, Signal] = {}
        self._cancelled = False
        self._changed = threading.Condition()

    def take(self, signal: Signal) -> None:
        """Keep a signal."""
        with self._changed:
            self._signals.setdefault(signal.unique_id, signal)
            self._changed.notify_all()

    def give_up(self) -> None:
        """End the wait."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def wait(self, count: int, timeout_s: float) -> dict[str, str]:
        """Return the data of `count` successes by UniqueId. Raises NotSignalledError."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                signals = list(self._signals.values())
                for signal in signals:
                    if not signal.succeeded:
                        raise NotSignalledError(
                            f"WaitCondition received failed message: '{signal.reason}'"
                            f" for uniqueId: {signal.unique_id}"
                        )
                if len(signals) >= count:
                    return {signal.unique_id: signal.data for signal in signals}
                if self._cancelled:
                    raise NotSignalledError("Resource operation cancelled")
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise NotSignalledError(
                        f"WaitCondition timed out. Received {len(signals)} conditions when"
                        f" expecting {count}"
                    )
                self._changed.wait(remaining)


_handles: dict[str, Handle] = {}


def install() -> None:
    """Take signals."""
    ROUTER.add(f"{WAIT_CONDITION_SIGNALS}/<token>", endpoint=_receive, methods=["PUT"])


def open_handle(name: str) -> str:
    """Return the URL of a new handle; `name` is its logical id."""
    handle = Handle(name)
    _handles[handle.token] = handle
    return handle.url


def close_handle(url: str) -> None:
    """Take no more signals at a URL."""
    _handles.pop(_token_of(url), None)


def wait_at(
    url: str, count: int, timeout_s: float, course: Course | None
) -> tuple[str, dict[str, str]]:
    """Wait at a handle's URL for so many signals; return its name, and their data by UniqueId.

    Raises NotSignalledError after a failure or the time, if the operation is interrupted, or if no
    handle has the URL.
    """
    handle = _handles.get(_token_of(url))
    if handle is None:
        raise NotSignalledError(f"{url} is the URL of no wait condition handle.")
    with course.waiting(handle.give_up) if course else nullcontext():
        return handle.name, handle.wait(count, timeout_s)


def _token_of(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def _receive(request: Request, token: str) -> Response:
    handle = _handles.get(token)
    if handle is None:
        return Response("Request has expired", status=403)
    try:
        handle.take(_read(request.get_data()))
    except ValueError as error:
        return Response(str(error), status=400)
    return Response(status=200)


def _read(body: bytes) -> Signal:
    """Read a signal; raise ValueError if it is none: AWS would not count it."""
    sent = json.loads(body)
    if not isinstance(sent, dict) or sent.get("Status") not in _STATUSES:
        raise ValueError(f"A signal is a JSON object with Status, one of {', '.join(_STATUSES)}.")
    if not (unique_id := sent.get("UniqueId")):
        raise ValueError("A signal has a UniqueId.")
    return Signal(
        str(unique_id),
        sent["Status"] == "SUCCESS",
        str(sent.get("Data", "")),
        str(sent.get("Reason", "")),
    )
