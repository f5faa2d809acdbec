"""Lateness: whether a notification that came late is the pipeline's doing or this machine's.

On AWS an upload does not wait for a core. Here it may: while the cores of this machine are full,
uploads, events and invocations queue. What an upload waits before its first attempt, while the
cores are full, is therefore not judged. All that comes after that is the pipeline's own doing, and
so is whatever it waits for while there is room, or because Lambda turned invocations away.
"""

from dataclasses import dataclass

from harness.evidence.ledger import Entry
from harness.evidence.observations import Run

_NEARLY_ALL = 0.9  # of the wait, in which the cores were full


@dataclass(frozen=True)
class Delay:
    """How long after it was due an upload was notified, in seconds.

    `waited_s` of it passed before the first attempt, of which the cores were full for `full_s`.
    """

    total_s: float
    waited_s: float = 0.0
    full_s: float = 0.0


def delay(entry: Entry, run: Run) -> Delay:
    """That of the entry's first notification; it must have one."""
    total_s = entry.notices[0].at - entry.due
    attempts = [attempt.at for each in entry.deliveries for attempt in each.attempts]
    if not attempts:
        return Delay(total_s)
    begun = min(attempts)
    full_s = sum(
        max(0.0, min(until, begun) - max(since, entry.due))
        for since, until in run.seen.cores_full or ()
    )
    return Delay(total_s, max(0.0, begun - entry.due), full_s)


def is_late(entry: Entry, run: Run) -> bool:
    """Whether its notification came later than the run allows, for whatever reason."""
    return entry.notices[0].at - entry.due > run.seen.late_after_s


def is_by_machine(entry: Entry, run: Run) -> bool:
    """Whether a late notification is late because this machine's cores were full, and only that.

    Without the wait for a core it would have been in time; and nothing else is known that made it
    wait: Lambda's throttles do, whatever the cores do.
    """
    metrics = run.seen.metrics
    if metrics is None or metrics.throttles:
        return False
    found = delay(entry, run)
    return (
        found.total_s - found.waited_s <= run.seen.late_after_s
        and found.full_s >= _NEARLY_ALL * found.waited_s > 0
    )
