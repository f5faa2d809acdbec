"""A topic says how many subscriptions it had when they were counted last.

Recorded: LocalStack's tests at v4.14.0, cloudformation/resources/test_sns.py,
test_sns_topic_update_attributes.
"""

import pytest

from localstack_parity.sns.counts import VARIABLE, Counts


def _two_and_one() -> tuple[int, int]:
    return 2, 1


def test_a_new_topic_says_that_it_has_none() -> None:
    counts = Counts()
    counts.begin("topic")

    found = counts.of("topic", _two_and_one)

    assert (found.confirmed, found.pending) == (0, 0)


def test_a_topic_of_which_nothing_is_known_is_counted() -> None:
    """As after a restart with a saved state; the next count is a minute later."""
    counts = Counts()

    first = counts.of("topic", _two_and_one)

    assert (first.confirmed, first.pending) == (2, 1)
    assert counts.of("topic", lambda: (3, 0)) is first


def test_the_time_between_two_counts_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0.0001")
    counts = Counts()
    counts.begin("topic")
    while not (found := counts.of("topic", _two_and_one)).confirmed:
        pass

    assert (found.confirmed, found.pending) == (2, 1)
