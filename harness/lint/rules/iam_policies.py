"""E931x: policies that IAM takes, and that mean what they seem to."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from harness.lint.policies import Document, documents, overlap, trust_policy
from harness.lint.rule import Finding, StackRule
from harness.lint.services import GLOBAL_CONDITION_KEYS, is_service_principal
from harness.lint.stack import Stack
from harness.stack.intrinsics import Unknown, mentions_unknown
from iam_policies import reference
from iam_policies.policies import InvalidPolicy

# Source: "IAM and AWS STS quotas" and "Bucket policy examples"; IAM does not count white space.
_MAX_SIZES = {
    "AWS::IAM::ManagedPolicy": 6_144,
    "AWS::IAM::Role": 10_240,
    "AWS::S3::BucketPolicy": 20_480,
}
_MAX_TRUST = 2_048


class ValidPolicy(StackRule):
    """IAM answers MalformedPolicyDocument."""

    id = "E9311"
    shortdesc = "Policies are such as IAM takes"
    source_url = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each policy that IAM would refuse, with its words."""
        for document in _all_documents(stack):
            try:
                document.parsed()
            except InvalidPolicy as problem:
                yield document.path, str(problem)


class ConditionKeys(StackRule):
    """A key that no request has is never met: an Allow grants nothing, a Deny denies nothing."""

    id = "E9312"
    shortdesc = "Conditions ask for keys that the requests have"
    source_url = (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each key that AWS does not know, or that none of the statement's actions has."""
        for document in _all_documents(stack):
            for path, statement in document.statements():
                for operator, keys in (statement.get("Condition") or {}).items():
                    for key in keys if isinstance(keys, dict) else ():
                        if not _has_key(_listed(statement, "Action"), str(key)):
                            place = [*path, "Condition", operator, key]
                            yield place, f"No request of this statement has {key}"


class Principals(StackRule):
    """IAM: "Invalid principal in policy"."""

    id = "E9313"
    shortdesc = "Service principals are services of AWS"
    source_url = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each service principal that does not exist."""
        for document in _all_documents(stack):
            for path, statement in document.statements():
                principal = statement.get("Principal")
                services = principal.get("Service", []) if isinstance(principal, dict) else []
                for service in services if isinstance(services, list) else [services]:
                    if isinstance(service, str) and not is_service_principal(service):
                        yield [*path, "Principal", "Service"], f"There is no service {service}"
        for permission in stack.of("AWS::Lambda::Permission"):
            principal = permission.properties.get("Principal")
            if (
                isinstance(principal, str)
                and "amazonaws" in principal
                and not is_service_principal(principal)
            ):
                yield permission.path("Principal"), f"There is no service {principal}"


class Wildcards(StackRule):
    """Least privilege: what a function does not need, nobody who takes it over should have."""

    id = "W9314"
    shortdesc = "Policies of roles name actions and resources where AWS lets them"
    source_url = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each wildcard in an Allow that could be narrower."""
        for document in documents(stack):
            for path, statement in document.statements():
                if statement.get("Effect") != "Allow" or not document.identity:
                    continue
                actions = _listed(statement, "Action")
                for action in actions:
                    if action == "*" or str(action).endswith(":*"):
                        yield [*path, "Action"], f"{action} allows all there is; name the actions"
                if "NotAction" in statement or "NotResource" in statement:
                    yield path, "An Allow of all but something; name what it is to allow"
                if "*" in _listed(statement, "Resource"):
                    narrower = [a for a in actions if (k := reference.action(str(a))) and k.arns]
                    if narrower:
                        named = ", ".join(map(str, narrower))
                        yield [*path, "Resource"], f"{named} can be limited to resources"
                for resource in _listed(statement, "Resource"):
                    if str(resource).endswith(":::*"):
                        yield [*path, "Resource"], f"{resource} is every bucket of the account"


class ActionResources(StackRule):
    """Such a statement is accepted and grants nothing, as s3:PutObject on a bucket without /*."""

    id = "E9315"
    shortdesc = "The resources of a statement are of the kinds that its actions work on"
    source_url = (
        "https://docs.aws.amazon.com/service-authorization/latest/reference/"
        "reference_policies_actions-resources-contextkeys.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each action for which no resource of its statement can be meant."""
        for document in documents(stack):
            for path, statement in document.statements():
                resources = _listed(statement, "Resource")
                if not resources or statement.get("Effect") != "Allow":
                    continue
                for action in _listed(statement, "Action"):
                    known = reference.action(str(action))
                    if known is None or "*" in resources or mentions_unknown(resources):
                        continue
                    if not known.arns:
                        yield [*path, "Resource"], f'{action} works on "*" only'
                    elif not any(_can_mean(str(r), arn) for r in resources for arn in known.arns):
                        wanted = " or ".join(known.arns)
                        place = [*path, "Resource"]
                        yield place, f"{action} works on {wanted}; none of these can be that"


class OwnResource(StackRule):
    """S3 answers "Policy has invalid resource"; SNS and SQS accept a policy that does nothing."""

    id = "E9316"
    shortdesc = "The policy of a bucket, topic or queue is about that bucket, topic or queue"
    source_url = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshooting-access-denied-errors"
        ".html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each resource in such a policy that belongs to another one."""
        for document in documents(stack):
            if document.identity:
                continue
            owned = [str(r.arn) for r in stack.resources.values() if r.ref in document.targets]
            for path, statement in document.statements():
                for resource in _listed(statement, "Resource"):
                    if isinstance(resource, Unknown) or resource == "*" or not owned:
                        continue
                    if not any(overlap(str(resource).partition("/")[0], arn) for arn in owned):
                        place = [*path, "Resource"]
                        yield place, f"{resource} is not what {document.owner.logical_id} is for"


class NotPublic(StackRule):
    """S3 refuses such a policy where BlockPublicPolicy is on; without that, anybody may come in."""

    id = "E9317"
    shortdesc = "No policy lets everybody in"
    source_url = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
        "access-control-block-public-access.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each Allow for all principals that no condition limits."""
        for document in documents(stack):
            for path, statement in document.statements():
                if statement.get("Effect") == "Allow" and not statement.get("Condition"):
                    principal = statement.get("Principal")
                    everybody = principal == "*" or (
                        isinstance(principal, dict) and "*" in _listed(principal, "AWS")
                    )
                    if everybody:
                        yield [*path, "Principal"], "Everybody is allowed, without a condition"


class PolicySize(StackRule):
    """IAM answers LimitExceeded, S3 PolicyTooLarge."""

    id = "E9318"
    shortdesc = "Policies are not larger than AWS takes"
    source_url = (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
        "#reference_iam-quotas-entity-length"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each policy that is larger; those that a role has of its own count together."""
        sizes: dict[str, int] = {}
        for document in _all_documents(stack):
            trust = document.path[-1] == "AssumeRolePolicyDocument"
            name = f"{document.owner.logical_id}{' trust' if trust else ''}"
            text = json.dumps(document.content, default=str, separators=(",", ":"))
            sizes[name] = sizes.get(name, 0) + len(text)
            most = _MAX_TRUST if trust else _MAX_SIZES.get(document.owner.kind)
            if most and sizes[name] > most:
                yield document.path, f"{sizes[name]} characters of policies; AWS takes {most}"


def _all_documents(stack: Stack) -> Iterator[Document]:
    yield from documents(stack)
    for role in stack.of("AWS::IAM::Role"):
        yield trust_policy(role)


def _listed(statement: Any, element: str) -> list[Any]:
    value = statement.get(element, [])
    return value if isinstance(value, list) else [value]


def _has_key(actions: list[Any], key: str) -> bool:
    name = key.lower()
    prefix = name.partition("/")[0]
    if prefix in GLOBAL_CONDITION_KEYS:
        return True
    for action in actions:
        service = str(action).partition(":")[0]
        known = reference.action(str(action))
        if known is None:  # a wildcard, or a service that the reference does not cover
            if "*" in str(action) and prefix.startswith(("aws:", f"{service}:")):
                return not prefix.startswith("aws:")
            if not reference.covers(service):
                return True
        elif name in known.keys or f"{prefix}/" in known.keys:
            return True
    return not actions


def _can_mean(resource: str, arn: str) -> bool:
    """Whether an ARN with wildcards can be of the form of `arn`, which has variables."""
    form = "".join("*" if part is None else part for part in _parts(arn))
    if ":s3:::" in form and "/" not in form:
        return overlap(resource, form) and "/" not in resource
    return overlap(resource, form)


def _parts(arn: str) -> Iterator[str | None]:
    for piece in arn.split("${"):
        variable, closed, rest = piece.partition("}")
        if closed:
            yield None
            yield rest
        else:
            yield variable
