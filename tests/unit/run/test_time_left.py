"""The time left of a run follows its plan, and its queue where it cannot keep up."""

import pytest

from harness.run.arrivals import due_times
from harness.run.time_left import TimeLeft

IMAGES, DAY_S = 600, 60.0


def estimates(per_s: float) -> list[tuple[float, float]]:
    """A day of a pipeline that gets through so many a second: true and estimated time left."""
    due = due_times(IMAGES, DAY_S, seed=1)
    done: list[float] = []
    for at in due:
        done.append(max(at + 0.3, done[-1] + 1 / per_s if done else 0.0))
    left = TimeLeft(due)
    return [
        (done[-1] - now, left.look(now, sum(at <= now for at in done)))
        for now in range(1, int(done[-1]))
    ]


def test_a_pipeline_that_keeps_up_ends_with_the_day() -> None:
    """The rate of the night says nothing of the evening's: the estimate is right from the start."""
    for true, estimated in estimates(1_000):
        assert estimated == pytest.approx(true, abs=1.0)


def test_a_queue_is_counted_with_the_rate_at_which_it_moves() -> None:
    """GIVEN six a second are processed of ten due THEN it is known once images have queued."""
    found = estimates(6)
    assert all(estimated <= true + 2 for true, estimated in found)
    for true, estimated in found[len(found) // 2 :]:
        assert estimated == pytest.approx(true, rel=0.15, abs=2.0)


def test_a_slow_start_says_nothing_of_the_rest() -> None:
    """GIVEN the first images wait six seconds for a cold start THEN the end is still the day's."""
    due = due_times(IMAGES, DAY_S, seed=1)
    left = TimeLeft(due)
    for now in range(1, 30):
        processed = 0 if now < 6 else sum(at + 0.3 <= now for at in due)
        assert left.look(now, processed) == pytest.approx(due[-1] - now, abs=1.0)


def test_nothing_is_left_of_what_is_processed() -> None:
    assert TimeLeft([1.0, 2.0]).look(1.5, 2) == 0.0
