"""Concurrency of a burst: invocations at a time, and how long it took. Pure functions."""

from harness.evidence.observations import Run


def concurrency_reached(run: Run) -> int:
    """The most invocations that ran at a time, by the function's log; 0 if it has none.

    The metric ConcurrentExecutions would not do: it has a maximum for every minute, which is also
    that of whatever ran in the minute before the run began. An invocation runs from its start line
    to its report, or for its duration, whichever is shorter: the duration is measured from before
    the start line, and a report may be written late. Where one ends in the millisecond in which
    another begins, they follow each other.
    """
    begins_and_ends: list[tuple[float, int]] = []
    for invocation in run.invocations:
        for attempt in invocation.attempts:
            if attempt.duration_ms is None:
                continue
            end = attempt.at + attempt.duration_ms / 1000
            end = end if attempt.ended is None else min(end, attempt.ended)
            begins_and_ends += [(attempt.at, 1), (end, -1)] if end > attempt.at else []
    running = most = 0
    for _, change in sorted(begins_and_ends):
        running += change
        most = max(most, running)
    return most


def drain_s(run: Run) -> float:
    """Seconds from the last upload to the last notification; 0 if there was none."""
    uploaded = [entry.uploaded for entry in run.ledger.entries if entry.uploaded is not None]
    notified = [notice.at for entry in run.ledger.entries for notice in entry.notices]
    return max(0.0, max(notified) - max(uploaded)) if notified and uploaded else 0.0
