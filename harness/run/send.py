"""Images through the pipeline: uploads, notifications and reads, all at the same time.

A target with a stack, pictures and their due times come in; a Run goes out, finished or as far as
it came. scenario.py calls it; everything that a run leaves on the target is gone afterwards.
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from harness.evidence.ledger import SOURCE_PREFIX, Entry, Expected, Ledger, new_run
from harness.evidence.observations import Observations, Run
from harness.images.corpus import Picture
from harness.images.pictures import Pictures
from harness.images.reference import fitted_size
from harness.run.drive import Drive
from harness.run.notifications import forgotten, subscribed
from harness.run.observe import Observer
from harness.run.progress import RunProgress
from harness.run.readback import Readback
from harness.stack.deploy import Stack
from harness.targets.target import Target
from harness.waiting import every

_LOOK_EVERY_S = 0.2
_HEAD_START_S = 0.5  # for the first pictures to be made before they are due
_ASK_EVERY_S = 2.0  # the target whether it is still there
_SILENT_S = 8.0  # without an answer, it is gone: a busy one answers slowly, but it does
_QUIET_S = 5.0  # without progress, after which one is told what is being waited for
_SETTLE_S = 2.0  # in which a second notification of the last image would still come
_STOP_S = 20.0  # for uploads under way when the run ends
_FORGOT = "lost its state during the run: what it held is gone"
_STOPPED = "stopped during the run: it does not answer any more"


class _TargetGone(Exception):
    """The target stopped in the middle of the run, or forgot all about it; says which."""


def send(
    target: Target,
    stack: Stack,
    pictures: Sequence[Picture],
    due_s: Sequence[float],
    *,
    bases: Path,
    late_after_s: float,
    patience_s: float,
    console: Console,
    statuses: Mapping[str, str] | None = None,
    linger_s: float = 0.0,
) -> Run:
    """Upload each picture when it is due (`due_s`, from the start) and follow it to its output.

    Pictures with the same path are versions of one image.

    The run ends when every image is accounted for and `linger_s` seconds more have passed, when
    nothing has happened for `patience_s` seconds after the last upload, when the target is gone, or
    on Ctrl-C. Made pictures are kept in the folder `bases`. `statuses` are what must be told of
    pictures, by path, where that is not "processed".
    """
    store = Pictures(bases)
    console.print(f"preparing {len(pictures)} pictures", highlight=False)
    store.prepare(pictures)
    outputs, s3 = stack.outputs, target.client("s3")
    run_id, topic, gone = new_run(), outputs["NotificationTopicArn"], threading.Event()
    queue = f"{stack.name}-{run_id}"
    observer = Observer(target, stack, time.time(), gone)
    with (
        subscribed(target, topic, queue, gone) as listen,
        RunProgress(console, len(pictures)) as progress,
    ):
        started = time.time() + _HEAD_START_S
        ledger = Ledger(_entries(run_id, pictures, due_s, started, statuses or {}))
        listen(ledger.noticed)
        drive = Drive(s3, outputs["UploadBucketName"], ledger, pictures, store)
        readback = Readback(s3, outputs["ProcessedBucketName"], ledger, pictures, store)
        seen = Observations(
            upload_bucket=outputs["UploadBucketName"],
            processed_bucket=outputs["ProcessedBucketName"],
            started=started,
            late_after_s=late_after_s,
            shows=tuple(sorted(target.shows)),
        )
        drive.start()
        try:
            _follow(target, ledger, drive, readback, progress, patience_s, gone)
            time.sleep(linger_s)
            if forgotten(target, queue):  # nothing is open, yet the images are gone
                raise _TargetGone(_FORGOT)
        except KeyboardInterrupt:
            seen = replace(seen, interrupted=True, ended_early="it was interrupted")
            progress.say("interrupted – finishing what is under way; Ctrl-C again gives that up")
        except _TargetGone as reason:
            seen = replace(seen, gone=True, ended_early=f"{target.name} {reason}")
            progress.say(f"{target.name} {reason}; the run ends here")
            gone.set()
        finally:
            drive.stop.set()
        settled = time.time()
        seen = replace(seen, elapsed_s=settled - started)
        drive.join(_STOP_S)
        readback.close()
        if not seen.gone:
            progress.say("looking at objects, metrics, alarms and logs")
            seen = observer.observe(seen, ledger)
            if not seen.interrupted:
                time.sleep(max(0.0, settled + _SETTLE_S - time.time()))
            forgot = gone.is_set() or forgotten(target, queue)
            if forgot or (seen.missing and not target.running()):
                why = f"{target.name} {_FORGOT if forgot else _STOPPED}"
                seen = replace(seen, gone=True, ended_early=why)
                progress.say(f"{why}; the run ends here")
                gone.set()
    return Run(ledger, seen, observer.invocations)


def _entries(
    run_id: str,
    pictures: Sequence[Picture],
    due_s: Sequence[float],
    started: float,
    statuses: Mapping[str, str],
) -> Iterable[Entry]:
    for picture, due in zip(pictures, due_s, strict=True):
        size = picture.displayed_size
        status = statuses.get(picture.path, "processed")
        yield Entry(
            index=picture.index,
            key=f"{SOURCE_PREFIX}{run_id}/{picture.path}",
            expected=Expected(
                picture.kind.form, size, fitted_size(*size), picture.metadata, status
            ),
            due=started + due,
        )


def _follow(
    target: Target,
    ledger: Ledger,
    drive: Drive,
    readback: Readback,
    progress: RunProgress,
    patience_s: float,
    gone: threading.Event,
) -> None:
    """Return once every image is settled, or when patience is at an end. Raises _TargetGone."""
    before: tuple[int, int, int] | None = None
    last_progress = asked = answered = told = time.monotonic()
    for _ in every(_LOOK_EVERY_S):
        readback.look()
        now = time.monotonic()
        state = ledger.progress()
        if state != before:
            before, last_progress = state, now
        waiting = now - last_progress
        uploaded, notified, read = state
        progress.show(uploaded, notified, read)
        if gone.is_set():
            raise _TargetGone(_FORGOT)
        if all(entry.settled for entry in ledger.entries):
            return
        if now - asked > _ASK_EVERY_S:
            asked = now
            if target.running():
                answered = now
            elif now - answered > _SILENT_S:
                raise _TargetGone(_STOPPED)
        if drive.running:
            continue
        if waiting > patience_s:
            return
        if now - max(last_progress, told) > _QUIET_S:
            told = now
            missing = sum(not entry.settled for entry in ledger.entries)
            left = patience_s - waiting
            progress.say(f"waiting for {missing} images, at most {left:.0f} s more")
