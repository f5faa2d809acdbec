"""A run as columns of numbers, for the charts and the table of its page.

A Run goes in; lists of equal length go out, one item an image. Columns are a third of the size of
objects, for no name is repeated.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from harness.evidence.ledger import Entry, run_folder
from harness.evidence.observations import Observations, Run
from harness.evidence.outcomes import OUTCOMES
from harness.page.judged import Judged

_MARKS = 1000  # of each lane
_WHY_BYTES = 300_000  # of reasons; who has more than that reads the first ones


def columns(run: Run, images: Sequence[Judged]) -> dict[str, Any]:
    """What the page's scripts are given.

    Times are whole milliseconds: `due` since the run began, `up` (uploaded), `begin` and `end` (of
    the first and the last attempt) and `notified` (for the first time) since the image was due;
    None where there is none. `outcome` and `form` are places in the lists beside them. `bad` says
    that an image is not as it should be, and `why` then why, by its place.
    """
    entries, started = run.ledger.entries, run.seen.started
    prefix = prefix_of(entries)
    forms = sorted({entry.expected.form for entry in entries})

    def each(of: Callable[[Entry], Any]) -> list[Any]:
        return [of(entry) for entry in entries]

    return {
        "started": started,
        "elapsed": round(run.seen.elapsed_s, 3),
        "late": run.seen.late_after_s,
        "prefix": prefix,
        "outcomes": list(OUTCOMES),
        "forms": forms,
        "rows": {
            "key": each(lambda e: e.key.removeprefix(prefix)),
            "outcome": [OUTCOMES.index(image.outcome) for image in images],
            "bad": [int(image.bad) for image in images],
            "due": each(lambda e: _ms(e.due - started)),
            "up": each(lambda e: None if e.uploaded is None else _ms(e.uploaded - e.due)),
            "begin": each(_first_attempt),
            "end": each(_last_attempt),
            "notified": each(lambda e: _ms(e.notices[0].at - e.due) if e.notices else None),
            "attempts": each(lambda e: sum(len(d.attempts) for d in e.deliveries)),
            "memory": each(_memory),
            "sent": each(lambda e: e.bytes),
            "got": each(lambda e: e.output.bytes if e.output else None),
            "form": each(lambda e: forms.index(e.expected.form)),
            "width": each(lambda e: e.expected.source_size[0]),
            "height": each(lambda e: e.expected.source_size[1]),
            "off": each(lambda e: round(e.output.mean, 1) if e.output else None),
        },
        "why": dict(_reasons(images)),
        "invocations": _invocations(run),
        "lanes": _lanes(run, images, prefix),
        "parts": _parts(run.seen),
    }


def _ms(seconds: float) -> int:
    return round(1000 * seconds)


def prefix_of(entries: Sequence[Entry]) -> str:
    """What all keys begin with: the run's folder, if they are of one run."""
    folders = {run_folder(entry.key) for entry in entries}
    return folders.pop() if len(folders) == 1 else ""


def _attempts(entry: Entry) -> list[Any]:
    return [attempt for delivery in entry.deliveries for attempt in delivery.attempts]


def _first_attempt(entry: Entry) -> int | None:
    begun = [attempt.at for attempt in _attempts(entry)]
    return _ms(min(begun) - entry.due) if begun else None


def _last_attempt(entry: Entry) -> int | None:
    ended = [attempt.ended for attempt in _attempts(entry) if attempt.ended is not None]
    return _ms(max(ended) - entry.due) if ended else None


def _memory(entry: Entry) -> int | None:
    used = [a.memory_mb for a in _attempts(entry) if a.memory_mb is not None]
    return round(max(used)) if used else None


def _reasons(images: Iterable[Judged]) -> Iterable[tuple[int, str]]:
    room = _WHY_BYTES
    for image in images:
        room -= len(image.why.encode("utf-8", "replace")) if image.bad else 0
        if image.bad and room > 0:
            yield image.place, image.why


def _invocations(run: Run) -> dict[str, list[Any]]:
    """Every attempt of the run's requests: when (ms since the start), how long (ms), how."""
    attempts = {
        (delivery.request_id, attempt.at): attempt
        for entry in run.ledger.entries
        for delivery in entry.deliveries
        for attempt in delivery.attempts
        if attempt.duration_ms is not None
    }
    ordered = sorted(attempts.values(), key=lambda attempt: attempt.at)
    return {
        "at": [_ms(attempt.at - run.seen.started) for attempt in ordered],
        "ms": [round(attempt.duration_ms or 0) for attempt in ordered],
        "ok": [int(attempt.status == "success") for attempt in ordered],
    }


def _lanes(run: Run, images: Sequence[Judged], prefix: str) -> list[dict[str, Any]]:
    """What else happened, on the same time axis: spans and marks, in ms since the start.

    Of more marks than there is room for, `count` still says how many there are.
    """
    start = run.seen.started
    bad = [
        [_ms(image.entry.due - start), f"{image.entry.key.removeprefix(prefix)}: {image.outcome}"]
        for image in images
        if image.bad
    ]
    alarms = [
        [_ms(notice.at - start), f"{notice.body.get('AlarmName')}: {notice.status[6:]}"]
        for notice in run.ledger.strays
        if notice.status.startswith("alarm ")
    ]
    failed = [
        [_ms(attempt.at - start), f"{entry.key.removeprefix(prefix)}: {attempt.status}"]
        for entry in run.ledger.entries
        for attempt in _attempts(entry)
        if attempt.status not in ("", "success")
    ]
    faults = [[_ms(at - start), what] for at, what in run.seen.faults]
    full = [[_ms(since - start), _ms(until - start)] for since, until in run.seen.cores_full or ()]
    lanes = {"alarms": alarms, "faults": faults, "failed attempts": failed, "✖ images": bad}
    marked = [
        {"name": name, "count": len(marks), "marks": sorted(marks)[:_MARKS], "spans": []}
        for name, marks in lanes.items()
        if marks
    ]
    cores = {"name": "cores full", "count": len(full), "marks": [], "spans": full}
    return [*marked, *([cores] if full else [])]


def _parts(seen: Observations) -> dict[str, Any] | None:
    """Memory and processor time of what took part; None where nobody could see it."""
    if seen.parts is None or not seen.parts.at:
        return None
    return {
        "at": [_ms(at - seen.started) for at in seen.parts.at],
        "mb": {name: list(values) for name, values in seen.parts.mb.items()},
        "cpu": {name: list(values) for name, values in seen.parts.cpu_s.items()},
    }
