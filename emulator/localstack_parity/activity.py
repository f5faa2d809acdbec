"""What is under way behind the answers to requests, and when nothing may begin.

Invocations, deliveries of events and operations on stacks go on after the request that caused them
was answered. The state of the emulator is only taken, replaced or dropped while there are none.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_changed = threading.Condition()
_under_way: Counter[str] = Counter()
_still = False


def begin(what: str) -> None:
    """Note that something begins, such as `an invocation of NAME`; `end` it with the same words."""
    with _changed:
        _under_way[what] += 1


def end(what: str) -> None:
    """Note that it is over."""
    with _changed:
        _under_way[what] -= 1
        if not _under_way[what]:
            del _under_way[what]


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Note that something is under way within the block."""
    begin(what)
    try:
        yield
    finally:
        end(what)


def under_way() -> dict[str, int]:
    """Return what is under way, and how many of each."""
    with _changed:
        return dict(_under_way)


def may_begin() -> bool:
    """Say whether what waits for its time, such as a retry, may begin now."""
    return not _still


@contextmanager
def stillness() -> Iterator[None]:
    """Let nothing begin within the block that waits for its time."""
    global _still
    _still = True
    try:
        yield
    finally:
        _still = False
