"""The rules of composite alarms: read, and evaluated. Pure functions.

Source: Amazon CloudWatch API Reference, PutCompositeAlarm, AlarmRule. That NOT binds closest and OR
least is what such operators do; the page does not say it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
_TOKEN = re.compile(r'\s*([()]|"[^"]*"|[^\s()"]+)')

type StateOf = Callable[[str], str]
type Condition = Callable[[StateOf], bool]


class InvalidRule(ValueError):
    """A text that is no rule."""


class AtLeast(InvalidRule):
    """A rule with AT_LEAST, which is not evaluated here."""


@dataclass(frozen=True)
class Rule:
    """A rule: whether it holds, given the state of each alarm, and the alarms that it names.

    An alarm is named by its name or its ARN.
    """

    holds: Condition
    names: tuple[str, ...]


def parse(text: str) -> Rule:
    """Read a rule. Raises InvalidRule."""
    reader = _Reader(_tokens(text))
    condition = reader.disjunction()
    if reader.next():
        raise InvalidRule
    return Rule(condition, tuple(dict.fromkeys(reader.names)))


def _tokens(text: str) -> list[str]:
    tokens, position, text = [], 0, text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:  # a quotation mark that is not closed
            raise InvalidRule
        tokens.append(found[1])
        position = found.end()
    return tokens


class _Reader:
    """Reads tokens from left to right, a method for each kind of expression."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0
        self.names: list[str] = []

    def next(self) -> str:
        """Return the next token, and an empty text after the last."""
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def disjunction(self) -> Condition:
        conditions = [self._conjunction()]
        while self._skip("OR"):
            conditions.append(self._conjunction())
        return lambda state_of: any(holds(state_of) for holds in conditions)

    def _conjunction(self) -> Condition:
        conditions = [self._negation()]
        while self._skip("AND"):
            conditions.append(self._negation())
        return lambda state_of: all(holds(state_of) for holds in conditions)

    def _negation(self) -> Condition:
        if self._skip("NOT"):
            negated = self._negation()
            return lambda state_of: not negated(state_of)
        return self._operand()

    def _operand(self) -> Condition:
        token = self._take()
        if token == "(":
            inner = self.disjunction()
            self._expect(")")
            return inner
        if token in ("TRUE", "FALSE"):
            return lambda _: token == "TRUE"
        if token == "AT_LEAST":
            raise AtLeast
        if token not in STATES:
            raise InvalidRule
        self._expect("(")
        name = self._take().strip('"')
        if name in ("", "(", ")"):
            raise InvalidRule
        self._expect(")")
        self.names.append(name)
        return lambda state_of: state_of(name) == token

    def _take(self) -> str:
        token = self.next()
        self._position += 1
        return token

    def _skip(self, token: str) -> bool:
        found = self.next() == token
        self._position += found
        return found

    def _expect(self, token: str) -> None:
        if not self._skip(token):
            raise InvalidRule
