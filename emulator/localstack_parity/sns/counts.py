"""How many subscriptions a topic says that it has: as many as when they were counted last.

On AWS that is some time ago: a topic still says none when its subscriptions are listed, and a stack
was updated meanwhile. Recorded in LocalStack's tests at v4.14.0,
`cloudformation/resources/test_sns.py::test_sns_topic_update_attributes`. How long it takes AWS does
not tell; here it is a minute, or TAPSTACK_SNS_COUNTS_S.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

VARIABLE = "TAPSTACK_SNS_COUNTS_S"
_SECONDS = 60.0


@dataclass(frozen=True)
class Count:
    """Numbers of a topic's subscriptions, and when they were counted on the monotonic clock."""

    confirmed: int
    pending: int
    at: float


class Counts:
    """The last count of each topic."""

    def __init__(self) -> None:
        self._seconds = float(os.environ.get(VARIABLE) or _SECONDS)
        self._last: dict[str, Count] = {}
        self._lock = threading.Lock()

    def begin(self, topic_arn: str) -> None:
        """Count none for a topic that was just made."""
        with self._lock:
            self._last[topic_arn] = Count(0, 0, time.monotonic())

    def of(self, topic_arn: str, count: Callable[[], tuple[int, int]]) -> Count:
        """Return the last count; `count` gives those confirmed and pending now, for a new one."""
        with self._lock:
            last = self._last.get(topic_arn)
            if last is None or time.monotonic() - last.at >= self._seconds:
                last = self._last[topic_arn] = Count(*count(), time.monotonic())
            return last
