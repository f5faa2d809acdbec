"""The coordinator of a run with workers: hands out the shares, keeps them in step, counts the dead.

It holds a few numbers of each worker; what workers know of their images goes to files unread, and
is added up by merge.py when all have ended.
"""

import base64
import os
import queue
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from harness.evidence.ledger import Ledger
from harness.evidence.observations import Observations, Run
from harness.evidence.report import show_report
from harness.evidence.report_files import (
    check_reports_folder,
    report_folder,
    write_pieces,
    write_verdict,
)
from harness.files import private_folder, shown
from harness.images.corpus import Plan
from harness.images.pictures import Pictures
from harness.page.render import Page, render
from harness.polling import stretched
from harness.problems import Problem
from harness.run.progress import RunProgress
from harness.run.scenario import RunOptions, RunResult, facts_of
from harness.run.under_way import under_way
from harness.run.workers.merge import Ended, merged
from harness.run.workers.start import Processes, Workers, start
from harness.run.workers.worker import LEDGER, Assignment, described
from harness.settings import Settings
from harness.stack.abandoned import queue_removal, take
from harness.stack.deployed import Stack
from harness.targets.target import Target

_READY_S = 60.0  # for workers of this machine to report
_LOOK_EVERY_S = 0.5
_BASES = 5000  # images of a plan; those that draw every base are among them
_CHOSEN = ("day_s", "seed", "late_after_s", "patience_s")  # of RunOptions, for the workers
_PLACES = 0x10000  # the end of a run's name is four hexadecimal digits


@dataclass
class _Share:
    """One share, and the worker that has it: `name` is Locust's of it, `pid` its process there."""

    number: int
    run: str
    images: int
    name: str = ""
    pid: int = 0
    host: str = ""
    counts: tuple[int, int] = (0, 0)
    done: bool = False
    why: str = ""
    at: dict[str, float] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        return self.done or bool(self.why)


def run_names(count: int) -> list[str]:
    """A name for the run of each share: the same moment, and different ends."""
    first = int.from_bytes(os.urandom(2))
    now = datetime.now(UTC)
    return [f"{now:run-%Y%m%dT%H%M%S}-{(first + n) % _PLACES:04x}" for n in range(count)]


class Coordinator:
    """Follows the shares of a run until each is done, or its worker has ended."""

    def __init__(self, shares: list[_Share], assignment: Mapping[str, Any], folder: Path) -> None:
        self.shares, self._assignment, self._folder = shares, assignment, folder
        self._met: set[str] = set()

    @property
    def over(self) -> bool:
        """Whether nothing more is to come."""
        return all(share.over for share in self.shares)

    @property
    def ready(self) -> bool:
        """Whether every share has a worker."""
        return all(share.name for share in self.shares)

    def take(self, report: Mapping[str, Any], processes: Processes) -> None:
        """Take what a worker reports."""
        name = report["from"]
        share = next((each for each in self.shares if each.name == name), None)
        if "ready" in report:
            share = share or next((each for each in self.shares if not each.name), None)
            if share and not share.name:
                share.name, share.host = name, report["ready"]["host"]
                share.pid = report["ready"]["pid"]
                processes.say(name, {**self._assignment, "number": share.number, "run": share.run})
        elif share and not share.over:
            self._of_share(share, report)
        self._answer(processes)

    def _of_share(self, share: _Share, report: Mapping[str, Any]) -> None:
        folder = self._folder / f"worker-{share.number + 1}"
        folder.mkdir(exist_ok=True)
        if "lines" in report:
            share.counts = (report["counts"][0], report["counts"][1])
            with open(folder / LEDGER, "a", encoding="utf-8") as out:
                out.writelines(f"{line}\n" for line in report["lines"])
        elif "file" in report:
            with open(folder / Path(report["file"]).name, "ab") as content:
                content.write(base64.b64decode(report["piece"]))
        elif "at" in report:
            share.at[report["at"]] = report["value"]
        elif "done" in report:
            share.done = True
        elif "problem" in report:
            share.why = " ".join(str(report["problem"]).split())
        elif "ended" in report:
            share.why = f"its process {report['pid']} {_ending(report['ended'])}"
        elif "gone" in report:
            share.why = "it does not answer any more"

    def lost(self, pid: int, code: int) -> None:
        """A worker of this machine has ended."""
        for share in self.shares:
            if share.pid == pid and not share.over:
                share.why = f"it {_ending(code)}"

    def _answer(self, processes: Processes) -> None:
        """Let all go on who wait at a point that nobody is before any more."""
        alive = [share for share in self.shares if not share.over]
        if not self.ready:
            return
        for point in {point for share in alive for point in share.at} - self._met:
            if all(point in share.at for share in alive):
                self._met.add(point)
                value = max(share.at[point] for share in alive)
                for share in alive:
                    processes.say(share.name, {"meet": {point: value}})

    def follow(self, processes: Processes, progress: RunProgress) -> None:
        """Until all is over. Problem if the workers do not come, or the master ends."""
        began = time.monotonic()
        while not self.over:
            with suppress(queue.Empty):
                self.take(processes.reports.get(timeout=_LOOK_EVERY_S), processes)
                continue
            for process in processes.workers:
                if (code := process.poll()) is not None:
                    self.lost(process.pid, code)
                    self._answer(processes)
            early = not self.ready and any(each.poll() is not None for each in processes.workers)
            late = not self.ready and time.monotonic() - began > stretched(_READY_S)
            if not processes.connected or early or (late and processes.workers):
                raise Problem(
                    "The run could not begin or go on: a process of Locust's ended.",
                    f"Its log says why: {processes.log}",
                    details=_end_of(processes.log),
                )
            sent, settled = (sum(share.counts[n] for share in self.shares) for n in (0, 1))
            progress.show(sent, settled, settled)

    def interrupt(self, processes: Processes) -> None:
        """Ask all workers for what they have so far; those that did not come are not waited for."""
        for share in self.shares:
            if not share.name:
                share.why = "it never came"
            processes.say(share.name, {"interrupt": True})

    def keep(self, processes: Processes) -> None:
        """Let the workers remove what is here by now."""
        for share in self.shares:
            processes.say(share.name, {"kept": True})


def _ending(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()[-8:]
    return "\n".join(f"  | {line}" for line in lines)


def run_with_workers(
    name: str,
    target: Target,
    settings: Settings,
    stack: Stack,
    options: RunOptions,
    workers: Workers,
    images: int,
) -> RunResult:
    """Run a scenario whose plan of `images` is sent by several workers, and write one report.

    Raises Problem where the workers cannot be had.
    """
    console = Console(stderr=True)
    check_reports_folder(settings.reports_dir)
    Pictures(settings.pictures).prepare(islice(Plan(images, options.seed).every(1), _BASES))
    assert target.endpoint
    shares = [
        _Share(number, run, len(range(number, images, workers.count)))
        for number, run in enumerate(run_names(workers.count))
    ]
    log = private_folder(settings.state_dir) / "workers.log"
    log.write_bytes(b"")
    facts = {**facts_of(target, stack, options), "seed": options.seed}
    began = time.time()
    with (
        report_folder(settings.reports_dir, name, began) as (part, folder),
        under_way(settings.state_dir, name, stack.name) as on_progress,
        RunProgress(console, images, on_progress) as progress,
    ):
        chosen = {each: getattr(options, each) for each in _CHOSEN} | {"images": images}
        assignment = Assignment(
            name, "", 0, workers.count, target.endpoint, chosen, described(stack)
        )
        coordinator = Coordinator(shares, asdict(assignment), part)
        processes = start(settings, workers, target.endpoint, log)
        try:
            interrupted = _follow(coordinator, processes, progress)
            ended = [_ended(share, part, workers.count) for share in shares]
            seen = Observations(
                upload_bucket=stack.upload_bucket,
                processed_bucket=stack.processed_bucket,
                started=began,
                elapsed_s=time.time() - began,
                late_after_s=options.late_after_s,
                shows=tuple(sorted(target.shows)),
                areas=stack.pipeline.judged,
                interrupted=interrupted,
            )
            report = merged(name, ended, images, options.seed, seen, facts)
            if thresholds := [asdict(each.check(report)) for each in options.fail_if]:
                report["checks"] += thresholds
                report["passed"] &= all(each["passed"] is not False for each in thresholds)
            coordinator.keep(processes)
        finally:
            processes.end()
            _clean_up(target, stack, shares)
        write_verdict(part, report)
        page = render(Page(report, Run(Ledger([]), seen), shown(folder), None))
        write_pieces(part / "report.html", page)
    folder = (settings.reports_dir / "latest").resolve()
    show_report(console, report, shown(folder))
    return RunResult(report, folder, report["passed"], interrupted)


def _follow(coordinator: Coordinator, processes: Processes, progress: RunProgress) -> bool:
    """Until all is over, on Ctrl-C with what there is; whether that was it."""
    try:
        coordinator.follow(processes, progress)
    except KeyboardInterrupt:
        progress.say("interrupted – finishing what is under way; Ctrl-C gives that up")
        coordinator.interrupt(processes)
        coordinator.follow(processes, progress)
        return True
    return False


def _ended(share: _Share, folder: Path, of: int) -> Ended:
    worker = f"worker {share.number + 1} (process {share.pid} on {share.host or 'no machine'})"
    place = folder / f"worker-{share.number + 1}"
    return Ended(share.number, of, share.images, worker, place, share.why)


def _clean_up(target: Target, stack: Stack, shares: list[_Share]) -> None:
    """Remove the queues of workers that could not do so themselves."""
    for share in shares:
        if not share.done:
            with suppress(BotoCoreError, ClientError):
                take(target, queue_removal(f"{stack.name}-{share.run}", stack.topic))
