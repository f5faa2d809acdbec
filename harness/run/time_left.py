"""Time left: when the last image of a run will be processed, by its plan and by its queue.

A day is a curve, so the rate so far says little of the rate to come. No image is processed before
it is due; and those that are due and wait get through at the rate at which the queue moves. The end
is the later of the two, for whichever image makes it latest.
"""

from collections import deque
from collections.abc import Sequence

import numpy as np

_WINDOW_S = 10.0  # over which the queue's rate is taken
_SHORTEST_S, _FEWEST = 2.0, 10  # a rate over less time or fewer images says nothing
_QUEUE_S = 2.0  # images that are due for longer than this, on average, wait in a queue


class TimeLeft:
    """Estimate for a run whose images are due at these times; times in seconds of one clock."""

    def __init__(self, due: Sequence[float]) -> None:
        self._due = np.sort(np.asarray(due, float))
        self._seen: deque[tuple[float, int]] = deque()
        self._per_s: float | None = None  # at which the queue moves, while there is one

    def look(self, now: float, processed: int) -> float:
        """Seconds until all are processed, of which `processed` are by now."""
        remaining = self._due[processed:]
        if not len(remaining):
            return 0.0
        self._measure(now, processed)
        behind = np.arange(len(remaining), 0, -1) / self._per_s if self._per_s else 0.0
        return float(np.max(np.maximum(remaining - now, 0.0) + behind))

    def _measure(self, now: float, processed: int) -> None:
        """Take the rate while there is a queue; without one it is that of the arrivals."""
        if now - self._due[processed] < _QUEUE_S:
            self._seen.clear()
            self._per_s = None
            return
        self._seen.append((now, processed))
        while now - self._seen[0][0] > _WINDOW_S:
            self._seen.popleft()
        began, before = self._seen[0]
        if now - began >= _SHORTEST_S and processed - before >= _FEWEST:
            self._per_s = (processed - before) / (now - began)
