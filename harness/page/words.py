"""What the page says of a run in words: what failed first, what to do about it, and why it took so
long.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from harness.evidence.explain import path_of
from harness.evidence.ledger import Entry, Ledger
from harness.evidence.observations import Run
from harness.evidence.report import first_failed
from harness.page.columns import prefix_of
from harness.page.judged import Judged

_KEPT_UP = 0.9  # of what was due per second
_WORTH_SAYING = 0.05  # of the time of an image
_TELLING = 0.9  # of the good images may share what all bad ones have in common, at most

# What a person may look at where no image is to blame, by the id of a check.
_LOOK_AT = {
    "alarms": "logs -n 200",
    "retention": "verify",
    "accounted": "logs -n 200",
    "log-lines": "logs -n 200",
    "errors": "logs -n 200",
    "throttles": "logs -n 200",
    "duration": "logs -n 200",
    "invocations": "logs -n 200",
}


def headline(report: Mapping[str, Any]) -> str:
    """How much is not as it should be."""
    checks = report["checks"]
    failed = sum(check["passed"] is False for check in checks)
    open_ = sum(check["passed"] is None for check in checks)
    planned = report["images"]["planned"]
    bad = sum(len(listed) for listed in report["listed"].values())
    parts = []
    if planned and report["ended_early"]:
        parts.append(f"{planned - bad:,} of {planned:,} images were proven before it ended")
    elif planned and bad:
        parts.append(f"{bad:,} of {planned:,} images are not as they should be")
    elif planned:
        parts.append(f"{planned:,} of {planned:,} images as they should be")
    if checks:
        parts.append(
            f"{failed} of {len(checks)} checks failed"
            if failed
            else f"{len(checks) - open_} of {len(checks)} checks passed"
        )
    if open_:
        parts.append(f"{open_} not checked")
    return " · ".join(parts) or "nothing was checked"


def first_failure(report: Mapping[str, Any], run: Run, images: Sequence[Judged]) -> tuple[str, str]:
    """The first failed check, and what all bad images have in common; empty if nothing failed."""
    if report["ended_early"]:
        return report["ended_early"], ""
    failed = first_failed(report)
    if failed is None:
        return "", ""
    detail = failed["detail"].replace(prefix_of(run.ledger.entries) or "\0", "")
    return f"{failed['title']}: {detail}", in_common(run.ledger, images)


def what_to_do(report: Mapping[str, Any], run: Run, images: Sequence[Judged], place: str) -> str:
    """One command that shows more of the first failure; `place` is the report's folder."""
    failed = first_failed(report)
    if run.seen.gone:
        return "logs --emulator"
    if run.seen.ended_early:
        return str(report["environment"]["command"]).partition(" ")[2]
    if failed is not None and failed["id"].startswith("fail-if"):
        entry = _slowest(run)
    else:
        entry = _to_blame(failed["detail"] if failed else "", images)
    if failed is not None and entry is not None:
        return f"explain {shlex.quote(path_of(entry.key))} --report {shlex.quote(place)}"
    if failed is not None:
        return _LOOK_AT.get(failed["id"], "logs -n 200")
    return ""


def _to_blame(detail: str, images: Sequence[Judged]) -> Entry | None:
    """The bad image that the failed check names, or else the first one."""
    bad = [image.entry for image in images if image.bad]
    return next((entry for entry in bad if entry.key in detail), bad[0] if bad else None)


def _slowest(run: Run) -> Entry | None:
    """The image with the longest latency: it shows best where the time goes."""
    notified = [entry for entry in run.ledger.entries if entry.notices]
    return max(notified, key=lambda each: each.notices[0].at - each.due, default=None)


def in_common(ledger: Ledger, images: Sequence[Judged]) -> str:
    """What all bad images have and few of the others, in words; empty if nothing stands out."""
    bad = [image.entry for image in images if image.bad]
    good = [image.entry for image in images if not image.bad]
    if len(bad) < 2 or not good:
        return ""
    found = []
    for name, of in _features(ledger):
        values = {of(entry) for entry in bad}
        if len(values) == 1:
            value = values.pop()
            share = sum(of(entry) == value for entry in good) / len(good)
            if share <= _TELLING and (words := _said(name, value)):
                found.append((share, words))
    return "all of them " + " and ".join(words for _, words in sorted(found)[:2]) if found else ""


def _features(ledger: Ledger) -> Iterator[tuple[str, Callable[[Entry], Any]]]:
    yield "form", lambda e: e.expected.form
    yield "size", lambda e: e.expected.source_size
    yield "camera", lambda e: max(e.expected.source_size) > 1024
    yield "portrait", lambda e: e.expected.source_size[1] > e.expected.source_size[0]
    yield "odd", lambda e: not (e.key.isascii() and not set(e.key) & set(" +%&?#"))
    yield "several", lambda e: len(ledger.versions(e)) > 1


def _said(name: str, value: Any) -> str:
    if name == "size":
        return f"{value[0]} × {value[1]}"
    words = {
        ("camera", True): "larger than 1024 pixels",
        ("camera", False): "no larger than 1024 pixels",
        ("portrait", True): "in portrait format",
        ("odd", True): "with spaces or special characters in their keys",
        ("several", True): "of keys with several versions",
    }
    return str(value) if name == "form" else words.get((name, value), "")


def why_so_long(report: Mapping[str, Any], run: Run) -> str:
    """Where the time of an image went, and whether the machine kept up."""
    stages = {
        "upload": _spans(run, lambda entry: entry.due, lambda entry: entry.uploaded),
        "waiting": _spans(run, lambda entry: entry.uploaded, _begun),
        "function": _spans(run, _begun, _ended),
        "notification": _spans(run, _ended, _notified),
    }
    medians = {name: median(spans) for name, spans in stages.items() if spans}
    if not medians:
        return ""
    said = ", ".join(
        f"{name} {_time(seconds)}"
        for name, seconds in sorted(medians.items(), key=lambda each: -each[1])
        if seconds >= _WORTH_SAYING * sum(medians.values())
    )
    said = f"{said} (p50)"
    throughput, due = report["throughput_per_s"], report["due_per_s"]
    if report["passed"] and "day" in report and throughput < _KEPT_UP * due:
        said += (
            f". {throughput:.1f} images/s of {due:.1f} due: most of it is queueing on this "
            f"machine; --day {report['elapsed_s'] * 1.2:.0f}s shows it without"
        )
    return said


def _spans(
    run: Run, since: Callable[[Entry], float | None], until: Callable[[Entry], float | None]
) -> list[float]:
    found = [(since(entry), until(entry)) for entry in run.ledger.entries]
    return [max(0.0, b - a) for a, b in found if a is not None and b is not None]


def _begun(entry: Entry) -> float | None:
    attempts = [attempt.at for delivery in entry.deliveries for attempt in delivery.attempts]
    return min(attempts, default=None)


def _ended(entry: Entry) -> float | None:
    ends = [a.ended for each in entry.deliveries for a in each.attempts if a.ended is not None]
    return max(ends, default=None)


def _notified(entry: Entry) -> float | None:
    return entry.notices[0].at if entry.notices else None


def _time(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def funnel(
    report: Mapping[str, Any], run: Run, images: Sequence[Judged]
) -> list[tuple[str, int, str]]:
    """Each stage with how many images reached it, and what was lost on the way there, in words."""
    entries, counts = run.ledger.entries, report["images"]
    uploaded = [entry for entry in entries if entry.uploaded is not None]
    stages = [("planned", len(entries), ""), ("uploaded", len(uploaded), "")]
    if run.seen.logs is not None and run.seen.logs.attempts:
        stages.append(("invoked", sum(bool(entry.deliveries) for entry in uploaded), ""))
    good = [image for image in images if not image.bad]
    rejected = sum(counts[name] for name in ("rejected", "failed", "superseded"))
    stages.append(("notified", sum(bool(entry.notices) for entry in uploaded), ""))
    expected = f"{rejected} of them rejected, failed or superseded" if rejected else ""
    lost = {name: len(listed) for name, listed in report["listed"].items() if listed}
    losses = ", ".join(f"{count} {name}" for name, count in lost.items())
    stages.append(("as they should be", len(good), losses or expected))
    return stages


def share(count: int, total: int) -> float:
    """Percent, for the length of a bar."""
    return round(100 * count / total, 2) if total else 0.0


def failed_first(checks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Checks in the order in which they matter to a person: failed, not checked, passed."""
    order = {False: 0, None: 1, True: 2}
    return sorted(checks, key=lambda check: order[check["passed"]])


def cost(bill: Mapping[str, Any]) -> str:
    """What the run, and a month of it, would cost on AWS."""
    return (
        f"{bill['day_usd']:.4f} USD for this day; {bill['month_usd']:.2f} USD a month of "
        f"{bill['per_day']} images a day, {bill['charged_usd']:.2f} beyond what is free (list "
        f"prices of {bill['region']} as quoted on {bill['quoted']})"
    )
