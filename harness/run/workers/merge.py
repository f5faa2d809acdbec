"""The verdict of a run with workers: the shares' verdicts, and their ledgers image by image.

Ledgers are read one entry at a time along the plan, which is made one picture at a time: of an
image no more is kept than where its line begins and two latencies, 24 bytes.
"""

import json
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from harness.evidence.check import Check
from harness.evidence.ledger import Entry, Ledger, entry_of
from harness.evidence.observations import Observations, Run
from harness.evidence.outcomes import OUTCOMES, is_bad_outcome, judged
from harness.evidence.report import build_report, percentiles
from harness.images.corpus import Plan
from harness.run.workers.worker import LEDGER

_INDEX = re.compile(rb'\{"index": (\d+),')
_LISTED = 100  # images of an outcome in the report; the workers' own reports list all
_NAMED = 3
_SOURCE = "TapStack: the plan of the run (docs/many-machines.md)"


@dataclass(frozen=True)
class Ended:
    """A share that is over: share `number` of `of`, as `worker` in words; `why` it came to no end.

    What is known of its images is in `folder`.
    """

    number: int
    of: int
    images: int
    worker: str
    folder: Path
    why: str = ""

    @property
    def report(self) -> Mapping[str, Any]:
        """Its own report.json."""
        found: Mapping[str, Any] = json.loads((self.folder / "report.json").read_text())
        return found


class _Shard:
    """The entries of a share, read from its file when they are asked for."""

    def __init__(self, file: Path, images: int) -> None:
        self._begins = array("q", [-1]) * images
        self._file = file.open("rb") if file.exists() else None
        begin = 0
        for line in self._file or ():
            if found := _INDEX.match(line):  # of those about an image the last one counts
                self._begins[int(found[1])] = begin
            begin += len(line)

    def entry(self, place: int) -> Entry | None:
        """The entry at that place of the share; None if nothing is known of it."""
        if self._file is None or self._begins[place] < 0:
            return None
        self._file.seek(self._begins[place])
        return entry_of(json.loads(self._file.readline()))

    def close(self) -> None:
        """Close its file."""
        if self._file:
            self._file.close()


@dataclass
class _Sum:
    """What the images add up to."""

    outcomes: Counter[str] = field(default_factory=Counter)
    uploaded: int = 0
    bytes: int = 0
    last_due: float = 0.0
    measured: int = 0
    latency_ms: "array[float]" = field(default_factory=lambda: array("d"))
    from_upload_ms: "array[float]" = field(default_factory=lambda: array("d"))
    listed: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    strangers: list[str] = field(default_factory=list)

    def add(self, entry: Entry, became: str, why: str, *, bad: bool, measured: bool) -> None:
        """One image."""
        self.outcomes[became] += 1
        self.uploaded += entry.uploaded is not None
        self.bytes += entry.bytes
        self.last_due = max(self.last_due, entry.due)
        if not entry.notices or entry.notices[0].status != "processed":
            pass
        elif measured:
            self.measured += 1
        else:
            self.latency_ms.append(1000 * (entry.notices[0].at - entry.due))
            if entry.uploaded:
                self.from_upload_ms.append(1000 * (entry.notices[0].at - entry.uploaded))
        if bad and self.has_room(became):
            self.list(became, entry.key, why, entry)

    def has_room(self, became: str) -> bool:
        """Whether the report names further images with that outcome."""
        return len(self.listed[became]) < _LISTED

    def list(self, became: str, key: str, why: str, entry: Entry | None = None) -> None:
        """Have the report name an image."""
        self.listed[became].append(
            {
                "key": key,
                "version": entry.version if entry else None,
                "why": why,
                "faults": {},
                "notifications": len(entry.notices) if entry else 0,
                "outputs": None,
                "deliveries": [],
            }
        )


def merged(
    scenario: str,
    shares: Sequence[Ended],
    images: int,
    seed: int,
    seen: Observations,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """The content of report.json for all shares. `seen` is what is known without any of them."""
    reports = {share.number: share.report for share in shares if not share.why}
    of_each = {number: _seen(shares[number], seen) for number in range(len(shares))}
    total, per_share, plan = _Sum(), [], Plan(images, seed)
    for share in shares:
        before = Counter(total.outcomes)
        _add(total, share, of_each[share.number], plan)
        per_share.append(total.outcomes - before)
    finished = [of_each[number] for number in reports]
    seen = replace(
        seen,
        started=min((each.started for each in finished), default=seen.started),
        elapsed_s=max((each.elapsed_s for each in finished), default=seen.elapsed_s),
        day=next((each.day for each in finished), None),
        ended_early=next((each.ended_early for each in finished if each.ended_early), ""),
        disk_full=next((each.disk_full for each in finished if each.disk_full), ""),
        metrics=max(
            (each.metrics for each in finished if each.metrics),
            key=lambda metrics: metrics.invocations,
            default=None,
        ),
        missing=dict(chain.from_iterable(each.missing.items() for each in finished)),
    )
    checks = [
        _all_came_to_an_end(shares, per_share),
        _all_planned(reports, per_share, total, images),
        *_together({number: report["checks"] for number, report in reports.items()}),
    ]
    report = build_report(scenario, Run(Ledger([]), seen), checks, facts)
    notified = len(total.latency_ms) + total.measured
    return report | {
        "images": {
            "planned": images,
            "uploaded": total.uploaded,
            **{name: total.outcomes[name] for name in OUTCOMES},
        },
        "bytes_uploaded": total.bytes,
        "latency_ms": percentiles(total.latency_ms),
        "latency_from_upload_ms": percentiles(total.from_upload_ms),
        "throughput_per_s": round(notified / seen.elapsed_s, 2) if seen.elapsed_s else 0.0,
        "due_per_s": round(images / max(1.0, total.last_due - seen.started), 2),
        "listed": report["listed"] | total.listed,
        "strays": [stray for each in reports.values() for stray in each["strays"]],
        "workers": [
            {
                "worker": share.worker,
                "images": share.images,
                "outcomes": dict(counted),
                "folder": share.folder.name,
                "ended_because": share.why or None,
            }
            for share, counted in zip(shares, per_share, strict=True)
        ],
    }


def _seen(share: Ended, seen: Observations) -> Observations:
    """What the worker of a share saw; of one that came to no end, that it was cut short."""
    if share.why:
        return replace(seen, interrupted=True, ended_early=f"its worker ended: {share.why}")
    return Observations.load(share.folder / "observations.json")


def _add(total: _Sum, share: Ended, seen: Observations, plan: Plan) -> None:
    """Add what became of each image of a share, in the order of the plan."""
    shard = _Shard(share.folder / (LEDGER if share.why else "ledger.jsonl"), share.images)
    measuring = seen.day.measuring if seen.day else 0
    for place in range(share.images):
        index = share.number + place * share.of
        entry = shard.entry(place)
        if entry is None:
            total.outcomes["unfinished"] += 1
            if total.has_room("unfinished"):
                path = plan.picture(index).path
                total.list("unfinished", path, f"{share.worker} ended: {share.why}")
            continue
        if not entry.key.endswith(f"/{plan.picture(index).path}"):
            total.strangers.append(entry.key)
        run = Run(Ledger([entry]), seen)
        became, why = judged(entry, run)
        if share.why and became == "unsent":
            became, why = "unfinished", f"its upload had no answer when {share.worker} ended"
        bad = is_bad_outcome(entry, became, run)
        total.add(entry, became, why, bad=bad, measured=place < measuring)
    shard.close()


# --- The checks -----------------------------------------------------------------------------------


def _all_came_to_an_end(shares: Sequence[Ended], per_share: Sequence[Mapping[str, int]]) -> Check:
    """A worker that died is no reason to forget its images."""
    dead = [
        f"{share.worker} ended in mid-run: {share.why}; of its {share.images} images "
        f"{counted.get('unfinished', 0)} are unfinished"
        for share, counted in zip(shares, per_share, strict=True)
        if share.why
    ]
    detail = f"{len(shares) - len(dead)} of {len(shares)} workers"
    return Check(
        "workers",
        "Every worker came to the end of its share",
        not dead,
        "; ".join([*dead, detail]),
        _SOURCE,
    )


def _all_planned(
    reports: Mapping[int, Mapping[str, Any]],
    per_share: Sequence[Mapping[str, int]],
    total: _Sum,
    images: int,
) -> Check:
    """What the workers counted, and what their ledgers show, image by image along the plan."""
    odd = [f"{key} is not of the plan" for key in total.strangers[:_NAMED]]
    for number, report in reports.items():
        said = {name: count for name in OUTCOMES if (count := report["images"][name])}
        if said != dict(per_share[number]):
            odd.append(f"share {number + 1} reported {said}, its ledger has {per_share[number]}")
    counted = sum(total.outcomes.values())
    if counted != images:
        odd.append(f"{images} were planned, {counted} have an outcome")
    sums = {name: total.outcomes[name] for name in OUTCOMES if total.outcomes[name]}
    detail = " + ".join(f"{count} {name}" for name, count in sums.items())
    return Check(
        "plan",
        "Every image of the plan has one outcome, the same in its share as by its ledger",
        not odd,
        "; ".join([*odd, f"{images} planned = {detail}"]),
        _SOURCE,
    )


def _together(checks: Mapping[int, Sequence[Mapping[str, Any]]]) -> Iterator[Check]:
    """Each check over all shares: failed if it failed for one, passed if it passed for all."""
    by_id: dict[str, dict[int, Check]] = defaultdict(dict)
    for number, those in checks.items():
        for each in those:
            by_id[each["id"]][number] = Check(**each)
    for of_shares in by_id.values():
        first = next(iter(of_shares.values()))
        verdicts = {check.passed for check in of_shares.values()}
        passed = False if False in verdicts else None if None in verdicts else True
        worst = {n: check.detail for n, check in of_shares.items() if check.passed is passed}
        yield replace(first, passed=passed, detail=_details(worst))


def _details(of_shares: Mapping[int, str]) -> str:
    """What the shares say, each with its number, or once if all say the same."""
    if len(of_shares) > 1 and len(set(of_shares.values())) == 1:
        return f"each of {len(of_shares)} shares: {next(iter(of_shares.values()))}"
    said = [f"share {number + 1}: {detail}" for number, detail in sorted(of_shares.items())]
    more = len(said) - _NAMED
    return "; ".join(said[:_NAMED]) + (f"; and {more} more" if more > 0 else "")
