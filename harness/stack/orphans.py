"""Orphans: what an environment left in an account, found by name with or without its stack."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from harness.naming import counted
from harness.stack.physical_ids import name_of
from harness.targets.target import Target

_BATCH = 1000  # the most objects that DeleteObjects takes


@dataclass(frozen=True, order=True)
class Found:
    """Something in the account: its resource type, its name, and its physical id.

    Type and name tell what it is: the host in a queue's URL depends, at an emulator, on who asks.
    """

    kind: str
    name: str
    physical_id: str = field(compare=False)

    @classmethod
    def of(cls, kind: str, physical_id: str) -> "Found":
        """What has this physical id, in which its name is."""
        return cls(kind, name_of(kind, physical_id), physical_id)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class _Kind:
    """How a service lists its resources of one type, and how it removes one, by physical id."""

    service: str
    listing: str
    items: str
    id: str = ""  # the field with the physical id; the item itself is it if there is none
    remove: Callable[[Any, str], object] | None = None


EXPORT, STACK = "export", "AWS::CloudFormation::Stack"
BUCKET, QUEUE = "AWS::S3::Bucket", "AWS::SQS::Queue"


def _delete_role(iam: Any, name: str) -> None:
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=name)


def _delete_bucket(s3: Any, name: str) -> None:
    empty_bucket(s3, name)
    s3.delete_bucket(Bucket=name)


# In an order in which they can be removed: a bucket last, for functions may still write to it.
_KINDS = {
    EXPORT: _Kind("cloudformation", "list_exports", "Exports", "Name"),
    STACK: _Kind("cloudformation", "describe_stacks", "Stacks", "StackName"),
    "AWS::CloudWatch::Alarm": _Kind(
        *("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        lambda client, name: client.delete_alarms(AlarmNames=[name]),
    ),
    "AWS::CloudWatch::Dashboard": _Kind(
        *("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        lambda client, name: client.delete_dashboards(DashboardNames=[name]),
    ),
    "AWS::Lambda::Function": _Kind(
        *("lambda", "list_functions", "Functions", "FunctionName"),
        lambda client, name: client.delete_function(FunctionName=name),
    ),
    "AWS::SNS::Topic": _Kind(
        *("sns", "list_topics", "Topics", "TopicArn"),
        lambda client, arn: client.delete_topic(TopicArn=arn),
    ),
    QUEUE: _Kind(
        *("sqs", "list_queues", "QueueUrls", ""),
        lambda client, url: client.delete_queue(QueueUrl=url),
    ),
    "AWS::Logs::LogGroup": _Kind(
        *("logs", "describe_log_groups", "logGroups", "logGroupName"),
        lambda client, name: client.delete_log_group(logGroupName=name),
    ),
    "AWS::IAM::Role": _Kind("iam", "list_roles", "Roles", "RoleName", _delete_role),
    BUCKET: _Kind("s3", "list_buckets", "Buckets", "Name", _delete_bucket),
}
LISTED = frozenset(_KINDS)


def found_of(target: Target, suffix: str) -> frozenset[Found]:
    """All that carries `suffix` in its name: resources, exports, and stacks that are not gone."""
    everything = (found for kind in _KINDS for found in found_of_kind(target, kind))
    return frozenset(found for found in everything if suffix in found.name)


def found_of_kind(target: Target, type_: str) -> Iterator[Found]:
    """All that there is of one of the types in LISTED."""
    kind = _KINDS[type_]
    for page in target.client(kind.service).get_paginator(kind.listing).paginate():
        for item in page.get(kind.items, []):
            yield Found.of(type_, str(item[kind.id] if kind.id else item))


def remove(target: Target, unwanted: Iterable[Found]) -> list[str]:
    """Remove what is there, past any stack; say what could not be removed, and why.

    Stacks and exports go with DeleteStack only.
    """
    stayed = []
    for found in sorted(unwanted, key=lambda found: list(_KINDS).index(found.kind)):
        kind = _KINDS[found.kind]
        try:
            if kind.remove:
                kind.remove(target.client(kind.service), found.physical_id)
        except ClientError as error:
            stayed.append(f"{found}: {error}")
    return stayed


def empty_buckets(target: Target, suffix: str) -> None:
    """Remove every object, in every version, from the buckets that carry `suffix`."""
    for found in found_of(target, suffix):
        if found.kind == BUCKET:
            empty_bucket(target.client("s3"), found.name)


@dataclass(frozen=True)
class Content:
    """What a bucket holds: versions of objects with their bytes, and delete markers."""

    versions: int = 0
    markers: int = 0
    bytes: int = 0

    def __bool__(self) -> bool:
        return bool(self.versions or self.markers)

    def __str__(self) -> str:
        versions = f"{counted(self.versions, 'version')} of objects"
        markers = counted(self.markers, "delete marker")
        return f"{versions} ({self.bytes / 1e6:.1f} MB) and {markers}"


def bucket_content(s3: Any, name: str) -> Content:
    """Count what a bucket holds; an object in a bucket without versioning is one version."""
    versions = markers = size = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        versions += len(page.get("Versions", []))
        markers += len(page.get("DeleteMarkers", []))
        size += sum(one["Size"] for one in page.get("Versions", []))
    return Content(versions, markers, size)


def empty_bucket(s3: Any, name: str) -> list[str]:
    """Remove every version and delete marker of a bucket; say what could not be removed, and why.

    A bucket that holds any cannot be deleted (S3 User Guide, "Emptying a general purpose bucket").
    """
    stayed = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        versions = [
            {"Key": one["Key"], "VersionId": one["VersionId"]}
            for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        ]
        for start in range(0, len(versions), _BATCH):
            answer = s3.delete_objects(
                Bucket=name, Delete={"Objects": versions[start : start + _BATCH], "Quiet": True}
            )
            stayed += [
                f"{error['Key']}, version {error.get('VersionId')}: {error['Message']}"
                for error in answer.get("Errors", [])
            ]
    return stayed
