"""The one place where the harness waits.

A probe that looks, and how long to keep looking, come in; the observation that was waited for goes
out, or a WaitedTooLong that tells what was seen last. All that waits for the target calls it.
"""

import time
from collections.abc import Callable, Iterator

from harness.problems import Problem


class WaitedTooLong(Problem):
    """What was waited for did not come within the deadline; `last` is the last observation."""

    def __init__(self, waited_for: str, deadline_s: float, last: object, remedy: str) -> None:
        super().__init__(
            f"Waited {deadline_s:g} s for {waited_for}, in vain; last seen: {last}.", remedy
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

    The probe is always called at least once, and once more at the deadline. `describe` completes
    the sentence "waited for …". Raises WaitedTooLong; whatever the probe raises passes through.
    """
    end = time.monotonic() + deadline_s
    while True:
        late = time.monotonic() >= end
        observation = probe()
        if until(observation):
            return observation
        if late:
            raise WaitedTooLong(describe, deadline_s, observation, remedy)
        time.sleep(max(0.0, min(interval_s, end - time.monotonic())))


def every(interval_s: float) -> Iterator[None]:
    """Yield at once and then every `interval_s` seconds, for as long as the caller asks."""
    while True:
        yield
        time.sleep(interval_s)
