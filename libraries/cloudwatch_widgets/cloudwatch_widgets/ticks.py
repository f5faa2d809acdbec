"""Where the lines of a scale stand, and how numbers and times are written on it.

Times are UTC.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

_STEPS = (1, 2, 2.5, 5, 10)
_TIME_STEPS = (
    *(60, 300, 600, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600),
    *(86_400, 2 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400, 90 * 86_400, 365 * 86_400),
)
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def scale(
    lowest: float, highest: float, wanted: int, fixed: tuple[float | None, float | None]
) -> list[float]:
    """Round values from at most `lowest` to at least `highest`, about `wanted` of them.

    `fixed` are limits that a person has set: the first and the last tick are these.

    >>> scale(0, 87, 4, (None, None))
    [0.0, 25.0, 50.0, 75.0, 100.0]
    """
    low = min(lowest, 0.0) if fixed[0] is None else fixed[0]
    high = highest if fixed[1] is None else fixed[1]
    if not high > low:
        high = low + 1
    rough = (high - low) / max(1, wanted)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(each * size for each in _STEPS if each * size >= rough * 0.999)
    round_ones = [
        round(number * step, 12)
        for number in range(math.floor(low / step), math.ceil(high / step) + 1)
    ]
    # A limit that somebody has set takes the place of the round values beyond and close to it.
    if fixed[0] is not None:
        round_ones = [low, *(each for each in round_ones if each > low + step / 2)]
    if fixed[1] is not None:
        round_ones = [*(each for each in round_ones if each < high - step / 2), high]
    return round_ones


def number_text(value: float) -> str:
    """A value in at most five characters or so.

    >>> number_text(1536), number_text(0.25), number_text(20.0)
    ('1.54k', '0.25', '20')
    """
    for size, prefix in _PREFIXES:
        if abs(value) >= size:
            return f"{value / size:.3g}{prefix}"
    return f"{value:.3g}"


def time_ticks(start: float, end: float, wanted: int) -> list[tuple[float, str]]:
    """Moments at round times of the day, about `wanted` of them, and their texts."""
    rough = (end - start) / max(1, wanted)
    step = next((each for each in _TIME_STEPS if each >= rough), _TIME_STEPS[-1])
    moments = [at * step for at in range(math.ceil(start / step), math.floor(end / step) + 1)]
    form = "%d %b" if step >= 86_400 else "%H:%M"
    return [(at, f"{datetime.fromtimestamp(at, UTC):{form}}") for at in moments]


def limits(values: Sequence[float]) -> tuple[float, float]:
    """The lowest and the highest; 0 and 1 where there is none."""
    finite = [value for value in values if math.isfinite(value)]
    return (min(finite), max(finite)) if finite else (0.0, 1.0)
