"""Lists of rules: what each kind of fault has in common, and how a rule is read from JSON.

A kind of fault is a module with a frozen dataclass of its rules, a function that reads one, and its
RuleList.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Protocol

from localstack_parity.chaos import dice

type Document = Mapping[str, Any]


class Rule(Protocol):
    """What every rule has: the JSON object that it was read from, for GET and the journal."""

    @property
    def document(self) -> Document:
        """The object, unchanged."""
        ...


class RuleList[R: Rule]:
    """The rules of one kind that are in force; none until somebody sets some.

    `parse` reads one rule and raises ValueError with a sentence about what is wrong with it.
    `rules` is a tuple that is replaced, never changed: look once, without a lock. `changed` is set
    when it is: who waits on behalf of a rule waits for this.
    """

    def __init__(self, name: str, parse: Callable[[Document], R]) -> None:
        self.name = name
        self.rules: tuple[R, ...] = ()
        self.changed = threading.Event()
        self._parse = parse
        self._lock = threading.Lock()

    def get(self) -> list[Document]:
        """The rules as they were given."""
        return [rule.document for rule in self.rules]

    def replace(self, document: object) -> None:
        """Put a list of rules in force in the place of all others. All of them or, bad, none."""
        rules = self._read(document)
        with self._lock:
            self._set(rules)

    def add(self, document: object) -> None:
        """Put further rules in force, behind the others."""
        rules = self._read(document)
        with self._lock:
            self._set(self.rules + rules)

    def remove(self, document: object) -> None:
        """Take the rules out of force that are equal to one of a list."""
        gone = [rule.document for rule in self._read(document)]
        with self._lock:
            self._set(tuple(rule for rule in self.rules if rule.document not in gone))

    def clear(self) -> None:
        """Have none in force."""
        with self._lock:
            self._set(())

    def _set(self, rules: tuple[R, ...]) -> None:
        self.rules = rules
        before, self.changed = self.changed, threading.Event()
        before.set()

    def _read(self, document: object) -> tuple[R, ...]:
        if not isinstance(document, list):
            raise ValueError(f"{self.name} is a list of rules, [] for none.")
        rules = []
        for number, one in enumerate(document, 1):
            if not isinstance(one, dict):
                raise ValueError(f"Rule {number} of {self.name} is not an object.")
            try:
                rules.append(self._parse(one))
            except ValueError as problem:
                raise ValueError(f"Rule {number} of {self.name}: {problem}") from None
        return tuple(rules)


class Chance:
    """How likely a rule strikes, and how often at most: its "probability" and its "times"."""

    FIELDS = frozenset({"probability", "times"})

    def __init__(self, document: Document) -> None:
        self._rule = json.dumps(document, sort_keys=True)
        self._probability = number(document, "probability", 1.0, most=1.0)
        self._left = whole(document, "times", least=1)
        self._lock = threading.Lock()

    def strikes(self, thing: str) -> bool:
        """Whether the rule strikes `thing`, as dice.struck means it, this time."""
        if not dice.struck(self._rule, thing, self._probability):
            return False
        if self._left is None:
            return True
        with self._lock:
            self._left -= 1
            return self._left >= 0


def matches(pattern: str | None, text: str) -> bool:
    """Whether a glob such as *.png matches; none matches everything. Capitals count."""
    return pattern is None or fnmatchcase(text, pattern)


def only(document: Document, fields: frozenset[str]) -> None:
    """Raise ValueError if there is a field that the rule does not have."""
    if unknown := sorted(document.keys() - fields):
        raise ValueError(f"there is no {unknown[0]!r}; known are {', '.join(sorted(fields))}.")


def text(document: Document, field: str, among: Sequence[str] = ()) -> str | None:
    """A field with text in it, one of `among` if given; None if absent."""
    value = document.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise ValueError(f"{field!r} is text, not {json.dumps(value)}.")
    if among and value not in among:
        raise ValueError(f"{field!r} is one of {', '.join(among)}, not {value!r}.")
    return value


def number(
    document: Document, field: str, default: float, *, least: float = 0.0, most: float = 1e9
) -> float:
    """A field with a number in it, within bounds; `default` if absent."""
    value = document.get(field)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(
            f"{field!r} is a number from {least:g} to {most:g}, not {json.dumps(value)}."
        )
    return value


def whole(document: Document, field: str, *, least: int, most: int = 10**9) -> int | None:
    """A field with a whole number in it, within bounds; None if absent."""
    value = document.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(
            f"{field!r} is a whole number from {least} to {most}, not {json.dumps(value)}."
        )
    return value
