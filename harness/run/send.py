"""Load run: uploads, notifications and reads at the same time, until every image is settled.

Everything that a run leaves on the target is gone afterwards, however it ends.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from harness.evidence.ledger import Entry, Expected, Ledger, Output, new_run
from harness.evidence.observations import Day, Observations, Run
from harness.images.corpus import Picture
from harness.images.pictures import Pictures, Wanted
from harness.polling import DeadlineExceeded, every, stretched, wait_until
from harness.run.allocation import keep_freed_memory
from harness.run.arrivals import due_times
from harness.run.cores import CoresMonitor
from harness.run.fitting import fit, measuring_images
from harness.run.notifications import forgotten, subscribed
from harness.run.observe import Observer
from harness.run.output_reader import OutputReader
from harness.run.parts import PartsMonitor
from harness.run.progress import RunProgress
from harness.run.recovery import recover
from harness.run.share import Share
from harness.run.thumbnails import thumbnails
from harness.run.under_way import OnCounts
from harness.run.uploader import Uploader
from harness.stack.deployed import Stack
from harness.stack.pipeline import Keys
from harness.targets.state_folder import full_disk
from harness.targets.target import Target
from harness.targets.whole_objects import whole_objects

_LOOK_EVERY_S = 0.2
_HEAD_START_S = 0.5  # for the first pictures to be made before they are due
_MEASURED_S = 30.0  # for the images that measure the machine to be processed
_ASK_EVERY_S = 2.0  # the target whether it is still there
_SILENT_S = 8.0  # without an answer, it is gone: a busy one answers slowly, but it does
_RECOVER_EVERY_S = 5.0  # a look for uploads without an answer
_QUIET_S = 5.0  # without progress, after which what is being waited for is shown
_SETTLE_S = 2.0  # in which a second notification of the last image would still come
_SET_BACK_S = 30.0  # what corrects a clock as it runs is far from that
_STOP_S = 20.0  # for uploads under way when the run ends
_FORGOT = "lost its state during the run: what it held is gone"
_STOPPED = "stopped during the run: it does not answer any more"


class _TargetGone(Exception):
    """The target stopped in the middle of the run, or forgot all about it; says which."""


class _ClockSetBack(Exception):
    """This machine's clock was set back, so that nobody can tell what came when; says how far."""


def send(
    target: Target,
    stack: Stack,
    pictures: Sequence[Picture],
    day_s: float,
    seed: int,
    *,
    fitted: bool = False,
    bases: Path,
    late_after_s: float,
    patience_s: float,
    console: Console,
    statuses: Mapping[str, str] | None = None,
    linger_s: float = 0.0,
    held_s: float = 0.0,
    wanted: Wanted | None = None,
    on_progress: OnCounts = lambda counts: None,
    share: Share | None = None,
) -> Run:
    """Upload each picture when it is due in a day of `day_s` seconds and follow it to its output.

    Pictures with the same path are versions of one image. For a `fitted` day the first pictures are
    sent at once, and the day of the others is as long as this machine needs for them.

    The run ends when every image is accounted for and `linger_s` seconds more have passed, and
    `held_s` seconds since the last upload; when nothing has happened for `patience_s` seconds after
    that, when the target is gone, or on Ctrl-C. Made pictures are kept in the folder `bases`.
    `statuses` are those that pictures must have, by path, where that is not "processed"; `wanted`
    makes the output, as in Pictures. `on_progress` receives the counts. The pictures are those of
    the `share`, by default all of a plan.
    """
    keep_freed_memory()
    share = share or Share()
    store = Pictures(bases, wanted)
    console.print(f"preparing {len(pictures)} pictures", highlight=False)
    store.prepare(pictures)
    share.meet("ready", 0.0)
    s3, run_id, topic = target.client("s3"), share.run or new_run(), stack.topic
    gone = threading.Event()
    queue = f"{stack.name}-{run_id}"
    observer = Observer(target, stack, time.time(), gone)
    with (
        subscribed(target, topic, queue, gone) as listen,
        CoresMonitor(target.endpoint) as cores,
        PartsMonitor(target) as parts,
        RunProgress(console, len(pictures), on_progress) as progress,
    ):
        seen = Observations(
            upload_bucket=stack.upload_bucket,
            processed_bucket=stack.processed_bucket,
            started=time.time() + _HEAD_START_S,
            late_after_s=late_after_s,
            day=Day(day_s, day_s),
            shows=tuple(sorted(target.shows)),
            areas=stack.pipeline.judged,
        )
        ledger = Ledger(_entries(run_id, stack.keys, store, pictures, seen.started, statuses or {}))
        listen(ledger.noticed)
        share.watch(ledger)
        sources = list(zip(ledger.entries, pictures, strict=True))
        measuring = measuring_images(share.least(len(sources))) if fitted else 0
        objects = whole_objects(target)
        uploader = Uploader(objects, s3, stack.upload_bucket, ledger, store)
        reader = OutputReader(objects, stack.processed_bucket, ledger, pictures, store)
        looking = partial(recover, s3, stack.upload_bucket, ledger)
        following = _Following(target, ledger, uploader, reader, progress, gone, looking)
        try:
            day, begin = Day(day_s, day_s), seen.started
            if measuring:
                uploader.start(sources[:measuring])
                day = following.measure(day_s, measuring)
                day = replace(day, length_s=share.meet("day", day.length_s))
                seen, begin = replace(seen, day=day), time.time() + _HEAD_START_S
            _plan(ledger.entries[measuring:], begin, day.length_s, seed, share)
            progress.plan([entry.due for entry in ledger.entries])
            uploader.start(sources[measuring:])
            following.to_the_end(patience_s)
            sent = max((entry.uploaded or 0.0 for entry in ledger.entries), default=0.0)
            time.sleep(max(linger_s, min(held_s, sent + held_s - time.time())))
            if why := _why_gone(target, queue):  # nothing is open, yet the images may be gone
                raise _TargetGone(why)
        except KeyboardInterrupt:
            seen = replace(seen, interrupted=True, ended_early="it was interrupted")
            progress.say("interrupted – finishing what is under way; Ctrl-C again gives that up")
        except _TargetGone as reason:
            seen = _without(target, seen, str(reason), progress, gone)
        except _ClockSetBack as reason:
            seen = replace(seen, ended_early=str(reason))
            progress.say(f"{reason}; the run ends here")
        finally:
            uploader.stop.set()
        settled = time.time()
        seen = replace(
            seen,
            elapsed_s=settled - seen.started,
            cores_full=cores.full,
            parts=parts.seen,
            disk_full=following.disk_full,
        )
        uploader.join(_STOP_S)
        reader.close()
        share.meet("settled", 0.0)
        reread: dict[int, Output] = {}
        if not seen.ended_early:
            progress.say("reading all outputs once more")
            reread = reader.again()
        if not seen.gone:
            progress.say("looking at objects, metrics, alarms and logs")
            seen = observer.observe(seen, ledger)
            if not seen.ended_early:
                time.sleep(max(0.0, min(_SETTLE_S, settled + _SETTLE_S - time.time())))
            why = _FORGOT if gone.is_set() else _why_gone(target, queue)
            if why == _FORGOT or (why and seen.missing):  # what was read before it stopped counts
                seen = _without(target, seen, why, progress, gone)
        if not seen.gone:  # a target that lost everything has not changed what was proven before
            for index, output in reread.items():
                ledger.entries[index].output = output
    run = Run(ledger, seen, observer.invocations)
    return replace(run, shown=thumbnails(run, pictures, store, reader.fetch))


def _why_gone(target: Target, queue: str) -> str:
    """_STOPPED if the target does not answer, _FORGOT if it does not know the run's queue any more,
    "" if it is the one that the run began with.

    One that is being started again is waited for: asked too soon it says nothing, and the run would
    look for metrics and logs that never come.
    """
    try:
        wait_until(target.running, deadline_s=_SILENT_S, describe="the target to answer")
    except DeadlineExceeded:
        return _STOPPED
    return _FORGOT if forgotten(target, queue) else ""


def _without(
    target: Target, seen: Observations, why: str, progress: RunProgress, gone: threading.Event
) -> Observations:
    """What was seen of a target that is gone; nothing more is asked of it."""
    ended_early = f"{target.name} {why}"
    progress.say(f"{ended_early}; the run ends here")
    gone.set()
    return replace(seen, gone=True, ended_early=ended_early)


def _entries(
    run_id: str,
    keys: Keys,
    store: Pictures,
    pictures: Sequence[Picture],
    due: float,
    statuses: Mapping[str, str],
) -> Iterable[Entry]:
    """An entry for each picture, all of them due at once."""
    for picture in pictures:
        size = picture.displayed_size
        status = statuses.get(picture.path, "processed")
        key = sys.intern(f"{keys.uploads}{run_id}/{picture.path}")
        yield Entry(
            index=picture.index,
            key=key,
            output_key=sys.intern(keys.output(key)),
            expected=Expected(
                picture.kind.form, size, store.output_size(picture), picture.metadata, status
            ),
            due=due,
        )


def _plan(entries: Sequence[Entry], begin: float, day_s: float, seed: int, share: Share) -> None:
    """Spread a share's entries over a day that begins at that time."""
    count = share.whole(len(entries))
    times = due_times(count, day_s, seed, share.number, share.of)
    for entry, due in zip(entries, times, strict=True):
        entry.due = begin + due


class _Following:
    """Watches a run: its outputs are read, its progress is shown, and its target has to answer."""

    def __init__(
        self,
        target: Target,
        ledger: Ledger,
        uploader: Uploader,
        reader: OutputReader,
        progress: RunProgress,
        gone: threading.Event,
        recover: Callable[[], int],
    ) -> None:
        self._recover, self._recovery = recover, 0.0
        self.disk_full = ""
        self._target, self._ledger, self._uploader = target, ledger, uploader
        self._reader, self._progress, self._gone = reader, progress, gone
        self._asked = self._answered = time.monotonic()
        self._clock = time.time() - time.monotonic()

    def measure(self, planned_s: float, images: int) -> Day:
        """Wait until the first `images` are notified; the day that fits what that took.

        If that takes too long, those that are by then have to do. Raises as `_look` does.
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
        """Return once every image is settled, or when patience is at an end. Raises as `_look`."""
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
        """Read outputs and show the progress, which is returned.

        Raises _TargetGone, _ClockSetBack.
        """
        set_back_s = self._clock - (time.time() - time.monotonic())
        if set_back_s > _SET_BACK_S:
            raise _ClockSetBack(f"this machine's clock was set back by {set_back_s:.0f} s")
        self._reader.look()
        state = self._ledger.progress()
        self._progress.show(*state)
        if self._gone.is_set():
            raise _TargetGone(_FORGOT)
        now = time.monotonic()
        if now - self._asked > _ASK_EVERY_S:
            self._asked = now
            if not self.disk_full and (full := full_disk(self._target.state_dir)):
                self.disk_full = full
                self._progress.say(full)
            if self._target.running():
                self._answered = now
            elif now - self._answered > stretched(_SILENT_S):
                raise _TargetGone(_STOPPED)
        return state
