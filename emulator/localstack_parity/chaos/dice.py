"""Chance that can be repeated: which calls a fault meets depends on a seed, not on threads."""

import hashlib
import re
import threading
from collections import Counter

NOTHING = re.compile(r"(?!)")  # matches nowhere

_lock = threading.Lock()
_seed, _disregarded = 0, NOTHING
_times: Counter[tuple[str, str]] = Counter()


def reseed(seed: int, disregarded: re.Pattern[str] = NOTHING) -> None:
    """Begin anew: with the same seed, the same things will be struck.

    What of a thing's name matches `disregarded` does not matter: it differs from run to run.
    """
    global _seed, _disregarded
    with _lock:
        _seed, _disregarded = seed, disregarded
        _times.clear()


def seed() -> int:
    """The seed that is in force."""
    return _seed


def disregarded() -> str:
    """The pattern of what does not matter; empty if everything does."""
    return "" if _disregarded is NOTHING else _disregarded.pattern


def struck(rule: str, thing: str, probability: float) -> bool:
    """Whether `rule` strikes `thing` this time, with `probability` from 0 to 1.

    `thing` names what is the same in every run with the same input, such as a call with its object
    key: its first, second, … time has the same fate whenever it comes.
    """
    return drawn(rule, thing) < probability


def drawn(rule: str, thing: str) -> float:
    """A number from 0 to below 1 that `rule` draws for `thing` this time, as `struck` does."""
    with _lock:
        thing = _disregarded.sub("", thing)
        _times[rule, thing] += 1
        text = f"{_seed}\n{rule}\n{thing}\n{_times[rule, thing]}"
    return fraction(text)


def fraction(text: str) -> float:
    """A number from 0 to below 1, as good as drawn at random and always the same for `text`."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64
