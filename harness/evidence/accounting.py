"""Reconciliation: whether ledger, buckets, notifications, log and metrics agree. Pure functions."""

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.evidence.ledger import Attempt, Entry, Notice, run_of
from harness.evidence.observations import Run
from harness.evidence.outcomes import OUTCOMES, outcome

_NAMED = 3  # things in a sentence; all are in the saved observations


def counts(run: Run) -> dict[str, int]:
    """How many images were planned, uploaded, and had each outcome; the outcomes add up."""
    outcomes = Counter(outcome(entry, run) for entry in run.ledger.entries)
    return {
        "planned": len(run.ledger.entries),
        "uploaded": sum(entry.uploaded is not None for entry in run.ledger.entries),
        **{name: outcomes[name] for name in OUTCOMES},
    }


def strays(run: Run) -> list[Notice]:
    """Notifications about nothing that was sent; other runs and alarms are left out."""
    ours = {run_of(entry.key) for entry in run.ledger.entries} | {""}
    return [
        notice
        for notice in run.ledger.strays
        if not notice.status.startswith("alarm") and run_of(notice.source[0]) in ours
    ]


def numbers(run: Run) -> str:
    """What each source counted, in one sentence."""
    counted, seen = counts(run), run.seen
    by_outcome = " + ".join(f"{counted[name]} {name}" for name in OUTCOMES if counted[name])
    facts = [
        f"{counted['planned']} planned = {by_outcome or 'nothing'}",
        f"{counted['uploaded']} uploaded",
        f"{_stored(run)} in the bucket",
        f"{sum(len(entry.notices) for entry in run.ledger.entries)} notifications",
    ]
    if _has_log(run):
        attempts = len(_attempts(run))
        deliveries = sum(len(entry.deliveries) for entry in run.ledger.entries)
        facts.append(f"{deliveries} deliveries in {attempts} attempts in the log")
    if seen.metrics:
        facts.append(f"{seen.metrics.invocations:g} invocations counted")
    return ", ".join(facts)


def contradictions(run: Run) -> Iterator[str]:
    """Where the sources do not agree.

    The log and the metric may know of more invocations, of other runs and of events that are of no
    upload. A run that was cut short has no complete log and metric.
    """
    counted = counts(run)
    planned, uploaded = counted["planned"], counted["uploaded"]
    if sum(counted[name] for name in OUTCOMES) != planned:
        yield "the outcomes are not as many as were planned"
    if uploaded + counted["unsent"] != planned:
        yield f"{planned - uploaded} were not uploaded, {counted['unsent']} count as unsent"
    sent = [entry for entry in run.ledger.entries if entry.uploaded is not None]
    if absent := [entry.key for entry in sent if entry.place is None]:
        yield f"{len(absent)} uploads are not in the bucket: {_few(absent)}"
    if unplanned := run.seen.unplanned:
        yield f"{len(unplanned)} versions in the bucket were sent by nobody: {_few(unplanned)}"
    if stray := strays(run):
        yield f"{len(stray)} notifications are of nothing that was sent"
    if not run.seen.ended_early:
        yield from _of_invocations(run)


def _of_invocations(run: Run) -> Iterator[str]:
    logs, metrics = run.seen.logs, run.seen.metrics
    if not (logs and _has_log(run)):
        return
    if logs.strangers:
        yield f"{len(logs.strangers)} deliveries are of nothing sent: {_few(logs.strangers)}"
    unknown = [entry.key for entry in run.ledger.entries if _notified_by_others(entry)]
    if unknown:
        yield f"{len(unknown)} were reported by a request that the log does not have for them: " + (
            _few(unknown)
        )
    if metrics is None:
        return
    if not logs.ended <= metrics.invocations <= logs.attempts:
        yield (
            f"{metrics.invocations:g} invocations were counted, where the log has {logs.ended} of "
            f"these images and {logs.attempts} in all"
        )


def _notified_by_others(entry: Entry) -> bool:
    """Whether a request notified of it that did not handle it; failures are notified for others."""
    handled = {delivery.request_id for delivery in entry.deliveries}
    notified = {notice.request_id for notice in entry.notices if notice.status != "failed"}
    return not notified <= handled


def _stored(run: Run) -> int:
    return sum(entry.place is not None for entry in run.ledger.entries)


def _has_log(run: Run) -> bool:
    """Whether the log distinguishes invocations: it does in Lambda's JSON format."""
    return run.seen.logs is not None and run.seen.logs.attempts > 0


def _attempts(run: Run) -> list[Attempt]:
    """All that were made for these images; one may have been for several of them."""
    entries = run.ledger.entries
    requests = {each.request_id: each.attempts for entry in entries for each in entry.deliveries}
    return [attempt for attempts in requests.values() for attempt in attempts]


def _few(things: Sequence[str]) -> str:
    more = len(things) - _NAMED
    return ", ".join(things[:_NAMED]) + (f" and {more} more" if more > 0 else "")
