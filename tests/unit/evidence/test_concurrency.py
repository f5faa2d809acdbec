"""How many invocations ran at a time, and how long a burst took to be worked off."""

import time

from harness.evidence.concurrency import concurrency_reached, drain_s
from harness.evidence.invocations import Invocation
from harness.evidence.ledger import Attempt, Entry, Expected, Ledger, Notice
from harness.evidence.observations import Observations, Run

SEEN = Observations("uploads", "outputs", time.time(), 300.0)


def _run(*attempts: Attempt) -> Run:
    return Run(Ledger([]), SEEN, [Invocation(str(n), [each]) for n, each in enumerate(attempts)])


def test_what_runs_at_the_same_time_is_counted() -> None:
    """Three overlap for a moment, the fourth begins when one of them has ended."""
    run = _run(
        Attempt(10.0, "success", 500.0),
        Attempt(10.2, "success", 500.0),
        Attempt(10.4, "error", 500.0),
        Attempt(10.5, "success", 500.0),
    )
    assert concurrency_reached(run) == 3


def test_one_after_the_other_is_one_at_a_time() -> None:
    """A duration counts from before the start line, so it may seem to reach into the next one."""
    run = _run(
        Attempt(10.0, "success", 512.0, ended=10.5), Attempt(10.5, "success", 300.0, ended=10.8)
    )
    assert concurrency_reached(run) == 1


def test_a_report_that_is_written_late_prolongs_nothing() -> None:
    """Where the platform writes it after the next invocation has begun, the duration counts."""
    run = _run(
        Attempt(10.0, "success", 400.0, ended=10.7), Attempt(10.5, "success", 300.0, ended=10.8)
    )
    assert concurrency_reached(run) == 1


def test_a_real_overlap_is_seen_whatever_its_length() -> None:
    """Two that run side by side for a few milliseconds only."""
    run = _run(
        Attempt(10.0, "success", 500.0, ended=10.5), Attempt(10.49, "success", 300.0, ended=10.8)
    )
    assert concurrency_reached(run) == 2


def test_without_a_log_nothing_is_known() -> None:
    """No invocation, or one whose end was not seen, counts as none."""
    assert concurrency_reached(_run()) == 0
    assert concurrency_reached(_run(Attempt(10.0))) == 0


def test_draining_is_from_the_last_upload_to_the_last_notification() -> None:
    """Whatever the order of the images."""
    expected = Expected("JPEG", (1, 1), (1, 1), {})
    entries = [
        Entry(0, "a", "a", expected, 0.0, uploaded=100.0, notices=[Notice(130.0, {})]),
        Entry(1, "b", "b", expected, 0.0, uploaded=110.0, notices=[Notice(120.0, {})]),
        Entry(2, "c", "c", expected, 0.0),
    ]
    assert drain_s(Run(Ledger(entries), SEEN)) == 20.0
    assert drain_s(Run(Ledger(entries[2:]), SEEN)) == 0.0
