"""E940x: events that arrive, and do not go round in circles."""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

from harness.lint.events import Connection, connections
from harness.lint.functions import needed_actions, package_of, permits
from harness.lint.policies import overlap, resource_policy, role_policies, service_may
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Resource, Stack
from harness.stack.intrinsics import mentions_unknown

# Source: Amazon S3 User Guide, "Supported event types for SQS, SNS, and Lambda".
_EVENTS = re.compile(
    r"s3:(TestEvent|ObjectCreated:(\*|Put|Post|Copy|CompleteMultipartUpload)|ObjectRemoved:(\*|Delete|"
    r"DeleteMarkerCreated)|ObjectRestore:(\*|Post|Completed|Delete)|ReducedRedundancyLostObject|"
    r"Replication:(\*|Operation\w+)|LifecycleTransition|LifecycleExpiration:(\*|Delete|"
    r"DeleteMarkerCreated)|IntelligentTiering|ObjectTagging:(\*|Put|Delete)|ObjectAcl:Put|"
    r"ObjectAnnotation:(\*|Put|Delete))"
)


class MayInvoke(StackRule):
    """S3 answers "Unable to validate the following destination configurations"."""

    id = "E9401"
    shortdesc = "A bucket that sends events to a function is permitted to invoke it"
    source_url = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
        "grant-destinations-permissions-to-s3.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each connection that nothing permits."""
        for connection in _first_of_each(stack):
            function = stack.known_as(connection.target, "AWS::Lambda::Function")
            if function and not any(
                permits(stack, permission, function, "s3.amazonaws.com", connection.bucket)
                for permission in stack.of("AWS::Lambda::Permission")
            ):
                yield (
                    connection.path,
                    f"No AWS::Lambda::Permission lets s3.amazonaws.com invoke "
                    f"{function.logical_id} for {connection.bucket.logical_id} of this account",
                )
            target = stack.known_as(connection.target)
            action = {"AWS::SNS::Topic": "sns:Publish", "AWS::SQS::Queue": "sqs:SendMessage"}
            if target and target.kind in action:
                arn, bucket = str(target.arn), connection.bucket
                policy = resource_policy(stack, arn)
                if not service_may(stack, "s3", action[target.kind], arn, policy, bucket.arn):
                    yield connection.path, f"No policy of {target.logical_id} lets S3 send to it"


class PermissionFirst(StackRule):
    """S3 tries the destination when the notifications are set; AWS creates in parallel."""

    id = "E9402"
    shortdesc = "Notifications are set after the permission that they need"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
        "aws-attribute-dependson.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each connection that may be made before its permission."""
        for connection in _first_of_each(stack):
            function = stack.known_as(connection.target, "AWS::Lambda::Function")
            permissions = [
                permission.logical_id
                for permission in stack.of("AWS::Lambda::Permission")
                if function
                and permits(stack, permission, function, "s3.amazonaws.com", connection.bucket)
            ]
            waits_for = stack.waits_for[connection.maker.logical_id]
            if permissions and not waits_for.intersection(permissions):
                yield (
                    connection.maker.path(),
                    f"{connection.maker.logical_id} does not wait for {permissions[0]}: "
                    "name it in DependsOn",
                )


class Filters(StackRule):
    """S3 answers "Configuration is ambiguously defined", or nothing ever matches."""

    id = "E9403"
    shortdesc = "Filters of notifications neither overlap nor have wildcards"
    source_url = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Pairs of filters that a key can match both, and filters that match no key."""
        found = [c for c in connections(stack) if not mentions_unknown([c.prefix, c.suffix])]
        for one, other in combinations(found, 2):
            if (
                one.bucket is other.bucket
                and _either(one.prefix, other.prefix, str.startswith)
                and _either(one.suffix, other.suffix, str.endswith)
                and overlap(one.event, other.event)
            ):
                mine, others = _filter(one), _filter(other)
                yield other.path, f"{others} and {mine} match the same keys"
        for connection in found:
            if "*" in connection.prefix + connection.suffix:
                path = connection.path
                yield path, f"{_filter(connection)}: in a filter * is a character like any other"


class EventNames(StackRule):
    """S3 answers "The event '…' is not supported for notifications"."""

    id = "E9404"
    shortdesc = "Notifications are of events that S3 has"
    source_url = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
        "notification-how-to-event-types-and-destinations.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each event that does not exist."""
        for connection in connections(stack):
            if not _EVENTS.fullmatch(connection.event):
                yield connection.path, f"S3 has no event {connection.event}"


class Recursion(StackRule):
    """Lambda stops such a loop after 16 rounds, and every round costs."""

    id = "E9405"
    shortdesc = "A function cannot write where its own events come from"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Functions whose role may write objects that trigger them again."""
        for connection in connections(stack):
            function = stack.known_as(connection.target, "AWS::Lambda::Function")
            role = stack.role_of(function) if function else None
            created = overlap(connection.event, "s3:ObjectCreated:Put")
            if not (function and role and created and _writes(stack, function)):
                continue
            keys = f"{connection.bucket.arn}/{connection.prefix}*{connection.suffix}"
            for policy in role_policies(stack, role) or []:
                for statement in policy.about("s3:PutObject"):
                    if statement.allows and any(overlap(p.text, keys) for p in statement.resources):
                        yield (
                            role.path("Policies"),
                            f"{function.logical_id} may write {keys}, which invokes it again",
                        )


def _first_of_each(stack: Stack) -> Iterator[Connection]:
    """One connection of each bucket to each target by each maker."""
    seen = set()
    for connection in connections(stack):
        key = (connection.maker.logical_id, connection.bucket.logical_id, str(connection.target))
        if key not in seen:
            seen.add(key)
            yield connection


def _either(one: str, other: str, test: Any) -> bool:
    return bool(test(one, other) or test(other, one))


def _filter(connection: Connection) -> str:
    return f"{connection.prefix}…{connection.suffix}"


def _writes(stack: Stack, function: Resource) -> bool:
    """Whether the function's code writes objects; True if that is unknown."""
    package = package_of(stack, function)
    return package is None or any("s3:PutObject" in needed_actions(c) for c in package.calls)
