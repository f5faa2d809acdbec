"""Whether the target of a run is still the one that the run began with."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from harness.evidence.observations import Observations
from harness.polling import DeadlineExceeded, stretched, wait_until
from harness.run.notifications import forgotten
from harness.targets.state_folder import full_disk
from harness.targets.target import Target

_ASK_EVERY_S = 2.0  # the target whether it is still there
_SILENT_S = 8.0  # without an answer, it is gone: a busy one answers slowly, but it does
_SET_BACK_S = 30.0  # what corrects a clock as it runs is far from that


class TargetGone(Exception):
    """The target stopped in the middle of the run."""

    def __str__(self) -> str:
        return "stopped during the run: it does not answer any more"


class TargetForgot(TargetGone):
    """The target answers, and knows nothing of the run: it was started again."""

    def __str__(self) -> str:
        return "lost its state during the run: what it held is gone"


class ClockSetBack(Exception):
    """This machine's clock was set back, so that nobody can tell what came when; says how far."""


class TargetWatch:
    """Looks now and then whether the target answers, has room, and knows the run's `queue`.

    `gone` is set once it is gone, by the watch or by who finds it out before.
    """

    def __init__(
        self, target: Target, queue: str, gone: threading.Event, say: Callable[[str], None]
    ) -> None:
        self.disk_full = ""
        self._target, self._queue, self._gone, self._say = target, queue, gone, say
        self._asked = self._answered = time.monotonic()
        self._clock = time.time() - time.monotonic()

    def look(self) -> None:
        """Raise TargetGone or ClockSetBack; note, and say, that the target's disk is full."""
        set_back_s = self._clock - (time.time() - time.monotonic())
        if set_back_s > _SET_BACK_S:
            raise ClockSetBack(f"this machine's clock was set back by {set_back_s:.0f} s")
        if self._gone.is_set():
            raise TargetForgot
        now = time.monotonic()
        if now - self._asked <= _ASK_EVERY_S:
            return
        self._asked = now
        if not self.disk_full and (full := full_disk(self._target.state_dir)):
            self.disk_full = full
            self._say(full)
        if self._target.running():
            self._answered = now
        elif now - self._answered > stretched(_SILENT_S):
            raise TargetGone

    def require_there(self) -> None:
        """Raise TargetGone if it does not answer, TargetForgot if it does not know the queue.

        One that is being started again is waited for: asked too soon it says nothing, and the run
        would look for metrics and logs that never come.
        """
        if self._gone.is_set():
            raise TargetForgot
        try:
            wait_until(self._target.running, deadline_s=_SILENT_S, describe="the target to answer")
        except DeadlineExceeded:
            raise TargetGone from None
        if forgotten(self._target, self._queue):
            raise TargetForgot

    def without(self, seen: Observations, why: TargetGone) -> Observations:
        """What was seen of a target that is gone; nothing more is asked of it."""
        ended_early = f"{self._target.name} {why}"
        self._say(f"{ended_early}; the run ends here")
        self._gone.set()
        return replace(seen, gone=True, ended_early=ended_early)
