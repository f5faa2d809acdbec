"""Work grows with the size of a file and not faster, whoever wrote it.

CPU time, not lines of Python: a slow regular expression is one line.
"""

import contextlib
import time

import pytest

import imaging
from rejections import Rejection
from tests.unit.image_processor.hostile import WRITERS, Writer

KB, MB = 2**10, 2**20


def cpu_seconds(data: bytes) -> float:
    """The least of two: a busy machine adds to either."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        with contextlib.suppress(Rejection):
            imaging.process(data)
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS.keys())
def test_work_is_linear(writer: Writer) -> None:
    """Four times the bytes take about four times as long; sixteen times would be quadratic."""
    less, more = (cpu_seconds(writer(size)) for size in (128 * KB, 512 * KB))
    assert more < 8 * less + 0.03


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS.keys())
def test_a_second_for_ten_megabytes(writer: Writer) -> None:
    """A file of 10 MB takes less than a second of one core."""
    assert cpu_seconds(writer(10 * MB)) < 1
