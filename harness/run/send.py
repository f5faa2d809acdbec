"""Load run: uploads, notifications and reads at the same time, until every image is settled.

Everything that a run leaves on the target is gone afterwards, however it ends.
"""

import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from rich.console import Console

from harness.evidence.ledger import Entry, Expected, Ledger, Output, new_run
from harness.evidence.observations import Day, Observations, Run
from harness.images.corpus import Picture
from harness.images.pictures import Pictures, Wanted
from harness.run.allocation import keep_freed_memory
from harness.run.arrivals import due_times
from harness.run.cores import CoresMonitor
from harness.run.fitting import measuring_images
from harness.run.following import Following
from harness.run.notifications import subscribed
from harness.run.observe import Observer
from harness.run.output_reader import OutputReader
from harness.run.parts import PartsMonitor
from harness.run.progress import RunProgress
from harness.run.recovery import recover
from harness.run.share import Share
from harness.run.target_watch import ClockSetBack, TargetForgot, TargetGone, TargetWatch
from harness.run.thumbnails import thumbnails
from harness.run.under_way import OnCounts
from harness.run.uploader import Uploader
from harness.stack.deployed import Stack
from harness.stack.pipeline import Keys
from harness.targets.target import Target
from harness.targets.whole_objects import whole_objects

_HEAD_START_S = 0.5  # for the first pictures to be made before they are due
_SETTLE_S = 2.0  # in which a second notification of the last image would still come
_STOP_S = 20.0  # for uploads under way when the run ends


@dataclass(frozen=True)
class Load:
    """What a run sends, and how long it waits for what becomes of it. Times in seconds.

    Each picture is due at its time in a day of `day_s`; pictures with the same path are versions of
    one image. For a `fitted` day the first pictures are sent at once, and the day of the others is
    as long as this machine needs for them.

    The run ends when every image is accounted for and `linger_s` more have passed, and `held_s`
    since the last upload; or when nothing has happened for `patience_s` after that. `statuses` are
    those that pictures must have, by path, where that is not "processed"; `wanted` makes the
    output, as in Pictures.
    """

    pictures: Sequence[Picture]
    day_s: float
    seed: int
    late_after_s: float
    patience_s: float
    fitted: bool = False
    linger_s: float = 0.0
    held_s: float = 0.0
    statuses: Mapping[str, str] = field(default_factory=dict)
    wanted: Wanted | None = None


def send(
    target: Target,
    stack: Stack,
    load: Load,
    *,
    bases: Path,
    console: Console,
    on_progress: OnCounts = lambda counts: None,
    share: Share | None = None,
) -> Run:
    """Upload each picture when it is due and follow it to its output.

    The run also ends when the target is gone, and on Ctrl-C. Made pictures are kept in the folder
    `bases`; `on_progress` receives the counts. The pictures are those of the `share`, by default
    all of a plan.
    """
    keep_freed_memory()
    share = share or Share()
    store = Pictures(bases, load.wanted)
    console.print(f"preparing {len(load.pictures)} pictures", highlight=False)
    store.prepare(load.pictures)
    share.meet("ready", 0.0)
    run_id, gone = share.run or new_run(), threading.Event()
    queue = f"{stack.name}-{run_id}"
    observer = Observer(target, stack, time.time(), gone)
    with (
        subscribed(target, stack.topic, queue, gone) as listen,
        CoresMonitor(target.endpoint) as cores,
        PartsMonitor(target) as parts,
        RunProgress(console, len(load.pictures), on_progress) as progress,
    ):
        watch = TargetWatch(target, queue, gone, progress.say)
        run = _LoadRun(target, stack, load, share, store, run_id, watch, progress)
        listen(run.ledger.noticed)
        share.watch(run.ledger)
        run.send()
        run.seen = replace(run.seen, cores_full=cores.full, parts=parts.seen)
        run.look_back(observer)
    finished = Run(run.ledger, run.seen, observer.invocations)
    return replace(finished, shown=thumbnails(finished, load.pictures, store, run.reader.fetch))


class _LoadRun:
    """A run under way, with its ledger; `seen` is what is known of it so far."""

    def __init__(
        self,
        target: Target,
        stack: Stack,
        load: Load,
        share: Share,
        store: Pictures,
        run_id: str,
        watch: TargetWatch,
        progress: RunProgress,
    ) -> None:
        self._load, self._share, self._watch, self._progress = load, share, watch, progress
        self.seen = Observations(
            upload_bucket=stack.upload_bucket,
            processed_bucket=stack.processed_bucket,
            started=time.time() + _HEAD_START_S,
            late_after_s=load.late_after_s,
            day=Day(load.day_s, load.day_s),
            shows=tuple(sorted(target.shows)),
            areas=stack.pipeline.judged,
        )
        self.ledger = Ledger(_entries(run_id, stack.keys, store, load, self.seen.started))
        objects, s3 = whole_objects(target), target.client("s3")
        self._uploader = Uploader(objects, s3, stack.upload_bucket, self.ledger, store)
        self.reader = OutputReader(
            objects, stack.processed_bucket, self.ledger, load.pictures, store
        )
        recovering = partial(recover, s3, stack.upload_bucket, self.ledger)
        self._following = Following(
            self.ledger, self._uploader, self.reader, progress, watch, recovering
        )

    def send(self) -> None:
        """Upload everything, and return when all is settled or the run cannot go on."""
        try:
            self._send_all()
            self._watch.require_there()  # nothing is open, yet the images may be gone
        except KeyboardInterrupt:
            self.seen = replace(self.seen, interrupted=True, ended_early="it was interrupted")
            self._progress.say(
                "interrupted – finishing what is under way; Ctrl-C again gives that up"
            )
        except TargetGone as reason:
            self.seen = self._watch.without(self.seen, reason)
        except ClockSetBack as reason:
            self.seen = replace(self.seen, ended_early=str(reason))
            self._progress.say(f"{reason}; the run ends here")
        finally:
            self._uploader.stop.set()
        self.seen = replace(
            self.seen,
            elapsed_s=time.time() - self.seen.started,
            disk_full=self._watch.disk_full,
        )

    def _send_all(self) -> None:
        load, entries = self._load, self.ledger.entries
        sources = list(zip(entries, load.pictures, strict=True))
        day, begin, measuring = Day(load.day_s, load.day_s), self.seen.started, 0
        if load.fitted and (measuring := measuring_images(self._share.least(len(sources)))):
            self._uploader.start(sources[:measuring])
            day = self._following.measure(load.day_s, measuring)
            day = replace(day, length_s=self._share.meet("day", day.length_s))
            self.seen, begin = replace(self.seen, day=day), time.time() + _HEAD_START_S
        _plan(entries[measuring:], begin, day.length_s, load.seed, self._share)
        self._progress.plan([entry.due for entry in entries])
        self._uploader.start(sources[measuring:])
        self._following.to_the_end(load.patience_s)
        sent = max((entry.uploaded or 0.0 for entry in entries), default=0.0)
        time.sleep(max(load.linger_s, min(load.held_s, sent + load.held_s - time.time())))

    def look_back(self, observer: Observer) -> None:
        """Read all outputs again, and what else of the run the target has."""
        settled = time.time()
        self._uploader.join(_STOP_S)
        self.reader.close()
        self._share.meet("settled", 0.0)
        reread: dict[int, Output] = {}
        if not self.seen.ended_early:
            self._progress.say("reading all outputs once more")
            reread = self.reader.again()
        if not self.seen.gone:
            self._progress.say("looking at objects, metrics, alarms and logs")
            self.seen = observer.observe(self.seen, self.ledger)
            if not self.seen.ended_early:
                time.sleep(max(0.0, min(_SETTLE_S, settled + _SETTLE_S - time.time())))
            try:
                self._watch.require_there()
            except TargetGone as reason:  # what was read before it stopped counts
                if isinstance(reason, TargetForgot) or self.seen.missing:
                    self.seen = self._watch.without(self.seen, reason)
        if not self.seen.gone:  # a target that lost everything has not changed what was proven
            for index, output in reread.items():
                self.ledger.entries[index].output = output


def _entries(run_id: str, keys: Keys, store: Pictures, load: Load, due: float) -> Iterable[Entry]:
    """An entry for each picture, all of them due at once."""
    for picture in load.pictures:
        size = picture.displayed_size
        status = load.statuses.get(picture.path, "processed")
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
