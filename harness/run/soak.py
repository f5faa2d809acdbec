"""A soak: the same day over and over, and what each part occupies after every round.

Rounds leave nothing: objects are deleted, ledgers wait on disk.
"""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from harness.evidence.check import Check
from harness.evidence.ledger import Ledger, run_of
from harness.evidence.logs import log_groups
from harness.evidence.observations import Metrics, Run
from harness.images.corpus import Picture
from harness.problems import Problem
from harness.run.scenario import Context
from harness.targets.usage import Usage, usage

MINIMUM_ROUNDS = 5  # the first warms up, and a trend needs some points
_AT_ONCE = 1000  # objects that DeleteObjects takes
_ORDER = {False: 0, None: 1, True: 2}  # of verdicts, the worst first


@dataclass(frozen=True)
class Round:
    """One round and what was there after it, its objects deleted.

    `latency_ms` is the median from due to notified, `cpu_ms` what each part used per image,
    `others` the share of the machine's processors that anything else used meanwhile, and
    `log_bytes` what the stack's log groups hold by then.
    """

    images: int
    seconds: float
    latency_ms: float
    cpu_ms: Mapping[str, float]
    usage: Mapping[str, Usage]
    log_bytes: int
    others: float = 0.0


@dataclass(frozen=True)
class Soak:
    """All rounds as one run, and the checks that were made of each.

    `unseen` says why what the parts occupy could not be seen, if so.
    """

    run: Run
    checks: Sequence[Check]
    rounds: Sequence[Round]
    unseen: str = ""


def soak(
    context: Context,
    pictures: Sequence[Picture],
    day_s: float,
    for_s: float,
    judge: Callable[[Run], list[Check]],
) -> Soak:
    """Send `pictures` round by round for `for_s` seconds, and MINIMUM_ROUNDS times at least.

    `judge` says what must hold for each round.

    Ends early where a round does: on Ctrl-C, and when the target is gone.
    """
    rounds: list[Round] = []
    judged: list[list[Check]] = []
    metrics: list[Metrics] = []
    unseen, started = "", 0.0
    end = time.monotonic() + for_s
    with tempfile.TemporaryDirectory(prefix="tapstack-soak-") as folder:
        before = _look(context)
        for number in _until(end):
            began, busy_s = time.monotonic(), _busy_s()
            run = context.send(pictures, day_s)
            started = started or run.seen.started
            run.ledger.save(Path(folder) / f"{number:06}.jsonl")
            judged.append(judge(run))
            metrics += [run.seen.metrics] if run.seen.metrics else []
            if run.seen.ended_early:
                break
            _forget(context, run)
            after = _look(context)
            if isinstance(after, str) or isinstance(before, str):
                unseen = str(after)
            else:
                done = _round(context, run, time.monotonic() - began, before, after)
                ours_s = sum(after[part].cpu_s - before[part].cpu_s for part in after)
                others_s = max(0.0, _busy_s() - busy_s - ours_s)
                share = others_s / done.seconds / (os.cpu_count() or 1)
                rounds.append(replace(done, others=round(share, 2)))
                context.console.print(_line(number, rounds[-1]), highlight=False, soft_wrap=True)
            before = after
        saved = [Ledger.load(file) for file in sorted(Path(folder).iterdir())]
    ledger = Ledger(
        (entry for each in saved for entry in each.entries),
        (stray for each in saved for stray in each.strays),
    )
    return Soak(_together(ledger, run, metrics, started), _in_all(judged), rounds, unseen)


def _until(end: float) -> Iterator[int]:
    """Numbers of rounds, from 1, until one more like the last would end later than `end`."""
    number, last = 0, time.monotonic()
    while True:
        number += 1
        yield number
        now = time.monotonic()
        if number >= MINIMUM_ROUNDS and 2 * now - last > end:
            return
        last = now


def _busy_s() -> float:
    """Seconds that the machine's processors have worked, for whomever."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def _look(context: Context) -> Mapping[str, Usage] | str:
    try:
        return usage(context.target, context.settings)
    except Problem as problem:
        return problem.happened


def _round(
    context: Context,
    run: Run,
    seconds: float,
    before: Mapping[str, Usage],
    after: Mapping[str, Usage],
) -> Round:
    entries = run.ledger.entries
    latencies = [1000 * (entry.notices[0].at - entry.due) for entry in entries if entry.notices]
    return Round(
        images=len(entries),
        seconds=round(seconds, 1),
        latency_ms=round(median(latencies), 1) if latencies else 0.0,
        cpu_ms={
            part: round(1000 * max(0.0, after[part].cpu_s - before[part].cpu_s) / len(entries), 1)
            for part in after
        },
        usage=after,
        log_bytes=_logged(context),
    )


def _logged(context: Context) -> int:
    """Bytes of all log events that the stack's log groups hold."""
    client, found = context.target.client("logs"), 0
    for name in log_groups(context.target, context.stack.name):
        for group in client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
            found += group["storedBytes"] if group["logGroupName"] == name else 0
    return found


def _line(number: int, done: Round) -> str:
    parts = ", ".join(
        f"{part} {use.memory / 1e6:.0f} MB {use.files} files {use.processes} processes"
        f"{f' {use.disk / 1e6:.1f} MB on disk' if use.disk is not None else ''}"
        for part, use in done.usage.items()
    )
    return f"round {number}: {done.seconds:.0f} s, p50 {done.latency_ms / 1000:.2f} s; {parts}"


def _forget(context: Context, run: Run) -> None:
    """Delete all versions of the uploads and outputs of a round."""
    s3, stack = context.target.client("s3"), context.stack
    folders = {run_of(entry.key) for entry in run.ledger.entries}
    for bucket, prefix in (
        (stack.upload_bucket, stack.keys.uploads),
        (stack.processed_bucket, stack.keys.outputs),
    ):
        for folder in folders:
            versions = _versions(s3, bucket, f"{prefix}{folder}/")
            for some in batched(versions, _AT_ONCE, strict=False):
                s3.delete_objects(Bucket=bucket, Delete={"Objects": list(some), "Quiet": True})


def _versions(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, str]]:
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for found in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            yield {"Key": found["Key"], "VersionId": found["VersionId"]}


def _together(ledger: Ledger, last: Run, metrics: Sequence[Metrics], started: float) -> Run:
    """All rounds as one run: the images of all, and what the last one saw."""
    seen = replace(
        last.seen,
        started=started,
        elapsed_s=last.seen.started + last.seen.elapsed_s - started,
        metrics=_sum(metrics) if metrics else None,
    )
    return replace(last, ledger=ledger, seen=seen)


def _sum(found: Sequence[Metrics]) -> Metrics:
    odd_units: Counter[str] = Counter()
    for each in found:
        odd_units.update({name: int(count) for name, count in each.odd_units.items()})
    return Metrics(
        invocations=sum(each.invocations for each in found),
        errors=sum(each.errors for each in found),
        throttles=sum(each.throttles for each in found),
        duration_sum=sum(each.duration_sum for each in found),
        duration_samples=sum(each.duration_samples for each in found),
        duration_maximum=max(each.duration_maximum for each in found),
        odd_units=odd_units,
    )


def _in_all(checks: Sequence[Sequence[Check]]) -> list[Check]:
    """One check for each that was made in every round: failed if one failed, and which."""
    found = []
    for same in zip(*checks, strict=True):
        worst = min(same, key=lambda check: _ORDER[check.passed])
        number = same.index(worst) + 1
        alike = sum(check.passed == worst.passed for check in same)
        detail = f"{alike} of {len(same)} rounds; round {number}: {worst.detail}"
        found.append(replace(worst, detail=detail))
    return found
