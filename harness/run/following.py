"""What becomes of a run's images is followed until every one is settled."""

import time
from collections.abc import Callable

from harness.evidence.ledger import Ledger
from harness.evidence.observations import Day
from harness.polling import every, stretched
from harness.run.fitting import fit
from harness.run.output_reader import OutputReader
from harness.run.progress import RunProgress
from harness.run.target_watch import TargetWatch
from harness.run.uploader import Uploader

_LOOK_EVERY_S = 0.2
_MEASURED_S = 30.0  # for the images that measure the machine to be processed
_RECOVER_EVERY_S = 5.0  # a look for uploads without an answer
_QUIET_S = 5.0  # without progress, after which what is being waited for is shown


class Following:
    """Has outputs read, shows the progress, and ends when the target is gone.

    `recover` looks for uploads without an answer; it returns how many it has found.
    """

    def __init__(
        self,
        ledger: Ledger,
        uploader: Uploader,
        reader: OutputReader,
        progress: RunProgress,
        watch: TargetWatch,
        recover: Callable[[], int],
    ) -> None:
        self._ledger, self._uploader, self._reader = ledger, uploader, reader
        self._progress, self._watch = progress, watch
        self._recover, self._recovery = recover, 0.0

    def measure(self, planned_s: float, images: int) -> Day:
        """Wait until the first `images` are notified; the day that fits what that took.

        If that takes too long, those that are by then have to do. Raises as TargetWatch.look does.
        """
        self._progress.say(f"measuring this machine with the first {images} images")
        entries = self._ledger.entries
        end = time.monotonic() + stretched(_MEASURED_S)
        for _ in every(_LOOK_EVERY_S):
            self._look()
            if time.monotonic() > end or all(e.notices or e.error for e in entries[:images]):
                break
        notified = [entry.notices[0].at for entry in entries[:images] if entry.notices]
        day = fit(planned_s, len(entries), images, notified)
        self._progress.say(day.fitted)
        return day

    def to_the_end(self, patience_s: float) -> None:
        """Return once all images are settled, or patience is at an end. Raises as `measure`."""
        before: tuple[int, int, int] | None = None
        last_progress = said = time.monotonic()
        for _ in every(_LOOK_EVERY_S):
            state = self._look()
            now = time.monotonic()
            if state != before:
                before, last_progress = state, now
            settled = not self._ledger.open
            if not self._uploader.running and self._recovered(settled):
                continue
            if settled:
                return
            if self._uploader.running:
                continue
            left = stretched(patience_s) - (now - last_progress)
            if left < 0:
                return
            if now - max(last_progress, said) > _QUIET_S:
                said = now
                missing = self._ledger.open
                self._progress.say(f"waiting for {missing} images, at most {left:.0f} s more")

    def _recovered(self, settled: bool) -> bool:
        """Look now and then, and at the end, for uploads without an answer; whether any came."""
        now = time.monotonic()
        if not self._ledger.unanswered:
            return False
        if not settled and now - self._recovery < _RECOVER_EVERY_S:
            return False
        self._recovery = now
        found = self._recover()
        if found:
            self._progress.say(f"{found} uploads had no answer, and are in the bucket all the same")
        return found > 0

    def _look(self) -> tuple[int, int, int]:
        """Read outputs and show the progress, which is returned."""
        self._reader.look()
        state = self._ledger.progress()
        self._progress.show(*state)
        self._watch.look()
        return state
