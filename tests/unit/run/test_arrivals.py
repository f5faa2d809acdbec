"""The schedule of a day."""

import numpy as np
import pytest

from harness.run.arrivals import due_times


def test_equal_arguments_give_equal_times() -> None:
    """A run can be repeated to the moment."""
    assert due_times(100, 60, seed=1) == due_times(100, 60, seed=1)
    assert due_times(100, 60, seed=1) != due_times(100, 60, seed=2)


@pytest.mark.parametrize("count", [1, 2, 2000])
def test_every_image_is_due_within_the_day_and_in_order(count: int) -> None:
    """As many times as images, increasing, none after the end."""
    times = due_times(count, 60, seed=1)
    assert len(times) == count
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= 60


def test_evenings_are_busy_and_nights_are_quiet() -> None:
    """The hour from 20:00 sees more than ten times the uploads of the hour from 03:00."""
    times = np.array(due_times(2000, 24, seed=1))
    night, evening = (np.count_nonzero((times >= h) & (times < h + 1)) for h in (3, 20))
    assert evening > 10 * night > 0
