"""Arrivals: a day's curve of uploads, compressed.

The schedule is open-loop: it does not wait for the system, so that a slow one shows as latency.
"""

import numpy as np

# Uploads per hour of a photo service in one time zone, relative: a quiet night, a rise with
# breakfast, a plateau over lunch, the peak in the evening.
_HOURS = np.arange(25)
_RATES = np.array(
    [3, 2, 1, 1, 1, 2, 5, 9, 11, 9, 8, 8, 9, 10, 9, 8, 8, 9, 11, 14, 16, 14, 9, 5, 3], float
)
_WORK = np.concatenate([[0.0], np.cumsum((_RATES[1:] + _RATES[:-1]) / 2)])
# How many times its average rate a day has in its busiest hour.
PEAK = float(_RATES.max() / (_WORK[-1] / _HOURS[-1]))


def due_times(count: int, day_s: float, seed: int, number: int = 0, of: int = 1) -> list[float]:
    """`count` increasing due times within `day_s` seconds, more where the day is busier.

    The day is cut into `count` pieces of equal work and one image falls into each, at random: exact
    in total, irregular in detail. Equal arguments give equal times; of them every `of`-th, from
    `number` on.
    """
    jitter = np.random.default_rng([seed, count]).random(count)[number::of]
    share = (np.arange(number, count, of) + jitter) / count
    hours = np.interp(share * _WORK[-1], _WORK, _HOURS)
    return [float(hour) for hour in hours / _HOURS[-1] * day_s]
