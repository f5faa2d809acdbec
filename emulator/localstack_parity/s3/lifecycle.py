"""What S3 refuses about the rules of a bucket's lifecycle.

Sources: Amazon S3 API Reference, PutBucketLifecycleConfiguration, LifecycleRule, Transition; User
Guide, "Transitioning objects using Amazon S3 Lifecycle". The words are those that people report.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localstack.aws.api import ServiceException
from localstack.aws.api.s3 import InvalidArgument
from localstack.services.s3.exceptions import InvalidRequest, MalformedXML

MAX_RULES = 1_000
MAX_ID = 255
MAX_NEWER_VERSIONS = 100
# Days before an object may go to infrequent access.
INFREQUENT = {"STANDARD_IA": 30, "ONEZONE_IA": 30}

_ACTIONS = (
    "AbortIncompleteMultipartUpload",
    "Expiration",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "Transitions",
)
# Numbers that are at least 1, by the action they are in.
_POSITIVE = {
    "AbortIncompleteMultipartUpload": ("DaysAfterInitiation",),
    "Expiration": ("Days",),
    "NoncurrentVersionExpiration": ("NoncurrentDays", "NewerNoncurrentVersions"),
}


def check(rules: Sequence[Mapping[str, Any]]) -> None:
    """Raise S3's error for rules that no bucket can have."""
    if len(rules) > MAX_RULES:
        raise MalformedXML()
    for rule in rules:
        for problem in _problems(rule):
            raise problem


def _problems(rule: Mapping[str, Any]) -> Iterator[ServiceException]:
    if len(rule.get("ID") or "") > MAX_ID:
        yield InvalidArgument(f"ID length should not exceed allowed limit of {MAX_ID}")
    if (rule.get("Prefix") is None) == (rule.get("Filter") is None):
        yield MalformedXML()
    if not any(rule.get(action) for action in _ACTIONS):
        yield InvalidRequest("At least one action needs to be specified in a rule")
    for action, names in _POSITIVE.items():
        for name in names:
            value = (rule.get(action) or {}).get(name)
            if value is not None and value < 1:
                yield InvalidArgument(f"'{name}' for {action} action must be a positive integer")
    newer = (rule.get("NoncurrentVersionExpiration") or {}).get("NewerNoncurrentVersions") or 0
    if newer > MAX_NEWER_VERSIONS:
        yield InvalidArgument(
            f"'NewerNoncurrentVersions' must not be greater than {MAX_NEWER_VERSIONS}"
        )
    yield from _transition_problems(rule.get("Transitions") or (), "Days", "Transition")
    yield from _transition_problems(
        rule.get("NoncurrentVersionTransitions") or (),
        "NoncurrentDays",
        "NoncurrentVersionTransition",
    )
    yield from _order_problems(rule)
    yield from _size_problems(rule.get("Filter") or {})


def _transition_problems(
    transitions: Sequence[Mapping[str, Any]], days: str, action: str
) -> Iterator[ServiceException]:
    for transition in transitions:
        storage_class, after = transition.get("StorageClass") or "", transition.get(days)
        least = INFREQUENT.get(storage_class, 0)
        if after is not None and after < least:
            yield InvalidArgument(
                f"'{days}' in {action} action must be greater than or equal to {least} for"
                f" storageClass '{storage_class}'"
            )


def _order_problems(rule: Mapping[str, Any]) -> Iterator[ServiceException]:
    """Find objects that would expire before they move."""
    expires = (rule.get("Expiration") or {}).get("Days")
    moves = [it["Days"] for it in rule.get("Transitions") or () if it.get("Days") is not None]
    if expires is not None and moves and expires <= max(moves):
        prefix = rule.get("Prefix") or (rule.get("Filter") or {}).get("Prefix") or ""
        yield InvalidArgument(
            f"'Days' in the Expiration action for filter '(prefix={prefix})' must be greater than"
            " 'Days' in the Transition action"
        )


def _size_problems(selected: Mapping[str, Any]) -> Iterator[ServiceException]:
    for where in (selected, selected.get("And") or {}):
        for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
            if (where.get(name) or 0) < 0:
                yield InvalidRequest(f"'{name}' must be a positive integer")
