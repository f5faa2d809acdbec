"""Event connections: from buckets to functions, topics and queues.

They stand in a bucket's NotificationConfiguration or in a custom resource that makes one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.lint.functions import custom_resources
from harness.lint.stack import PathInTemplate, Resource, Stack

_PLACES = {
    "LambdaConfigurations": "Function",
    "TopicConfigurations": "Topic",
    "QueueConfigurations": "Queue",
}


@dataclass(frozen=True)
class Connection:
    """Events of objects in `bucket` with `prefix` and `suffix` go to `target`, an ARN.

    `maker` is the resource that sets it up, at `path`.
    """

    maker: Resource
    path: PathInTemplate
    bucket: Resource
    target: Any
    event: str
    prefix: str
    suffix: str


def connections(stack: Stack) -> Iterator[Connection]:
    """Every connection that the template makes."""
    for bucket in stack.of("AWS::S3::Bucket"):
        yield from _of_bucket(bucket)
    for resource in custom_resources(stack):
        yield from _of_custom_resource(stack, resource)


def _of_bucket(bucket: Resource) -> Iterator[Connection]:
    configuration = bucket.properties.get("NotificationConfiguration") or {}
    for place, target in _PLACES.items():
        for number, entry in enumerate(configuration.get(place) or []):
            path = bucket.path("NotificationConfiguration", place, number)
            rules = ((entry.get("Filter") or {}).get("S3Key") or {}).get("Rules") or []
            named = {str(r.get("Name")).lower(): str(r.get("Value")) for r in rules}
            prefix, suffix = named.get("prefix", ""), named.get("suffix", "")
            event = str(entry.get("Event"))
            yield Connection(bucket, path, bucket, entry.get(target), event, prefix, suffix)


def _of_custom_resource(stack: Stack, resource: Resource) -> Iterator[Connection]:
    """A custom resource that is given a bucket and a function connects them."""
    given = {name: v for name, v in resource.properties.items() if name != "ServiceToken"}
    buckets = [b for v in given.values() if (b := stack.known_as(v, "AWS::S3::Bucket"))]
    targets = [v for v in given.values() if stack.known_as(v, "AWS::Lambda::Function")]
    if len(buckets) != 1 or len(targets) != 1:
        return
    suffixes = given.get("Suffixes", [given.get("Suffix", "")])
    for number, suffix in enumerate(suffixes if isinstance(suffixes, list) else [suffixes]):
        yield Connection(
            resource,
            resource.path("Suffixes", number),
            buckets[0],
            targets[0],
            "s3:ObjectCreated:*",
            str(given.get("Prefix", "")),
            str(suffix),
        )
