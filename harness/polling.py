"""Polling: the one place where the harness waits for a target.

Deadlines are stated for a quiet machine. Where more wants to run than there are cores, everything
takes longer in that proportion, and so do the deadlines: a busy machine is not a broken target.
"""

import os
import time
from collections.abc import Callable, Iterator

from harness.problems import Problem

_MOST_TIMES, _MOST_MORE_S = 10.0, 120.0
_FIRST_PAUSE_S = 0.05


def stretched(seconds: float, load: float | None = None, cores: int | None = None) -> float:
    """`seconds` of a quiet machine, as this one takes for them now.

    That is at most ten times as long, and at most two minutes more. `load` is how many processes
    want to run, by default the average of the last minute, which lags behind; `cores` is how many
    can.
    """
    load = os.getloadavg()[0] if load is None else load
    times = max(1.0, load / (cores or os.process_cpu_count() or 1))
    return min(seconds * min(_MOST_TIMES, times), seconds + _MOST_MORE_S)


class DeadlineExceeded(Problem):
    """What was waited for did not come within the deadline; `last` is the last observation."""

    def __init__(self, waited_for: str, deadline_s: float, last: object, remedy: str) -> None:
        super().__init__(
            f"Timed out after {deadline_s:g} s waiting for {waited_for}; last seen: {last}.", remedy
        )
        self.last = last


def wait_until[T](
    probe: Callable[[], T],
    *,
    deadline_s: float,
    describe: str,
    interval_s: float = 0.5,
    until: Callable[[T], object] = bool,
    remedy: str = "`tapstack logs --emulator` shows what the emulator is doing.",
) -> T:
    """Call `probe` every `interval_s` seconds until `until(observation)` holds; return that one.

    The first intervals are shorter, for what is there soon. The probe is always called at least
    once, and once more at the deadline, which is that of a quiet machine: on a busy one it comes
    later. `describe` completes the sentence "waited for …". Raises DeadlineExceeded; whatever the
    probe raises passes through.
    """
    began = time.monotonic()
    patience_s = deadline_s
    pause_s = min(interval_s, _FIRST_PAUSE_S)
    while True:
        patience_s = max(patience_s, stretched(deadline_s))
        late = time.monotonic() - began >= patience_s
        observation = probe()
        if until(observation):
            return observation
        if late:
            raise DeadlineExceeded(describe, round(patience_s, 1), observation, remedy)
        time.sleep(max(0.0, min(pause_s, began + patience_s - time.monotonic())))
        pause_s = min(interval_s, 1.5 * pause_s)


def every(interval_s: float) -> Iterator[None]:
    """Yield at once and then every `interval_s` seconds, for as long as the caller asks."""
    while True:
        yield
        time.sleep(interval_s)
