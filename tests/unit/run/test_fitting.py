"""A day is stretched to what the machine was measured to process, and never shortened."""

import pytest

from harness.run.arrivals import PEAK, due_times
from harness.run.fitting import fit, measuring_images


def test_few_images_are_not_measured_with() -> None:
    """A day of a hundred images needs no fitting; a large one is not sent at once for it."""
    assert measuring_images(100) == 0
    assert measuring_images(2_000) == 100
    assert measuring_images(100_000) == 200


def test_the_busiest_hour_is_what_the_machine_can_do() -> None:
    """GIVEN ten images a second were processed THEN ten are due in a second of the peak."""
    day = fit(60.0, 2_000, 100, [number / 10 for number in range(100)])
    assert day.per_s == pytest.approx(10)
    assert day.length_s == pytest.approx(1_900 * PEAK / 10)
    due = due_times(1_900, day.length_s, seed=1)
    busiest = max(
        sum(since <= time < since + 10 for time in due) for since in range(int(day.length_s))
    )
    assert busiest / 10 == pytest.approx(10, rel=0.05)


def test_a_fast_machine_gets_the_day_as_planned() -> None:
    """A thousand images a second are more than enough."""
    day = fit(60.0, 2_000, 100, [number / 1000 for number in range(100)])
    assert day.length_s == day.planned_s == 60.0
    assert "60 s as planned: this machine processes 1000.0 images/s" in day.fitted


def test_the_first_ones_do_not_count() -> None:
    """While functions start, images come slowly: that says nothing of the day."""
    slow_start = [number * 1.0 for number in range(33)]
    times = [*slow_start, *(33 + number / 10 for number in range(67))]
    assert fit(60.0, 2_000, 100, times).per_s == pytest.approx(10, rel=0.01)


@pytest.mark.parametrize("notified", [[], [1.0], [1.0] * 100])
def test_what_was_not_measured_changes_nothing(notified: list[float]) -> None:
    """A pipeline that is broken, or a clock that stands still."""
    day = fit(60.0, 2_000, 100, notified)
    assert day.per_s is None
    assert day.length_s == 60.0
    assert "could not be measured" in day.fitted
