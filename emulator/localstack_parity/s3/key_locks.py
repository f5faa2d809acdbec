"""One writer at a time for each key, so that a conditional write sees what it decides about."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

_STRIPES = 512


class KeyLocks:
    """A fixed number of locks that all keys share: it neither grows nor makes a lock twice."""

    def __init__(self) -> None:
        self._locks = [threading.RLock() for _ in range(_STRIPES)]

    @contextmanager
    def held(self, bucket: str, keys: Iterable[str]) -> Iterator[None]:
        """Hold the locks of these keys; always taken in one order, so that nobody deadlocks."""
        with ExitStack() as stack:
            for stripe in sorted({hash((bucket, key)) % _STRIPES for key in keys}):
                stack.enter_context(self._locks[stripe])
            yield
