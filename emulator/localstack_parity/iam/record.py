"""Usage record: what each role used, was refused, and has been granted without ever using it.

`tapstack iam` prints it; GET /_tapstack/iam has it as JSON.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localstack.http import Request, Response

from iam_policies.evaluation import Decision
from iam_policies.evaluation import Request as Asked
from iam_policies.policies import Statement
from localstack_parity.iam import attached

PATH = "/_tapstack/iam"
_MAX_DENIALS = 1000  # of different ones for each role

_lock = threading.Lock()
_roles: dict[str, "Usage"] = {}


@dataclass
class Denial:
    """How often an action on a resource was refused, when last, and in AWS's words why."""

    count: int = 0
    last: datetime | None = None
    message: str = ""


@dataclass
class Usage:
    """What one role did: counted by statement that allowed it, and by what was refused."""

    used: Counter[tuple[Statement, str]] = field(default_factory=Counter)
    by_resource: Counter[str] = field(default_factory=Counter)  # allowed by a resource's policy
    denied: dict[tuple[str, str], Denial] = field(default_factory=dict)


def allowed(role: str, asked: Asked, decision: Decision) -> None:
    """Note that a role used one of its permissions."""
    with _lock:
        usage = _roles.setdefault(role, Usage())
        if decision.statement is not None and not decision.statement.principals:
            usage.used[decision.statement, asked.action] += 1
        else:
            usage.by_resource[asked.action] += 1


def refused(role: str, asked: Asked, message: str) -> None:
    """Note that a role asked for what it may not."""
    with _lock:
        denied = _roles.setdefault(role, Usage()).denied
        if len(denied) >= _MAX_DENIALS and (asked.action, asked.resource) not in denied:
            return
        denial = denied.setdefault((asked.action, asked.resource), Denial())
        denial.count += 1
        denial.last = datetime.now(UTC)
        denial.message = message


def clear() -> None:
    """Forget what all roles did."""
    with _lock:
        _roles.clear()


@dataclass(frozen=True)
class Kept:
    """The usage of a role for another time: statements by the policy's name and their number."""

    used: dict[tuple[str, int, str], int]
    by_resource: Counter[str]
    denied: dict[tuple[str, str], Denial]


def take() -> dict[str, Kept]:
    """Return what each role did. What a policy allowed that is gone counts as by a resource."""
    with _lock:
        seen = {role: _copy(usage) for role, usage in _roles.items()}
    now = dict(attached.of_roles())
    kept = {}
    for role, usage in seen.items():
        places = {one: place for place, one in _statements(now.get(role))}
        used = {
            (*places[one], action): count
            for (one, action), count in usage.used.items()
            if one in places
        }
        for (one, action), count in usage.used.items():
            if one not in places:
                usage.by_resource[action] += count
        kept[role] = Kept(used, usage.by_resource, usage.denied)
    return kept


def put(roles: dict[str, Kept]) -> None:
    """Take over what roles did under the same policies."""
    now = dict(attached.of_roles())
    with _lock:
        for role, kept in roles.items():
            there = dict(_statements(now.get(role)))
            used = {
                (there[policy, number], action): count
                for (policy, number, action), count in kept.used.items()
            }
            _roles[role] = Usage(Counter(used), kept.by_resource, kept.denied)


def _statements(has: attached.Attached | None) -> Iterator[tuple[tuple[str, int], Statement]]:
    for name, policy in has.policies.items() if has else ():
        for number, statement in enumerate(policy.statements):
            yield (name, number), statement


def report() -> dict[str, Any]:
    """Return by the ARNs of roles what they "used", were "denied", and have "unused"."""
    with _lock:
        seen = {role: _copy(usage) for role, usage in _roles.items()}
    roles = {arn: _of_role(has, seen.pop(arn, Usage())) for arn, has in attached.of_roles()}
    gone = {arn: _of_role(attached.Attached({}), usage) for arn, usage in seen.items()}
    return {"roles": {**roles, **gone}}


def answer(_request: Request) -> Response:
    """Serve the report."""
    return Response(json.dumps(report()), mimetype="application/json")


def _copy(usage: Usage) -> Usage:
    return Usage(Counter(usage.used), Counter(usage.by_resource), dict(usage.denied))


def _of_role(has: attached.Attached, usage: Usage) -> dict[str, Any]:
    used: Counter[str] = Counter(usage.by_resource)
    for (_, action), count in usage.used.items():
        used[action] += count
    return {
        "used": dict(sorted(used.items())),
        "denied": [
            {
                "action": action,
                "resource": resource,
                "count": denial.count,
                "last": denial.last.isoformat() if denial.last else None,
                "message": denial.message,
            }
            for (action, resource), denial in usage.denied.items()
        ],
        "unused": list(_unused(has, usage)),
    }


def _unused(has: attached.Attached, usage: Usage) -> list[dict[str, str]]:
    """Grants by policy, statement and action pattern that no allowed request has needed.

    Where several statements allow the same, the first gets the credit: the others are not needed.
    """
    found = []
    for name, policy in has.policies.items():
        for number, statement in enumerate(policy.statements, 1):
            actions = [action for one, action in usage.used if one is statement]
            if not statement.allows or (statement.all_actions_but and actions):
                continue
            but = "all but " if statement.all_actions_but else ""
            found += [
                {
                    "policy": name,
                    "statement": statement.sid or str(number),
                    "action": but + pattern.text,
                }
                for pattern in statement.actions
                if not any(pattern.matches(action, {}) for action in actions)
            ]
    return found
