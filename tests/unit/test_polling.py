import itertools

import pytest

from harness.polling import DeadlineExceeded, stretched, wait_until


def test_the_awaited_observation_is_returned() -> None:
    """wait_until returns the first observation that satisfies the condition."""
    counter = itertools.count()
    seen = wait_until(
        lambda: next(counter),
        until=lambda n: n >= 3,
        deadline_s=60,
        interval_s=0,
        describe="three",
    )
    assert seen == 3


def test_the_last_observation_is_in_the_failure() -> None:
    """A person reads what was waited for and what was seen instead."""
    with pytest.raises(DeadlineExceeded, match=r"2 of 5 images.*") as failure:
        wait_until(
            lambda: "2 of 5 images",
            until=lambda seen: seen == "5 of 5 images",
            deadline_s=0.01,
            interval_s=0.005,
            describe="all images",
        )
    assert failure.value.last == "2 of 5 images"
    assert "all images" in failure.value.happened


def test_the_probe_is_asked_even_when_there_is_no_time() -> None:
    """A deadline of zero still looks once."""
    assert wait_until(lambda: True, deadline_s=0, describe="nothing")


@pytest.mark.parametrize(
    ("load", "cores", "seconds"),
    [(0.5, 2, 30), (2, 2, 30), (4, 2, 60), (12, 4, 90), (1000, 2, 150)],
)
def test_a_busy_machine_is_given_more_time(load: float, cores: int, seconds: float) -> None:
    """In proportion to what wants to run on each core, within limits."""
    assert stretched(30, load, cores) == seconds
