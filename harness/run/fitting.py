"""Day fitting: how long a day must be for this machine to keep up with it.

A schedule that is faster than the machine shows the machine's queue instead of the pipeline's
latency. So the first images of a day are sent all at once, and what the pipeline gets through then
decides how far the rest of the day is stretched: until its busiest hour is what can be processed.
"""

from collections.abc import Sequence

from harness.evidence.observations import Day
from harness.run.arrivals import PEAK

_SHARE = 20  # one image in so many is sent to measure
_LEAST, _MOST = 60, 200  # fewer tell more of cold starts than of the pipeline
_COLD = 3  # one in so many of them is what cold starts delay


def measuring_images(count: int) -> int:
    """How many of `count` images are sent at once, to measure; 0 where there are too few."""
    images = min(_MOST, max(_LEAST, count // _SHARE))
    return images if count >= 2 * images else 0


def fit(planned_s: float, count: int, sent: int, notified: Sequence[float]) -> Day:
    """The day for the rest of `count` images, of which `sent` were sent at once.

    `notified` are the times, in seconds, of their notifications so far. A day is never made shorter
    than it was planned.
    """
    times = sorted(notified)[sent // _COLD :]
    took_s = times[-1] - times[0] if times else 0.0
    if took_s <= 0:
        return Day(planned_s, planned_s, sent)
    per_s = (len(times) - 1) / took_s
    return Day(max(planned_s, (count - sent) * PEAK / per_s), planned_s, sent, per_s)
