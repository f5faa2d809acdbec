"""The rules of a bucket's notification configuration: which are refused, and which keys they match.

In prefixes and suffixes a space is written as a plus sign, and "any other special characters" are
percent-encoded; what S3 calls safe characters may be either. So a rule is compared with a key that
is encoded in the same way.

AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from urllib.parse import quote_plus

from localstack.aws.api.s3 import Event, InvalidArgument
from localstack.services.s3.exceptions import MalformedXML

_KNOWN_EVENTS = frozenset(str(event) for event in Event)
# S3 User Guide, "Naming Amazon S3 objects", "Safe characters", and the slash between folders.
_SAFE = "/!-_.*'()"
_LISTS = ("LambdaFunctionConfigurations", "QueueConfigurations", "TopicConfigurations")


@dataclass(frozen=True)
class Rule:
    """For which events and keys one destination receives events."""

    events: tuple[str, ...]
    prefix: str
    suffix: str

    def shared_event(self, other: Rule) -> tuple[str, str] | None:
        """Return two events, one of each rule, that name the same thing; None if there are none."""
        for mine in self.events:
            for theirs in other.events:
                if _same_event(mine, theirs):
                    return mine, theirs
        return None

    def overlaps(self, other: Rule) -> bool:
        """Say whether some key could match both rules, as S3 decides it: by prefix and suffix."""
        return (self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix)) and (
            self.suffix.endswith(other.suffix) or other.suffix.endswith(self.suffix)
        )


def check(configuration: dict[str, Any]) -> None:
    """Raise InvalidArgument, with AWS's words, for what S3 does not accept.

    That is: a filter rule that is neither prefix nor suffix, an event that does not exist, two
    prefix or two suffix rules in one filter, and two rules for the same event that could match the
    same key. All this is said before a destination is looked at, as recorded on AWS: LocalStack's
    tests, v4.14.0, test_bucket_notification_with_invalid_filter_rules.
    """
    rules = list(_rules(configuration))
    for one, other in combinations(rules, 2):
        shared = one.shared_event(other)
        if shared and one.overlaps(other):
            raise InvalidArgument(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two"
                " rules if the prefixes are overlapping for the same event type.",
                ArgumentName="Event",
                ArgumentValue=", ".join(shared),
            )


def matches(entry: dict[str, Any], key: str) -> bool:
    """Say whether a rule's filter lets a key through."""
    encoded = quote_plus(key, safe=_SAFE)
    return encoded.startswith(_filter_value(entry, "prefix")) and encoded.endswith(
        _filter_value(entry, "suffix")
    )


def _rules(configuration: dict[str, Any]) -> Iterator[Rule]:
    for name in _LISTS:
        for entry in configuration.get(name) or []:
            events = tuple(entry.get("Events") or ())
            for event in events:
                if event not in _KNOWN_EVENTS:
                    raise InvalidArgument(
                        "A specified event is not supported for notifications.",
                        ArgumentName="Event",
                        ArgumentValue=event,
                    )
            yield Rule(events, _filter_value(entry, "prefix"), _filter_value(entry, "suffix"))


def _filter_value(entry: dict[str, Any], kind: str) -> str:
    filter_rules = ((entry.get("Filter") or {}).get("Key") or {}).get("FilterRules") or []
    for rule in filter_rules:
        _check_filter_rule(rule)
    values = [
        _normal(rule.get("Value") or "")
        for rule in filter_rules
        if rule.get("Name", "").lower() == kind
    ]
    if len(values) > 1:
        raise InvalidArgument(
            f"Cannot specify more than one {kind} rule in a filter.",
            ArgumentName="FilterRule.Name",
            ArgumentValue=kind,
        )
    return values[0] if values else ""


def _check_filter_rule(rule: dict[str, Any]) -> None:
    if "Name" not in rule or "Value" not in rule:
        raise MalformedXML()
    if rule["Name"].lower() not in ("prefix", "suffix"):
        raise InvalidArgument(
            "filter rule name must be either prefix or suffix",
            ArgumentName="FilterRule.Name",
            ArgumentValue=rule["Name"],
        )


def _normal(value: str) -> str:
    """Write each character as `matches` writes those of a key: encoded only where it has to be."""

    def one(escape: re.Match[str]) -> str:
        return quote_plus(bytes.fromhex(escape[1]), safe=_SAFE)

    return re.sub("%([0-9A-Fa-f]{2})", one, value)


def _same_event(one: str, other: str) -> bool:
    def covers(pattern: str, event: str) -> bool:
        return pattern == event or (pattern.endswith(":*") and event.startswith(pattern[:-1]))

    return covers(one, other) or covers(other, one)
