"""Filter patterns for space-delimited log events: ``[ip, ..., status = 4*, bytes > 1000]``.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax", "Using filter patterns to match
terms in space-delimited log events".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from localstack_parity.logs.conditions import QUOTED, REGEX, PatternError, Test, condition

ELLIPSIS = ("...", "…")

_PART = re.compile(rf"(?:{QUOTED}|{REGEX}|[^,])*")
_COMPARISON = re.compile(
    rf"\s*([\w-]+)\s*(<=|>=|!=|=|<|>)\s*({QUOTED}|{REGEX}|(?:(?!&&|\|\|)[^\s,])+)\s*(&&|\|\||$)"
)
_WORD = re.compile(r"\S+")
_CLOSING = {"[": "]", '"': '"'}


@dataclass(frozen=True)
class _Field:
    """A field of the pattern: its name, and alternatives of conditions that must all hold."""

    name: str
    alternatives: tuple[tuple[Test, ...], ...] = ()

    def accepts(self, value: str) -> bool:
        if not self.alternatives:
            return True
        return any(all(test(value) for test in tests) for tests in self.alternatives)


def compile_fields(body: str) -> Callable[[str], dict[str, str] | None]:
    """The matcher of what stands between the brackets of a pattern.

    Fields without a name are named by their place, from 1: ``$4``.
    """
    parts = [part.strip() for part in _split(body)]
    gaps = [number for number, part in enumerate(parts) if part in ELLIPSIS]
    if len(gaps) > 1:
        raise PatternError()
    before = [_field(part) for part in (parts[: gaps[0]] if gaps else parts)]
    after = [_field(part) for part in parts[gaps[0] + 1 :]] if gaps else []

    def match(message: str) -> dict[str, str] | None:
        values = _values(message)
        spare = len(values) - len(before) - len(after)
        if spare < 0 or (spare and not gaps):
            return None
        fields = [*before, *[_Field("")] * spare, *after]
        if not all(field.accepts(value) for field, value in zip(fields, values, strict=True)):
            return None
        return {
            f"${field.name or number}": value
            for number, (field, value) in enumerate(zip(fields, values, strict=True), 1)
        }

    return match


def _values(message: str) -> list[str]:
    """The fields of a message: words, and what is between brackets or quotes."""
    values: list[str] = []
    last = {closing: message.rfind(closing) for closing in _CLOSING.values()}
    word = _WORD.search(message)
    while word:
        closing = _CLOSING.get(word[0][0], "")
        end = word.end()
        if closing and word.start() < last[closing]:
            end = message.find(closing, word.start() + 1)
            values.append(message[word.start() + 1 : end])
            end += 1
        else:
            values.append(word[0])
        word = _WORD.search(message, end)
    return values


def _split(body: str) -> list[str]:
    """The parts between commas that are not inside of quotes."""
    parts, position = [], 0
    while True:
        match = _PART.match(body, position)
        end = match.end() if match else position
        parts.append(body[position:end])
        if end >= len(body):
            return parts
        position = end + 1


def _field(part: str) -> _Field:
    if re.fullmatch(r"[\w-]*", part):
        return _Field(part)
    name, alternatives, tests = "", [], []
    position, joined = 0, True
    while joined:
        match = _COMPARISON.match(part, position)
        if match is None:
            raise PatternError()
        name, sign, operand, link = match.groups()
        tests.append(condition(sign, operand))
        if link != "&&":
            alternatives.append(tuple(tests))
            tests = []
        joined, position = bool(link), match.end()
    return _Field(name, tuple(alternatives))
