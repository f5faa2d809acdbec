"""What happened to one image, from its plan to its outcome, with the log lines of its invocations.

Everything is read from a report's folder; no target is asked.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from harness.evidence.invocations import Invocation
from harness.evidence.ledger import (
    Attempt,
    Entry,
    Ledger,
    Notice,
    Output,
    run_folder,
)
from harness.evidence.logs import LogEvent, readable
from harness.evidence.observations import Run
from harness.evidence.outcomes import current_due, judged
from harness.evidence.output_checks import faults, field_of
from harness.evidence.saved import NoReport, load_run
from harness.problems import Problem
from harness.settings import Settings

_SUGGESTED = 3  # keys like the one that is not there
_ALIKE = 0.75  # of get_close_matches; lower, any two short names with one suffix are alike
_SHORT = 8  # characters of a request's id that tell log lines apart


class NotInReport(Problem):
    """There is no report, or it has no such image."""


class SeveralInReport(NotInReport):
    """The report has several images whose keys end so."""


def explain(settings: Settings, key: str, report: Path | None = None) -> list[str]:
    """All that a report knows of the image `key`: each version, then the log of its invocations.

    `key` is a whole key of either bucket, or enough of its end to tell it apart; `report` is a
    report's folder, the latest without it. Raises NotInReport if there is no such report or
    image, SeveralInReport if `key` may mean several, and Problem if the report cannot be read.
    """
    folder = settings.reports_dir / "latest" if report is None else report
    folder = folder.parent if folder.is_file() else folder
    try:
        known, run = load_run(folder)
    except NoReport as problem:
        raise NotInReport(problem.happened, problem.remedy) from None
    found = _find(run.ledger, key)
    scenario = f"{known['scenario']} on {known['target']}"
    return [*story(run, found, scenario), *_log(run.invocations, found)]


def _find(ledger: Ledger, wanted: str) -> list[Entry]:
    """The versions of the image; NotInReport that suggests others if there is none."""
    found = [
        entry
        for entry in ledger.entries
        if wanted in (entry.key, path_of(entry.key), entry.output_key)
    ]
    if not found:
        found = [entry for entry in ledger.entries if entry.key.endswith(f"/{wanted}")]
    if len({entry.key for entry in found}) > 1:
        several = sorted({path_of(entry.key) for entry in found})
        more = f" and {len(several) - _SUGGESTED} more" if len(several) > _SUGGESTED else ""
        raise SeveralInReport(
            f"{wanted!r} ends the keys of {len(several)} images: "
            f"{', '.join(several[:_SUGGESTED])}{more}.",
            "Name one of them.",
        )
    if found:
        return all_of_key(ledger, found[0])
    similar = ", ".join(near(path_of(wanted), sorted({path_of(e.key) for e in ledger.entries})))
    raise NotInReport(
        f"The report has no image {wanted!r}.",
        f"Did you mean one of: {similar}?" if similar else "Name one that this run has uploaded.",
    )


def all_of_key(ledger: Ledger, entry: Entry) -> list[Entry]:
    """All entries with the key of that one: as S3 took them, then those that were not uploaded."""
    unsent = [e for e in ledger.entries if e.key == entry.key and e.uploaded is None]
    return [*ledger.versions(entry), *unsent]


def path_of(key: str) -> str:
    """A key without its run's folder."""
    return key.removeprefix(run_folder(key))


def near(wanted: str, paths: Sequence[str]) -> list[str]:
    """Paths that somebody who wrote `wanted` may have meant, a few at most."""
    inside = [path for path in paths if wanted and wanted in path]
    return (inside or get_close_matches(wanted, paths, _SUGGESTED, _ALIKE))[:_SUGGESTED]


def story(run: Run, versions: Sequence[Entry], scenario: str) -> Iterator[str]:
    """The lines about these versions of one image, without what was logged."""
    key, started = versions[0].key, run.seen.started
    yield key
    yield f"in {scenario}, which began at {datetime.fromtimestamp(started, UTC):%F %T} UTC"
    if run.seen.ended_early:
        yield f"and ended early: {run.seen.ended_early}"
    for number, entry in enumerate(versions, 1):
        became, why = judged(entry, run)
        yield ""
        yield f"version {number} of {len(versions)}: {became}"
        yield f"  why        {why}"
        yield from _sending(entry, started)
        yield from _deliveries(entry, started, run)
        yield from _notices(entry.notices, started)
        yield from _output(entry, run)
    strays = [notice for notice in run.ledger.strays if notice.source[0] == key]
    if strays:
        yield ""
        yield "of a version that is not in the plan:"
        yield from _notices(strays, started)


def _sending(entry: Entry, started: float) -> Iterator[str]:
    wanted = entry.expected
    picture = f"{wanted.form} {_size(wanted.source_size)}" if wanted.form else "no picture"
    becomes = f" at {_size(wanted.output_size)}" if wanted.status == "processed" else ""
    yield f"  planned    {picture}, must be {wanted.status or 'ignored'}{becomes}"
    yield f"  due        {_after(entry.due, started)}"
    if entry.uploaded is None:
        yield f"  sent       never{f': {entry.error}' if entry.error else ''}"
        return
    yield f"  sent       {_after(entry.uploaded, started)}, {entry.bytes} bytes"
    if entry.recovered:
        yield f"  answer     none: {entry.error}; it was found in the bucket afterwards"
    place = f", number {entry.place} of its key in the bucket" if entry.place else ""
    yield f"  stored     as version {entry.version or 'none'}{place}"


def _deliveries(entry: Entry, started: float, run: Run) -> Iterator[str]:
    if not entry.deliveries:
        yield f"  delivered  {'never' if run.seen.logs else 'unknown: the log was not seen'}"
    for delivery in entry.deliveries:
        redrive = f", a redrive of {delivery.redrive_of}" if delivery.redrive_of else ""
        yield f"  delivered  request {delivery.request_id}, sequencer {delivery.sequencer}{redrive}"
        for number, attempt in enumerate(delivery.attempts, 1):
            at = _after(attempt.at, started)
            yield f"             attempt {number} {at}: {attempt_facts(attempt)}"


def attempt_facts(attempt: Attempt) -> str:
    """How an attempt ended, and how long and how much memory it took, as far as the log says."""
    facts = [attempt.status or "no end in the log"]
    if attempt.duration_ms is not None:
        facts.append(f"{attempt.duration_ms:.0f} ms")
    if attempt.memory_mb is not None:
        facts.append(f"{attempt.memory_mb:g} MB")
    return ", ".join(facts)


def _notices(notices: Iterable[Notice], started: float) -> Iterator[str]:
    any_notice = False
    for notice in notices:
        any_notice = True
        error = field_of(notice.body, "error.message")
        by = f" by request {notice.request_id}" if notice.request_id else ""
        reason = f": {error}" if error else ""
        yield f"  notified   {notice.status} {_after(notice.at, started)}{by}{reason}"
    if not any_notice:
        yield "  notified   nothing"


def _output(entry: Entry, run: Run) -> Iterator[str]:
    if entry.output:
        yield f"  output     {_described(entry.output)}"
    elif entry.unread:
        yield f"  output     could not be read: {entry.unread}"
    else:
        yield "  output     none was read"
    for area, text in faults(entry, run.seen).items():
        yield f"             {area}: {text}"
    if entry.versions is not None:
        current = ""
        if entry.output and entry is current_due(run.ledger.versions(entry)):
            current = f", {entry.current or 'none'} is current"
        yield f"             the bucket holds {entry.versions} of its key{current}"


def _described(output: Output) -> str:
    return (
        f"version {output.version or 'none'}, {output.form or 'undecodable'} {_size(output.size)}, "
        f"{output.bytes} bytes, off by {output.mean:g} of 255 on average, {output.worst_block:g} "
        "in the worst block"
    )


def _log(known: Iterable[Invocation], versions: Sequence[Entry]) -> Iterator[str]:
    """The lines of all its invocations, in the order of their time."""
    requests = {delivery.request_id for entry in versions for delivery in entry.deliveries}
    requests |= {notice.request_id for entry in versions for notice in entry.notices}
    yield ""
    yield from log_lines(each for each in known if each.request_id in requests)


def log_lines(of: Iterable[Invocation]) -> Iterator[str]:
    """What these invocations logged, in the order of time."""
    lines = _events(of)
    yield "log:" if lines else "log: no line of its invocations"
    yield from (f"  {readable(event)}" for event in lines)


def _events(of: Iterable[Invocation]) -> list[LogEvent]:
    events = [
        LogEvent("", time_ms, each.request_id[:_SHORT], message)
        for each in of
        for time_ms, message in each.lines
    ]
    return sorted(events, key=lambda event: event.time_ms)


def _after(at: float, started: float) -> str:
    return f"{at - started:+.2f} s"


def _size(size: Sequence[int]) -> str:
    return f"{size[0]}x{size[1]}"
