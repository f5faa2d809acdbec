"""Decides whether a request is allowed: IAM's policy evaluation logic, and nothing else.

Source: IAM User Guide, "Policy evaluation logic", "How AWS enforcement code logic evaluates
requests", "Cross-account policy evaluation logic", "Determining whether a request is allowed".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from iam_policies.matching import Context
from iam_policies.policies import Policy, Statement


class Callers(Enum):
    """Kinds of callers, as far as evaluation distinguishes them."""

    ROOT = "root"  # the account itself: whatever is not denied
    IDENTITY = "identity"  # a user, or a session of a role
    SERVICE = "service"  # a service of AWS, on its own behalf
    ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Caller:
    """Who asks.

    `arn` is how messages name it; `names` are all ARNs under which a policy can mean it: of a role
    session those of the session and of the role, of a service its principals.
    """

    kind: Callers
    account: str = ""
    arn: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """One action on one resource. `account` owns the resource."""

    caller: Caller
    action: str
    resource: str
    account: str
    context: Context


class Source(Enum):
    """Where a decision comes from, in the words of AWS's messages."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    ROOT = "account"


@dataclass(frozen=True)
class Decision:
    """The outcome. `statement` is the one that allowed or denied; None without one."""

    allowed: bool
    source: Source
    statement: Statement | None = None

    @property
    def explicit(self) -> bool:
        """Whether a Deny statement refused it."""
        return not self.allowed and self.statement is not None


class _Named(Enum):
    """How a statement's Principal means a caller."""

    NOT = 0
    ACCOUNT = 1  # its account: which then decides itself whom it lets
    DIRECTLY = 2


def decide(
    request: Request,
    *,
    identity: Sequence[Policy] = (),
    boundary: Sequence[Policy] | None = None,
    resource: Policy | None = None,
    needs_resource_policy: bool = False,
) -> Decision:
    """Decide about a request.

    `identity` are the policies of the caller, `boundary` its permissions boundary if it has one,
    `resource` the policy of the resource. `needs_resource_policy`: the identity's policies alone
    are not enough even in the same account, as with trust policies of roles.
    """
    for source, policies in (
        (Source.IDENTITY, identity),
        (Source.BOUNDARY, boundary or ()),
        (Source.RESOURCE, (resource,) if resource else ()),
    ):
        if denied := _first(
            request, policies, allows=False, by_principal=source is Source.RESOURCE
        ):
            return Decision(False, source, denied)

    grant, named = _granted(request, resource) if resource else (None, _Named.NOT)
    caller = request.caller
    if caller.kind in (Callers.SERVICE, Callers.ANONYMOUS):
        return Decision(grant is not None, Source.RESOURCE, grant)

    same_account = caller.account == request.account
    if caller.kind is Callers.ROOT:
        enough = same_account and not needs_resource_policy
        allowed = enough or named is not _Named.NOT
        return Decision(allowed, Source.ROOT if allowed else Source.RESOURCE, grant)

    if same_account and named is _Named.DIRECTLY:
        return Decision(True, Source.RESOURCE, grant)
    if (needs_resource_policy or not same_account) and named is _Named.NOT:
        return Decision(False, Source.RESOURCE)
    allowing = _first(request, identity, allows=True)
    if not allowing:
        return Decision(False, Source.IDENTITY)
    if boundary is not None and not _first(request, boundary, allows=True):
        return Decision(False, Source.BOUNDARY)
    return Decision(True, Source.IDENTITY, allowing)


def _first(
    request: Request, policies: Iterable[Policy], *, allows: bool, by_principal: bool = False
) -> Statement | None:
    """Return the first statement with an effect that applies to the request."""
    for policy in policies:
        for statement in policy.about(request.action):
            if (
                statement.allows is allows
                and (not by_principal or _named(statement, request.caller) is not _Named.NOT)
                and _applies(statement, request)
            ):
                return statement
    return None


def _granted(request: Request, policy: Policy) -> tuple[Statement | None, _Named]:
    """Return the statement of a resource's policy that grants the most, and how it does."""
    grant, best = None, _Named.NOT
    for statement in policy.about(request.action):
        if not statement.allows:
            continue
        named = _named(statement, request.caller)
        if named.value > best.value and _applies(statement, request):
            grant, best = statement, named
    return grant, best


def _applies(statement: Statement, request: Request) -> bool:
    return statement.covers(request.resource, request.context) and statement.met(request.context)


def _named(statement: Statement, caller: Caller) -> _Named:
    ways = [_means(kind, name, caller) for kind, name in statement.principals]
    if not statement.all_principals_but:
        return max(ways, key=lambda way: way.value)
    # AWS: "you must also specify the account ARN of the not-denied principal"; likewise role and
    # session. A caller that is not named with all of it is one of those whom NotPrincipal is about.
    listed = {name for _, name in statement.principals}
    root = {f"arn:aws:iam::{caller.account}:root", caller.account}
    excepted = set(caller.names) <= listed and (
        caller.kind is not Callers.IDENTITY or bool(root & listed)
    )
    return _Named.NOT if excepted else _Named.DIRECTLY


def _means(kind: str, name: str, caller: Caller) -> _Named:
    if kind == "*":
        return _Named.DIRECTLY
    if caller.kind is Callers.SERVICE:
        return _Named.DIRECTLY if kind == "Service" and name in caller.names else _Named.NOT
    if kind != "AWS":
        return _Named.NOT
    if name in caller.names:
        return _Named.DIRECTLY
    account = name.split(":")[4] if name.startswith("arn:") and name.endswith(":root") else name
    return _Named.ACCOUNT if account and account == caller.account else _Named.NOT
