"""E930x: roles let functions do what they do, and policies say what IAM understands."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.intrinsics import Unknown, mentions_unknown
from harness.lint.events import connections
from harness.lint.functions import needed_actions, packages
from harness.lint.policies import (
    Document,
    documents,
    parsed_or_none,
    role_may,
    role_policies,
    trust_policy,
)
from harness.lint.rule import Finding, StackRule
from harness.lint.rules.functions import log_group_of
from harness.lint.services import GLOBAL_CONDITION_KEYS, is_service_principal
from harness.lint.stack import ACCOUNT, Resource, Stack
from localstack_parity.iam import reference
from localstack_parity.iam.evaluation import Caller, Callers, Request, decide
from localstack_parity.iam.policies import InvalidPolicy

# What an action on each service's resources works on, as far as the template makes them.
_KINDS = {
    "s3": "AWS::S3::Bucket",
    "sns": "AWS::SNS::Topic",
    "sqs": "AWS::SQS::Queue",
    "lambda": "AWS::Lambda::Function",
}
_ANY_OBJECT = "any/object"


class Trust(StackRule):
    """CreateFunction answers "The role defined for the function cannot be assumed by Lambda"."""

    id = "E9301"
    shortdesc = "Lambda may take on the role of every function"
    description = shortdesc
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each function whose role does not let Lambda in."""
        for function in stack.of("AWS::Lambda::Function"):
            role = stack.role_of(function)
            given = function.properties.get("Role")
            if role is None:
                if isinstance(given, str) and f"::{ACCOUNT}:role/" in given:
                    yield function.path("Role"), f"The stack makes no role {given}"
                continue
            document = trust_policy(role)
            policy = parsed_or_none(document)
            lambdas = ("lambda.amazonaws.com",)
            caller = Caller(Callers.SERVICE, "", lambdas[0], lambdas)
            context = {
                "aws:sourceaccount": ACCOUNT,
                "aws:sourcearn": str(function.arn),
                "aws:securetransport": "true",
            }
            request = Request(caller, "sts:AssumeRole", str(role.arn), ACCOUNT, context)
            if policy and not decide(request, resource=policy).allowed:
                yield (
                    document.path,
                    f"{role.logical_id} does not let lambda.amazonaws.com assume it, and "
                    f"{function.logical_id} needs it",
                )


class CodeMay(StackRule):
    """AccessDenied at that call, unless another policy grants it."""

    id = "E9302"
    shortdesc = "The role of a function grants what its code calls"
    description = shortdesc
    source_url = (
        "https://docs.aws.amazon.com/service-authorization/latest/reference/"
        "reference_policies_actions-resources-contextkeys.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each action that the code needs and the role does not have on anything it could mean."""
        for function, package in packages(stack):
            role = stack.role_of(function)
            if role is None:
                continue
            for call in package.calls:
                actions = needed_actions(call)
                targets = _targets(stack, role, function, call.service)
                if "CopySource" in call.keywords:  # one resource to read and another to write
                    missing = [a for a in actions if not role_may(stack, role, a, targets)]
                else:  # what a call needs, it needs on one and the same resource
                    granted = (
                        {a for a in actions if role_may(stack, role, a, [t])} for t in targets
                    )
                    best = max(granted, key=len, default=set())
                    missing = [action for action in actions if action not in best]
                if missing:
                    place = f"{Path(call.file).relative_to(package.folder)}:{call.line}"
                    yield (
                        role.path("Policies"),
                        f"{role.logical_id} does not grant {', '.join(missing)}, which "
                        f"{function.logical_id} needs for {call.method} ({place})",
                    )


class EnvironmentMay(StackRule):
    """A resource is named in the environment for the function to use it."""

    id = "E9303"
    shortdesc = "A function may use the buckets, topics and queues that its environment names"
    description = shortdesc
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each resource in the environment on which the role has none of the calls of the code."""
        for function, package in packages(stack):
            role = stack.role_of(function)
            wanted = {action for call in package.calls for action in needed_actions(call)}
            for name, value in stack.environment(function).items():
                resource = stack.known_as(value)
                service = next(
                    (s for s, k in _KINDS.items() if resource and resource.kind == k), ""
                )
                actions = [action for action in wanted if action.startswith(f"{service}:")]
                if not (role and resource and service and actions):
                    continue
                arns = _arns_in(stack, role, resource)
                if not any(role_may(stack, role, action, arns) for action in actions):
                    yield (
                        role.path("Policies"),
                        f"{function.logical_id} is given {resource.logical_id} in {name}, and "
                        f"{role.logical_id} grants none of {', '.join(sorted(actions))} on it",
                    )


class DestinationMay(StackRule):
    """Lambda sends with the rights of the function's role; without them the record is lost."""

    id = "E9304"
    shortdesc = "A function's role may use its destinations and its dead-letter queue"
    description = shortdesc
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each destination that the role may not use."""
        actions = {
            "AWS::Lambda::Function": "lambda:InvokeFunction",
            "AWS::SQS::Queue": "sqs:SendMessage",
            "AWS::SNS::Topic": "sns:Publish",
        }
        for function, target, path in _destinations(stack):
            role = stack.role_of(function)
            resource = stack.known_as(target)
            action = actions.get(resource.kind) if resource else None
            if resource is None and isinstance(target, str) and f":{ACCOUNT}:" in target:
                yield path, f"The stack makes no {target}"
            if role and resource and action and not role_may(stack, role, action, [str(target)]):
                yield (
                    path,
                    f"{role.logical_id} does not grant {action} on {resource.logical_id}, the "
                    f"destination of {function.logical_id}",
                )


class LogsMay(StackRule):
    """Without these rights a function works and leaves no logs."""

    id = "E9305"
    shortdesc = "A function's role may write to its log group"
    description = shortdesc
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each function that may not make streams in its group or write events to them."""
        for function in stack.of("AWS::Lambda::Function"):
            role, group = stack.role_of(function), log_group_of(stack, function)
            if role is None or group is None:
                continue
            group_arn = str(group.arn).removesuffix(":*")
            stream = f"{group_arn}:log-stream:2026/01/01/[$LATEST]0123456789abcdef"
            # CreateLogStream is about the group, whose ARN then ends with the empty stream.
            for action, arn in (
                ("logs:CreateLogStream", f"{group_arn}:log-stream:"),
                ("logs:PutLogEvents", stream),
            ):
                if not role_may(stack, role, action, [arn]):
                    yield (
                        role.path("Policies"),
                        f"{role.logical_id} does not grant {action} on {group.logical_id}, where "
                        f"{function.logical_id} logs",
                    )


class ValidPolicy(StackRule):
    """IAM answers MalformedPolicyDocument."""

    id = "E9311"
    shortdesc = "Policies are such as IAM takes"
    description = shortdesc
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
    description = shortdesc
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
    description = shortdesc
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
    description = shortdesc
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
    description = shortdesc
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
    description = shortdesc
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
    description = shortdesc
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


def overlap(pattern: str, other: str) -> bool:
    """Whether some text matches both of two patterns with the wildcards * and ?.

    >>> overlap("bucket/*", "bucket/uploads/*.jpg"), overlap("bucket/processed/*", "bucket/up*")
    (True, False)
    """
    if not pattern or not other:
        return set(pattern + other) <= {"*"}
    if pattern[0] == "*":
        return overlap(pattern[1:], other) or overlap(pattern, other[1:])
    if other[0] == "*":
        return overlap(other, pattern)
    same = pattern[0] == other[0] or "?" in (pattern[0], other[0])
    return same and overlap(pattern[1:], other[1:])


def _all_documents(stack: Stack) -> Iterator[Document]:
    yield from documents(stack)
    for role in stack.of("AWS::IAM::Role"):
        yield trust_policy(role)


def _listed(statement: Any, element: str) -> list[Any]:
    value = statement.get(element, [])
    return value if isinstance(value, list) else [value]


def _destinations(stack: Stack) -> Iterator[tuple[Resource, Any, list[str | int]]]:
    """Functions with where their failed or finished events go."""
    for config in stack.of("AWS::Lambda::EventInvokeConfig"):
        function = stack.known_as(config.properties.get("FunctionName"), "AWS::Lambda::Function")
        for when, destination in (config.properties.get("DestinationConfig") or {}).items():
            if function:
                path = config.path("DestinationConfig", when, "Destination")
                yield function, destination.get("Destination"), path
    for function in stack.of("AWS::Lambda::Function"):
        target = (function.properties.get("DeadLetterConfig") or {}).get("TargetArn")
        if target is not None:
            yield function, target, function.path("DeadLetterConfig", "TargetArn")


def _targets(stack: Stack, role: Resource, function: Resource, service: str) -> list[str]:
    """The ARNs that a call of `service` in a function's code can be about.

    A function knows the resources that its environment names and those whose events it gets; one
    that knows none of a kind may mean any.
    """
    kind = _KINDS.get(service, "")
    named = [stack.known_as(value, kind) for value in stack.environment(function).values()]
    sources = [c.bucket for c in connections(stack) if c.target == function.arn]
    known = [r for r in (*named, *sources) if r and r.kind == kind]
    resources = {r.logical_id: r for r in known or stack.of(kind)}
    arns = (arn for resource in resources.values() for arn in _arns_in(stack, role, resource))
    return list(dict.fromkeys(["*", *arns]))


def _arns_in(stack: Stack, role: Resource, resource: Resource) -> list[str]:
    """The ARN of a resource; for a bucket also those of objects that the role's policies name."""
    arns = [str(resource.arn)]
    if resource.kind == "AWS::S3::Bucket":
        arns.append(f"{resource.arn}/{_ANY_OBJECT}")
        for policy in role_policies(stack, role) or []:
            for statement in policy.statements:
                texts = [p.text for p in statement.resources]
                arns += [
                    text.replace("*", _ANY_OBJECT)
                    for text in texts
                    if text.startswith(f"{resource.arn}/")
                ]
    return arns


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
