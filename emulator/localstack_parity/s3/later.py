"""Calls that are made later, all from one daemon thread."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Later:
    """Calls in the order they are due. They must not wait for anything: they hold up the others."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._started = False

    def call(self, delay_s: float, call: Callable[[], None]) -> None:
        """Make a call when so many seconds have passed."""
        with self._changed:
            heapq.heappush(self._calls, (time.monotonic() + delay_s, next(self._order), call))
            if not self._started:
                self._started = True
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
            self._changed.notify()

    def drop(self) -> int:
        """Make none of the calls that wait; return how many they were."""
        with self._changed:
            count = len(self._calls)
            self._calls.clear()
            return count

    def _work(self) -> None:
        while True:
            self._next()()

    def _next(self) -> Callable[[], None]:
        with self._changed:
            while True:
                wait_s = self._calls[0][0] - time.monotonic() if self._calls else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self._calls)[2]
                self._changed.wait(wait_s)
