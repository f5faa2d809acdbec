"""Policy documents, parsed as strictly as IAM parses them.

Source: IAM User Guide, "Grammar of the IAM JSON policy language".
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from iam_policies import conditions
from iam_policies.conditions import Condition
from iam_policies.matching import Context, Kind, Pattern

_VERSIONS = ("2012-10-17", "2008-10-17")
_CHOICES = {"Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"}
_STATEMENT_KEYS = _CHOICES | {"Sid", "Effect", "Condition"}
_PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")


class InvalidPolicy(ValueError):
    """A document that AWS refuses; the message says why."""


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement; equal only to itself, so that it can be counted."""

    sid: str
    allows: bool
    actions: tuple[Pattern, ...]
    all_actions_but: bool
    resources: tuple[Pattern, ...]  # empty in a trust policy, which is about its role
    all_resources_but: bool
    principals: tuple[tuple[str, str], ...]  # (type, value); ("*", "*") is everyone
    all_principals_but: bool
    conditions: tuple[Condition, ...]

    def is_about(self, action: str) -> bool:
        """Say whether it applies to an action such as s3:GetObject."""
        return any(one.matches(action, {}) for one in self.actions) != self.all_actions_but

    def covers(self, resource: str, context: Context) -> bool:
        """Say whether it applies to a resource, by its ARN or "*"."""
        if not self.resources:
            return True
        fits = any(one.matches(resource, context) for one in self.resources)
        return fits != self.all_resources_but

    def met(self, context: Context) -> bool:
        """Say whether all of its conditions are met."""
        return all(condition.met(context) for condition in self.conditions)


@dataclass(frozen=True, eq=False)
class Policy:
    """The statements of one document."""

    statements: tuple[Statement, ...]
    _by_action: dict[str, tuple[Statement, ...]] = field(default_factory=dict)

    def about(self, action: str) -> tuple[Statement, ...]:
        """Return the statements that apply to an action; worked out once for each."""
        found = self._by_action.get(action)
        if found is None:
            found = tuple(one for one in self.statements if one.is_about(action))
            self._by_action[action] = found
        return found


NOTHING = Policy(())


@lru_cache(maxsize=2048)
def parse_identity_policy(document: str) -> Policy:
    """Return a policy of a role or user: it names resources and no principals."""
    policy = _parse(document)
    for statement in policy.statements:
        if statement.principals or not statement.resources:
            raise InvalidPolicy("A policy of an identity has resources and no principals.")
    check_resources(policy)
    return policy


def check_resources(policy: Policy, *, arns: bool = True) -> None:
    """Raise InvalidPolicy for a statement without resource, or with one that is no ARN.

    Only SQS takes other resources than `arns`, recorded on AWS.
    """
    for statement in policy.statements:
        if not statement.resources:
            raise InvalidPolicy("Missing required field Resource")
        for resource in statement.resources:
            if arns and resource.text != "*" and not resource.text.startswith("arn:"):
                raise InvalidPolicy(f'Resource {resource.text} must be in ARN format or "*".')


@lru_cache(maxsize=2048)
def parse_resource_policy(document: str) -> Policy:
    """Return a policy of a bucket, topic, queue, function or role: it names principals."""
    policy = _parse(document)
    if not all(statement.principals for statement in policy.statements):
        raise InvalidPolicy("Missing required field Principal.")
    return policy


def _parse(document: str) -> Policy:
    try:
        content = json.loads(document)
    except ValueError as problem:
        raise InvalidPolicy(f"This policy contains invalid Json: {problem}") from problem
    if not isinstance(content, dict) or content.keys() - {"Version", "Id", "Statement"}:
        raise InvalidPolicy("A policy has Version, Id and Statement, and nothing else.")
    version = content.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        raise InvalidPolicy(f"The policy must contain a valid version string, not {version!r}.")
    statements = statements_of(content.get("Statement"))
    if not statements:
        raise InvalidPolicy("Could not parse the policy: Statement is empty!")
    variables = version == "2012-10-17"
    parsed = tuple(_statement(one, variables=variables) for one in statements)
    sids = [statement.sid for statement in parsed if statement.sid]
    if len(set(sids)) < len(sids):
        raise InvalidPolicy("Statement IDs (SID) in a single policy must be unique.")
    return Policy(parsed)


def statements_of(written: Any) -> list[Any]:
    """Return the statements of a policy, of which a single one needs no list."""
    return written if isinstance(written, list) else [written]


def _statement(content: object, *, variables: bool) -> Statement:
    if not isinstance(content, dict):
        raise InvalidPolicy("Statement must be an object or a list of objects.")
    if unknown := content.keys() - _STATEMENT_KEYS:
        raise InvalidPolicy(f"Unknown field {', '.join(sorted(unknown))}.")
    if "Effect" not in content:
        raise InvalidPolicy("Missing required field Effect")
    if content["Effect"] not in ("Allow", "Deny"):
        raise InvalidPolicy(f"Invalid effect: {content['Effect']}")
    action, actions = _one_of(content, "Action", "NotAction")
    if not action:
        raise InvalidPolicy("Missing required field Action.")
    for name in actions:
        if not _ACTION.fullmatch(name):
            raise InvalidPolicy(f"Actions/Conditions must be prefaced by a vendor: {name!r}.")
    resource, resources = _one_of(content, "Resource", "NotResource")
    principal, _ = _one_of(content, "Principal", "NotPrincipal", texts=False)
    try:
        parsed = conditions.parse(content.get("Condition", {}), variables=variables)
    except conditions.InvalidCondition as problem:
        raise InvalidPolicy(str(problem)) from problem
    return Statement(
        sid=str(content.get("Sid", "")),
        allows=content["Effect"] == "Allow",
        actions=tuple(Pattern(name, Kind.ACTION) for name in actions),
        all_actions_but=action == "NotAction",
        resources=tuple(Pattern(arn, Kind.ARN, variables=variables) for arn in resources),
        all_resources_but=resource == "NotResource",
        principals=tuple(_principals(content[principal])) if principal else (),
        all_principals_but=principal == "NotPrincipal",
        conditions=parsed,
    )


def _one_of(
    content: Mapping[str, Any], name: str, opposite: str, *, texts: bool = True
) -> tuple[str, tuple[str, ...]]:
    """Return which of two fields there is, "" if none, and the texts in it."""
    present = [one for one in (name, opposite) if one in content]
    if len(present) > 1:
        raise InvalidPolicy(f"{name} and {opposite} exclude each other.")
    if not present:
        return "", ()
    return present[0], _texts(content[present[0]], present[0]) if texts else ()


def _texts(value: object, name: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str) and one for one in values):
        raise InvalidPolicy(f"{name} must be a string or a list of strings.")
    return tuple(values)


def _principals(value: object) -> list[tuple[str, str]]:
    if value == "*":
        return [("*", "*")]
    if not isinstance(value, dict) or not value:
        raise InvalidPolicy('Principal must be "*" or an object.')
    principals = []
    for kind, names in value.items():
        if kind not in _PRINCIPAL_TYPES:
            raise InvalidPolicy(f"Invalid principal type: {kind}.")
        for name in _texts(names, "Principal"):
            if "*" in name and name != "*":
                raise InvalidPolicy(f"A principal has no wildcards inside: {name}.")
            principals.append(("*", "*") if (kind, name) == ("AWS", "*") else (kind, name))
    return principals
