"""What is required of a bucket: encryption, versions, privacy, and when old versions go."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.stack.intrinsics import mentions_unknown
from harness.stack.required.described import Part, Path, Unmet, equal, number, value_at
from harness.stack.required.file import Required

_FOUR_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def _encryption(required: Required, bucket: Part, _: str) -> Iterator[Unmet]:
    path: Path = ("BucketEncryption", "ServerSideEncryptionConfiguration", 0)
    path = (*path, "ServerSideEncryptionByDefault", "SSEAlgorithm")
    yield from equal(required, bucket, path, "the encryption {}")


def _versioning(required: Required, bucket: Part, _: str) -> Iterator[Unmet]:
    path = ("VersioningConfiguration", "Status")
    yield from equal(Required("Enabled", required.place), bucket, path, "versioning to be {}")


def _blocks(required: Required, bucket: Part, _: str) -> Iterator[Unmet]:
    for name in _FOUR_BLOCKS:
        path = ("PublicAccessBlockConfiguration", name)
        yield from equal(Required(True, required.place), bucket, path, f"{name} to be {{}}")


def _noncurrent(required: Required, bucket: Part, prefix: str) -> Iterator[Unmet]:
    """The first rule that removes noncurrent versions is the one that counts.

    Source: Amazon S3 User Guide, "Lifecycle configuration elements" (conflicting rules).
    """
    path: Path = ("LifecycleConfiguration", "Rules")
    rules = value_at(bucket.properties, path) or []
    if mentions_unknown(rules):
        return
    found = [
        (days, number)
        for number, rule in enumerate(rules)
        if rule.get("Status") == "Enabled" and _covers(rule, prefix)
        if (days := _noncurrent_days(rule)) is not None
    ]
    what = f"noncurrent versions to go after {required.value} days, and "
    if not found:
        yield Unmet(required, bucket.logical_id, path, f"{what}no rule removes them all")
    elif (first := min(found))[0] != required.value:
        yield Unmet(required, bucket.logical_id, (*path, first[1]), f"{what}it is {first[0]:g}")


def _covers(rule: Mapping[str, Any], prefix: str) -> bool:
    """Whether a lifecycle rule is about all keys with `prefix`."""
    further = {"TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"}
    return prefix.startswith(str(rule.get("Prefix") or "")) and not any(map(rule.get, further))


def _noncurrent_days(rule: Mapping[str, Any]) -> float | None:
    """After how many days a rule removes noncurrent versions; None if it keeps some for ever."""
    expiration = rule.get("NoncurrentVersionExpiration") or {}
    if expiration.get("NewerNoncurrentVersions"):
        return None
    return number(expiration.get("NoncurrentDays", rule.get("NoncurrentVersionExpirationInDays")))


BUCKETS: Mapping[str, Callable[[Required, Part, str], Iterator[Unmet]]] = {
    "buckets.encryption": _encryption,
    "buckets.versioning": _versioning,
    "buckets.public_access_blocked": _blocks,
    "buckets.noncurrent_versions_days": _noncurrent,
}
