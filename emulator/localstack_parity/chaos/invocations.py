"""Invocations that end badly in mid-flight: a crash, a time-out, too little memory.

An execution environment has credentials of its own, and one invocation at a time: so a call's
access key shows which invocation makes it.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote_plus

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from localstack_parity.chaos import calls, journal, rules
from localstack_parity.chaos.rules import Chance, Document, RuleList
from localstack_parity.iam import callers

FAULTS = ("crash", "timeout", "out-of-memory")
_LONGEST_MS = 900_000  # a function runs no longer
_REMEMBERED = 100_000  # requests whose attempts are counted; the oldest are forgotten


class Processes(Protocol):
    """What can be done to the processes of an execution environment, by any thread."""

    def crash(self) -> None:
        """Kill the runtime."""

    def freeze(self) -> None:
        """Bring everything to a standstill."""

    def exhaust_memory(self) -> None:
        """Have it found with more memory than the function may use."""


@dataclass(frozen=True)
class InvocationRule:
    """What to do to which invocations, and when: after so long, or before a call."""

    document: Document
    function: str | None
    key: str | None
    attempt: int | None
    fault: str
    after_s: float
    before: str | None
    chance: Chance


def _parse(document: Document) -> InvocationRule:
    rules.only(document, Chance.FIELDS | {"function", "key", "attempt", "fault", "after", "before"})
    fault = rules.text(document, "fault", FAULTS)
    if fault is None:
        raise ValueError(f"give a 'fault': one of {', '.join(FAULTS)}.")
    before = rules.text(document, "before")
    if (before is None) == (document.get("after") is None):
        raise ValueError("give one of 'after' and 'before': when to trigger.")
    if before is not None:
        service, _, operation = before.partition(":")
        calls.check_exists(service, operation)
    return InvocationRule(
        document=document,
        function=rules.text(document, "function"),
        key=rules.text(document, "key"),
        attempt=rules.whole(document, "attempt", least=1),
        fault=fault,
        after_s=rules.number(document, "after", 0.0, most=_LONGEST_MS) / 1000,
        before=before,
        chance=Chance(document),
    )


RULES = RuleList("invocations", _parse)


class _Invocation:
    """An invocation that runs, while rules are about it."""

    def __init__(
        self,
        processes: Processes,
        about: list[InvocationRule],
        thing: str,
        described: Mapping[str, str],
    ) -> None:
        self._processes = processes
        self._about = about
        self._thing = thing
        self._described = described
        self._lock = threading.Lock()
        self._struck = False
        self._over = False  # struck, or ended by itself

    def reaches(self, moment: float | str) -> bool:
        """It has run for so long, or is about to make this call; return whether it is struck."""
        with self._lock:
            for rule in self._about:
                if (
                    not self._over
                    and moment == (rule.before or rule.after_s)
                    and rule in RULES.rules
                    and rule.chance.strikes(self._thing)
                ):
                    self._over = self._struck = True
                    self._strike(rule)
                    return True
        return False

    def end(self) -> bool:
        """It is over: strike no more, for its processes are others' now.

        Return whether it ends by itself: one that was struck does not, though it may have answered.
        """
        with self._lock:
            self._over = True
            return not self._struck

    def _strike(self, rule: InvocationRule) -> None:
        match rule.fault:
            case "crash":
                self._processes.crash()
            case "timeout":
                self._processes.freeze()
            case _:
                self._processes.freeze()
                self._processes.exhaust_memory()
        journal.record("invocation", dict(rule.document), **self._described)


@dataclass(frozen=True)
class Endangered:
    """What who carries out an invocation has to call.

    `begun` once the event is handed over: time runs from then on, since who has yet to be woken for
    its event would be woken from a time-out, too. `over` once there is an answer: whether it is one
    that counts; then nothing strikes any more.
    """

    begun: Callable[[], None]
    over: Callable[[], bool]


_NOT = Endangered(lambda: None, lambda: True)  # no rule is about it

_running: dict[str, _Invocation] = {}  # by access key; only those that rules are about
_attempts: dict[str, int] = {}  # by request id; counted while there are rules
_attempts_lock = threading.Lock()


def endangered(
    processes: Processes, function: str, access_key: str, request_id: str, payload: bytes
) -> AbstractContextManager[Endangered]:
    """Strike the invocation that runs meanwhile, if a rule is about it and when it wants to.

    `access_key` is the environment's. Rules that are set while the invocation runs come too late.
    """
    if not RULES.rules:
        return nullcontext(_NOT)
    return _endangered(processes, function, access_key, request_id, payload)


@contextmanager
def _endangered(
    processes: Processes, function: str, access_key: str, request_id: str, payload: bytes
) -> Iterator[Endangered]:
    attempt = _attempt(request_id)
    keys = _object_keys(payload)
    about = [rule for rule in RULES.rules if _is_about(rule, function, keys, attempt)]
    if not about:
        yield _NOT
        return
    invocation = _Invocation(
        processes,
        about,
        f"{function} {' '.join(keys) or hashlib.sha256(payload).hexdigest()}",
        {
            "function": function,
            "requestId": request_id,
            "attempt": str(attempt),
            "key": " ".join(keys),
        },
    )
    with ExitStack() as ending:
        _running[access_key] = invocation
        ending.callback(_running.pop, access_key)
        ending.callback(invocation.end)

        def begun() -> None:
            for after_s in {rule.after_s for rule in about if rule.before is None}:
                timer = threading.Timer(after_s, invocation.reaches, (after_s,))
                timer.daemon = True
                timer.start()
                ending.callback(timer.cancel)

        yield Endangered(begun, invocation.end)


def strike_call(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Strike the invocation that makes this call, which is then not executed."""
    if not _running or not context.service or not context.operation:
        return
    invocation = _running.get(callers.access_key(context))
    call = f"{context.service.service_name}:{context.operation.name}"
    if invocation and invocation.reaches(call):
        # Nobody receives it any more.
        raise CommonServiceException("ServiceUnavailable", "The caller is gone.", 503)


def _attempt(request_id: str) -> int:
    """Count this attempt of a request."""
    with _attempts_lock:
        attempt = _attempts.pop(request_id, 0) + 1
        _attempts[request_id] = attempt
        if len(_attempts) > _REMEMBERED:
            del _attempts[next(iter(_attempts))]
        return attempt


def _is_about(rule: InvocationRule, function: str, keys: list[str], attempt: int) -> bool:
    return (
        rules.matches(rule.function, function)
        and (rule.key is None or any(rules.matches(rule.key, key) for key in keys))
        and rule.attempt in (None, attempt)
    )


def _object_keys(payload: bytes) -> list[str]:
    """The keys in an event of S3, decoded; none in any other event.

    AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    try:
        event: Any = json.loads(payload)
        return [unquote_plus(record["s3"]["object"]["key"]) for record in event["Records"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
