"""Regular expressions of filter patterns, searched in time proportional to text and expression.

Patterns come from users and messages from anybody, and Python's `re` tries every way in which a
text may match: `a*a*a*b` takes hours on a few hundred letters. CloudWatch Logs has no subpatterns,
so an expression is a list of alternatives, each a row of characters with a number of repetitions.
That needs no more than the set of places that a match may have reached, as bits of an integer.

Source: Amazon CloudWatch Logs User Guide, "Supported regular expressions (regex) syntax".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

_SIGNS = re.compile(r"[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+. ]+")
_ATOM = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]|\\x[0-9A-Fa-f]{2}|\\[dDsSwW\W_]|[^\[\\*+?]")
_REPETITION = re.compile(r"(?:([*+?])|\{(\d+)(,?)(\d*)\})\??")  # a second ? changes no yes or no
_TIMES = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class InvalidRegex(ValueError):
    """An expression that CloudWatch Logs refuses."""


@dataclass(frozen=True)
class _Item:
    """A character, or a place in the text, and how often it stands there: `most` None is ever."""

    atom: str
    least: int = 1
    most: int | None = 1


def compile_regex(text: str) -> Callable[[str], bool]:
    """Return the function that says whether a text contains a match. Raises InvalidRegex."""
    if not _SIGNS.fullmatch(text):
        raise InvalidRegex("a sign that is not supported")
    alternatives: list[list[_Item]] = [[]]
    position = 0
    while position < len(text):
        if text[position] == "|":
            alternatives.append([])
            position += 1
            continue
        item, position = _item(text, position)
        alternatives[-1].append(item)
    accepts = {
        one.atom: _character(one.atom) for items in alternatives for one in items if one.atom
    }
    return partial(_search, alternatives, accepts)


def _item(text: str, position: int) -> tuple[_Item, int]:
    atom = _ATOM.match(text, position)
    if not atom:
        raise InvalidRegex("nothing to repeat, a bracket that is not closed or an unknown escape")
    repetition = _REPETITION.match(text, atom.end())
    if not repetition:
        return _Item(atom[0]), atom.end()
    sign, least, comma, most = repetition.groups()
    if sign:
        return _Item(atom[0], *_TIMES[sign]), repetition.end()
    if comma and most and int(most) < int(least):
        raise InvalidRegex("more repetitions at least than at most")
    return (
        _Item(atom[0], int(least), (int(most) if most else None) if comma else int(least)),
        repetition.end(),
    )


def _character(atom: str) -> Callable[[str], object]:
    try:
        return re.compile(atom, re.ASCII).fullmatch
    except re.error as problem:
        raise InvalidRegex(str(problem)) from None


def _search(
    alternatives: list[list[_Item]], accepts: dict[str, Callable[[str], object]], text: str
) -> bool:
    found = _Places(text, accepts)
    return any(found.after(items) for items in alternatives)


class _Places:
    """Sets of places in one text, 0 before its first character: bit n is place n."""

    def __init__(self, text: str, accepts: dict[str, Callable[[str], object]]) -> None:
        self._backwards = text[::-1]
        self._letters = set(text)
        self._accepts = accepts
        self._all = (1 << (len(text) + 1)) - 1
        self._ends = (1 << len(text)) | (1 << (len(text) - 1) if text.endswith("\n") else 0)
        self._known: dict[str, int] = {}

    def after(self, items: list[_Item]) -> int:
        """Return where a match that begins anywhere may have come to after the last item."""
        places = self._all
        for item in items:
            if item.atom in ("^", "$"):
                there = places & (1 if item.atom == "^" else self._ends)
                places = there if item.least else places
                continue
            starts = self._starts(item.atom)
            places = _exactly(places, starts, item.least) & self._all
            if item.most is None:
                # The sum carries each place to the end of the run of characters that it is in.
                places |= ((places & starts) + starts) ^ starts
            else:
                places = _at_most(places, starts, item.most - item.least) & self._all
            if not places:
                break
        return places

    def _starts(self, atom: str) -> int:
        """Return the places before each character that an atom accepts."""
        if atom not in self._known:
            accept = self._accepts[atom]
            bits = {ord(one): "1" if accept(one) else "0" for one in self._letters}
            self._known[atom] = int(self._backwards.translate(bits) or "0", 2)
        return self._known[atom]


def _exactly(places: int, starts: int, times: int) -> int:
    """Move each place over so many of the characters, by steps of doubled length."""
    step = 1
    while times and places:
        if times & 1:
            places = (places & starts) << step
        times >>= 1
        starts &= starts >> step
        step *= 2
    return places


def _at_most(places: int, starts: int, times: int) -> int:
    """Return the places and all that lie up to so many of the characters behind them."""
    done = 0
    while done < times:
        more = min(done + 1, times - done)
        places |= _exactly(places, starts, more)
        done += more
    return places
