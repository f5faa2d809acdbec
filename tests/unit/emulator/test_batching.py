"""Log lines and metrics are written at once after a pause, and one batch an interval under load."""

import threading
from collections.abc import Iterator

import pytest

from harness.polling import wait_until
from localstack_parity.batching import Batcher

_LONG_S = 600.0  # longer than any test waits: a batch of that interval does not begin by itself


@pytest.fixture
def written() -> list[list[int]]:
    return []


@pytest.fixture
def batcher(written: list[list[int]]) -> Iterator[Batcher[int]]:
    one: Batcher[int] = Batcher("numbers", written.append, interval_s=_LONG_S)
    yield one
    one.close()


def _await_first(batcher: Batcher[int], written: list[list[int]]) -> None:
    batcher.add(1)
    wait_until(lambda: written == [[1]], deadline_s=5, interval_s=0.01, describe="the first batch")


def test_the_first_batch_is_written_at_once(
    batcher: Batcher[int], written: list[list[int]]
) -> None:
    """Who invokes a function and looks at its log does not wait for an interval to end."""
    _await_first(batcher, written)


def test_what_comes_next_waits_for_the_interval(
    batcher: Batcher[int], written: list[list[int]]
) -> None:
    """A flush does not wait; what it writes as one batch had not begun to be written before."""
    _await_first(batcher, written)
    for number in (2, 3, 4):
        batcher.add(number)
    batcher.flush()
    assert written == [[1], [2, 3, 4]]


def test_what_is_left_is_written_at_the_end(
    batcher: Batcher[int], written: list[list[int]]
) -> None:
    _await_first(batcher, written)
    batcher.add(2)
    batcher.close()
    assert written == [[1], [2]]


def test_what_is_added_while_it_closes_comes_behind_what_it_is_at() -> None:
    """GIVEN a batch that takes long to be written THEN nothing is written beside it."""
    written: list[list[int]] = []
    begun, go_on = threading.Event(), threading.Event()

    def write(batch: list[int]) -> None:
        begun.set()
        go_on.wait(60)
        written.append(batch)

    batcher: Batcher[int] = Batcher("numbers", write, interval_s=0.0)
    batcher.add(1)
    assert begun.wait(60)
    batcher.close(timeout_s=0)
    begun.clear()
    batcher.add(2)
    beside_it = begun.wait(0.5)
    go_on.set()
    batcher.close(timeout_s=60)
    assert written == [[1], [2]]
    assert not beside_it
