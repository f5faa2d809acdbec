"""Filter patterns of CloudWatch Logs, for metric filters, subscriptions and FilterLogEvents.

Pure; used by provider.py and metric_filters.py.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from localstack_parity.logs.conditions import QUOTED, REGEX, PatternError, regex, unquoted
from localstack_parity.logs.field_patterns import compile_fields
from localstack_parity.logs.json_patterns import compile_json, find

MAX_LENGTH = 1024

_TERM = re.compile(rf"\s*(?P<mark>[-?])?\s*(?P<term>{QUOTED}|{REGEX}|[^\s\"%]+)(?=\s|$)")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Found:
    """A message that matches: its fields by name, or the JSON it is."""

    fields: Mapping[str, str] = field(default_factory=dict)
    document: object = None

    def value(self, selector: str) -> object:
        """What ``$.property`` or ``$field`` stands for in this message; None for nothing."""
        if selector in self.fields:
            return self.fields[selector]
        return find(self.document, selector)


type Pattern = Callable[[str], Found | None]


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Pattern:
    """The function that finds a pattern in a message. Raises PatternError."""
    if len(pattern) > MAX_LENGTH:
        raise PatternError()
    text = pattern.rstrip()
    if text.startswith("{"):
        if not text.endswith("}"):
            raise PatternError()
        return _json(text[1:-1])
    if text.startswith("["):
        if not text.endswith("]"):
            raise PatternError()
        match = compile_fields(text[1:-1])
        return lambda message: None if (found := match(message)) is None else Found(found)
    return _terms(text)


def _json(body: str) -> Pattern:
    test = compile_json(body)

    def match(message: str) -> Found | None:
        try:
            document = json.loads(message)
        except ValueError:
            return None
        return Found(document=document) if test(document) else None

    return match


def _terms(text: str) -> Pattern:
    """Terms that are all in the message; with ``-`` not; with ``?`` at least one of them.

    "If you combine ? with other filter patterns", those with ? are ignored.
    """
    included: list[Callable[[str], bool]] = []
    excluded: list[Callable[[str], bool]] = []
    optional: list[Callable[[str], bool]] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise PatternError()
        kind = {"-": excluded, "?": optional}.get(match["mark"], included)
        kind.append(_term(match["term"]))
        position = match.end()
    anything = not optional or bool(included or excluded)

    def matches(message: str) -> Found | None:
        matched = (
            all(term(message) for term in included)
            and not any(term(message) for term in excluded)
            and (anything or any(term(message) for term in optional))
        )
        return Found() if matched else None

    return matches


def _term(term: str) -> Callable[[str], bool]:
    if re.fullmatch(REGEX, term):
        return regex(term[1:-1])
    if not term.startswith('"') and not _WORD.fullmatch(term):
        raise PatternError(f"Invalid character(s) in term '{_WORD.sub('', term)}'")
    wanted = unquoted(term)
    return lambda message: wanted in message
