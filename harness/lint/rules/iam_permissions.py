"""E930x: roles let functions do what they do."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.lint.events import connections
from harness.lint.functions import log_group_of, needed_actions, packages
from harness.lint.policies import (
    arns_in,
    parsed_or_none,
    role_may,
    trust_policy,
)
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import ACCOUNT, Resource, Stack
from iam_policies.evaluation import Caller, Callers, Request, decide

# What an action on each service's resources works on, as far as the template makes them.
_KINDS = {
    "s3": "AWS::S3::Bucket",
    "sns": "AWS::SNS::Topic",
    "sqs": "AWS::SQS::Queue",
    "lambda": "AWS::Lambda::Function",
}


class Trust(StackRule):
    """CreateFunction answers "The role defined for the function cannot be assumed by Lambda"."""

    id = "E9301"
    shortdesc = "Lambda may take on the role of every function"
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
                arns = arns_in(stack, role, resource)
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
    arns = (arn for resource in resources.values() for arn in arns_in(stack, role, resource))
    return list(dict.fromkeys(["*", *arns]))
