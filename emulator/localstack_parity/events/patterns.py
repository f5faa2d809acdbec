"""Wildcards in event patterns of EventBridge, matched in time proportional to the event."""

import re
from functools import lru_cache
from typing import Any

from localstack.services.events.event_rule_engine import EventRuleEngine

from iam_policies.wildcards import in_order


def install() -> None:
    """Replace LocalStack's matching, whose time grows with the power of the number of stars."""
    engine: Any = EventRuleEngine
    engine._evaluate_wildcard = staticmethod(matches)


def matches(pattern: str, value: object) -> bool:
    """Say whether a value is a text that a pattern with stars matches."""
    return isinstance(value, str) and _compiled(pattern).fullmatch(value) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(in_order([re.escape(part) for part in pattern.split("*")], ".+"))
