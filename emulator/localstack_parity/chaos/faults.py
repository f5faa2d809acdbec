"""API faults: calls of AWS's API that fail, or wait, on purpose.

The rules are those of LocalStack's Chaos API; "caller", "resource", "key", "latency" and "times"
are ours.

A rule without "caller" is about whatever comes from outside: functions, people, the harness. What
a service calls by itself, such as SNS delivering to SQS, is struck only by rules whose "caller"
names the service, as in sns.amazonaws.com. LocalStack's housekeeping is never struck.
"""

import threading
from dataclasses import dataclass, field

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from localstack_parity.chaos import calls, journal
from localstack_parity.chaos.calls import Call
from localstack_parity.chaos.rules import (
    Chance,
    Document,
    RuleList,
    matches,
    number,
    only,
    text,
    whole,
)

LONGEST_MS = 3600 * 1000
MESSAGE = "Operation failed due to a simulated fault"  # LocalStack's wording

_ABOUT = ("service", "operation", "region", "caller", "resource", "key")
_FIELDS = Chance.FIELDS | {*_ABOUT, "error", "latency"}


@dataclass(frozen=True)
class Error:
    """What a call is answered that fails."""

    status: int = 503
    code: str = "ServiceUnavailable"


@dataclass(frozen=True)
class Fault:
    """A rule; what is None is not asked for. Without an error the call waits and goes on."""

    document: Document
    service: str | None
    operation: str | None
    region: str | None
    caller: str | None
    resource: str | None
    key: str | None
    latency_s: float
    error: Error | None
    chance: Chance = field(compare=False)

    def is_about(self, call: Call) -> bool:
        """Whether the rule may strike a call."""
        return (
            self.service in (None, call.service)
            and self.operation in (None, call.operation)
            and self.region in (None, call.region)
            and matches(self.resource, call.resource)
            and matches(self.key, call.key)
            and (
                call.outside
                if self.caller is None
                else any(matches(self.caller, name) for name in call.callers)
            )
        )


def parse(document: Document) -> Fault:
    """Read a rule. Raises ValueError with what is wrong with it."""
    only(document, _FIELDS)
    about = {name: text(document, name) for name in _ABOUT}
    calls.check_exists(about["service"], about["operation"])
    latency_ms = number(document, "latency", 0.0, most=LONGEST_MS)
    return Fault(
        document,
        **about,
        latency_s=latency_ms / 1000,
        error=_error(document.get("error"), needed=not latency_ms),
        chance=Chance(document),
    )


def _error(document: object, *, needed: bool) -> Error | None:
    if document is None:
        return Error() if needed else None
    if not isinstance(document, dict):
        raise ValueError('\'error\' is an object such as {"statusCode": 503, "code": "SlowDown"}.')
    only(document, frozenset({"statusCode", "code"}))
    status = whole(document, "statusCode", least=400, most=599)
    code = text(document, "code")
    return Error(status or Error.status, code or Error.code)


RULES: RuleList[Fault] = RuleList("faults", parse)


class _Effects:
    """What happens to all calls from outside: they wait."""

    name = "effects"

    def __init__(self) -> None:
        self.latency_s = 0.0
        self.changed = threading.Event()

    def get(self) -> dict[str, float]:
        return {"latency": self.latency_s * 1000}

    def replace(self, document: object) -> None:
        if not isinstance(document, dict):
            raise ValueError('effects is an object such as {"latency": 500}.')
        only(document, frozenset({"latency"}))
        self._set(number(document, "latency", 0.0, most=LONGEST_MS) / 1000)

    def clear(self) -> None:
        self._set(0.0)

    def _set(self, latency_s: float) -> None:
        self.latency_s = latency_s
        before, self.changed = self.changed, threading.Event()
        before.set()


EFFECTS = _Effects()


def strike(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Have a call wait, or raise the error that it is to fail with.

    Each call has a thread of its own, so that others do not wait with it; and nobody waits any
    longer when the rules are changed.
    """
    if RULES.rules or EFFECTS.latency_s:
        _strike(context)


def _strike(context: RequestContext) -> None:
    effects_changed, rules_changed = EFFECTS.changed, RULES.changed
    call = calls.read(context)
    if call is None:
        return
    if call.outside and EFFECTS.latency_s:
        effects_changed.wait(EFFECTS.latency_s)
    for rule in RULES.rules:
        if rule.is_about(call) and rule.chance.strikes(call.identity):
            break
    else:
        return
    kind = "api" if rule.error else "latency"
    journal.record(kind, dict(rule.document), **call.described())
    if rule.latency_s:
        rules_changed.wait(rule.latency_s)
    if error := rule.error:
        raise CommonServiceException(error.code, MESSAGE, error.status, error.status < 500)
