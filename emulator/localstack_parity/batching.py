"""Hands items on in batches from one background thread.

Single items from any thread become lists of them: the first at once, then one a second at most, and
what is left at the end. For log events (lambda_runtime/logs.py) and metrics
(cloudwatch/measurements.py).
"""

import logging
import threading
import time
from collections.abc import Callable

LOG = logging.getLogger(__name__)


_GATHER_S = 0.05  # what belongs together comes in together: the lines of one invocation


class Batcher[Item]:
    """Collects items and writes them, beginning a batch at most every ``interval_s`` seconds.

    After a pause the first batch is written at once, so that a reader sees it; under load
    there is one an interval.

    Memory is bounded: with ``limit`` items waiting, the batch is written at once and ``add`` blocks
    until there is room. The thread starts with the first item and sleeps while there is none.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[list[Item]], None],
        *,
        interval_s: float = 1.0,
        limit: int = 10_000,
    ) -> None:
        self._name = name
        self._write = write
        self._interval_s = interval_s
        self._limit = limit
        self._items: list[Item] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._before: threading.Thread | None = None  # it, where it may still have to end
        self._hurry = False
        self._next_at = 0.0  # on the monotonic clock: when the next batch may begin
        self._accepted = 0  # items ever added
        self._finished = 0  # those of them that were written, or lost

    def add(self, *items: Item) -> None:
        """Take items over; they are written in the order of the calls."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._limit or not self._thread)
            was_empty = not self._items
            self._items.extend(items)
            self._accepted += len(items)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, args=(self._before,), name=self._name, daemon=True
                )
                self._thread.start()
            elif was_empty or len(self._items) >= self._limit:
                self._changed.notify_all()

    def flush(self, timeout_s: float = 5.0) -> None:
        """Wait until what was added so far is written, which begins at once."""
        with self._changed:
            wanted = self._accepted
            self._hurry = self._finished < wanted
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._finished >= wanted, timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what is left and end the thread; a later ``add`` starts again."""
        with self._changed:
            self._before, self._thread = self._thread or self._before, None
            thread = self._before
            self._changed.notify_all()
        if thread:
            thread.join(timeout_s)

    def _run(self, before: threading.Thread | None) -> None:
        if before:
            before.join()  # what it is still at was added before
        while batch := self._next_batch():
            try:
                self._write(batch)
            except Exception:
                LOG.exception("%s could not write %d items", self._name, len(batch))
            with self._changed:
                self._finished += len(batch)
                self._changed.notify_all()

    def _next_batch(self) -> list[Item]:
        """Wait for a batch; empty when closed and all is written."""

        def closed() -> bool:
            return self._thread is not threading.current_thread()

        with self._changed:
            self._changed.wait_for(lambda: self._items or closed())
            self._changed.wait_for(
                lambda: closed() or self._hurry or len(self._items) >= self._limit,
                max(_GATHER_S, self._next_at - time.monotonic()),
            )
            self._next_at = time.monotonic() + self._interval_s
            batch, self._items, self._hurry = self._items, [], False
            self._changed.notify_all()
            return batch
