"""Chance that can be repeated: what a fault strikes depends on a seed, not on the order of threads.

In: a rule, and what it may strike. Out: whether it does. Every kind of fault asks here.
"""

import hashlib
import threading
from collections import Counter

_lock = threading.Lock()
_seed = 0
_times: Counter[tuple[str, str]] = Counter()


def reseed(seed: int) -> None:
    """Begin anew: with the same seed, the same things will be struck."""
    global _seed
    with _lock:
        _seed = seed
        _times.clear()


def seed() -> int:
    """The seed that is in force."""
    return _seed


def struck(rule: str, thing: str, probability: float) -> bool:
    """Whether `rule` strikes `thing` this time, with `probability` from 0 to 1.

    `thing` names what is the same in every run with the same input, such as a call with its object
    key: its first, second, … time has the same fate whenever it comes.
    """
    return drawn(rule, thing) < probability


def drawn(rule: str, thing: str) -> float:
    """A number from 0 to below 1 that `rule` draws for `thing` this time, as `struck` does."""
    with _lock:
        _times[rule, thing] += 1
        text = f"{_seed}\n{rule}\n{thing}\n{_times[rule, thing]}"
    return fraction(text)


def fraction(text: str) -> float:
    """A number from 0 to below 1, as good as drawn at random and always the same for `text`."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64
