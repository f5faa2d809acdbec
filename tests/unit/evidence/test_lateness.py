"""A late notification is the pipeline's fault, unless this machine had no core to spare."""

from dataclasses import replace

import pytest

from harness.evidence import checks
from harness.evidence.ledger import Attempt, Delivery, Entry
from harness.evidence.observations import Metrics, Run
from harness.evidence.outcomes import outcome, why
from tests.unit.runs import SEEN, START, good_run

LIMIT = SEEN.late_after_s


def notified_after(image: Entry, *, waited_s: float, handled_s: float) -> None:
    """Let it wait that long for its first attempt, and be notified so much later."""
    begun = image.due + waited_s
    image.deliveries = [Delivery("request-0", "00", [Attempt(begun, "success", 200.0)])]
    image.notices[0] = replace(image.notices[0], at=begun + handled_s)


def run_with(*full: tuple[float, float], throttles: float = 0, **seen: object) -> Run:
    """A good run during which the cores were full between these times after its start."""
    run = good_run()
    times = tuple((START + since, START + until) for since, until in full)
    metrics = replace(run.seen.metrics or Metrics(), throttles=throttles)
    seen = {"cores_full": times, "metrics": metrics, **seen}
    return replace(run, seen=replace(run.seen, **seen))  # type: ignore[arg-type]


def test_a_wait_for_a_core_is_not_judged() -> None:
    """GIVEN the cores were full while it waited THEN it is processed, and said to be late."""
    run = run_with((0, LIMIT + 100))
    notified_after(run.ledger.entries[0], waited_s=LIMIT + 50, handled_s=1)
    assert outcome(run.ledger.entries[0], run) == "processed"
    assert "cores were full for 350.0 s of it: not judged" in why(run.ledger.entries[0], run)
    check = checks.in_time(run)
    assert check.passed is None
    assert check.detail.startswith("2 of 3 within 300 s of being due; 1 later because this machine")


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(run_with(), id="the cores were free"),
        pytest.param(run_with((0, 100)), id="the cores were full for a part of the wait"),
        pytest.param(run_with((0, LIMIT + 100), throttles=1), id="Lambda turned it away"),
        pytest.param(run_with(cores_full=None), id="it ran on another machine"),
        pytest.param(run_with((0, LIMIT + 100), metrics=None), id="throttles were not seen"),
    ],
)
def test_a_wait_for_anything_else_is_late(run: Run) -> None:
    """Whatever the pipeline waits for beside a core, it waits for on AWS too."""
    notified_after(run.ledger.entries[0], waited_s=LIMIT + 50, handled_s=1)
    assert outcome(run.ledger.entries[0], run) == "late"
    assert checks.in_time(run).passed is False


def test_what_takes_too_long_itself_is_late_on_full_cores_too() -> None:
    """From its first attempt on, retries and all, it is the pipeline's own time."""
    run = run_with((0, 2 * LIMIT))
    notified_after(run.ledger.entries[0], waited_s=5, handled_s=LIMIT + 1)
    assert outcome(run.ledger.entries[0], run) == "late"


def test_an_upload_that_the_log_does_not_show_is_late() -> None:
    """Nobody knows what it waited for."""
    run = run_with((0, 2 * LIMIT))
    notified_after(run.ledger.entries[0], waited_s=LIMIT + 50, handled_s=1)
    run.ledger.entries[0].deliveries = []
    assert outcome(run.ledger.entries[0], run) == "late"


def test_both_are_counted_apart() -> None:
    """One is late by the pipeline, one by the machine: the check fails, and says both."""
    run = run_with((0, LIMIT + 100))
    first, second, _ = run.ledger.entries
    notified_after(first, waited_s=LIMIT + 50, handled_s=1)
    notified_after(second, waited_s=0, handled_s=LIMIT + 50)
    check = checks.in_time(run)
    assert check.passed is False
    assert "2 of 3 within 300 s" in check.detail
    assert "1 later because this machine's cores were full, which is not judged" in check.detail
