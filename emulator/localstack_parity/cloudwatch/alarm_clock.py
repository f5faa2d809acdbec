"""What time it is for alarms: now, or later, so that nobody has to wait for periods to pass.

Time never goes back for an alarm: with each rise, that much time has passed for whatever was
measured before, and it stays passed. Setting it to 0 again only makes states carry the clock's time
again; alarms do not see anew what they had left behind.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from localstack_parity.cloudwatch import measurements

_ahead_s = 0
_listeners: list[Callable[[int], None]] = []
_gauges: list[Callable[[], None]] = []


def ahead_s() -> int:
    """Seconds that alarms are ahead of the clock."""
    return _ahead_s


def now_s() -> float:
    """The time for alarms, in seconds since the epoch."""
    return time.time() + _ahead_s


def now() -> datetime:
    """The time for alarms."""
    return datetime.fromtimestamp(now_s(), UTC)


def set_ahead(seconds: int) -> None:
    """Have alarms evaluated as of so many seconds later; at once, if that is more than before."""
    global _ahead_s
    if seconds > _ahead_s:
        for measure in _gauges:
            measure()
        measurements.flush()
    passed_s, _ahead_s = seconds - _ahead_s, seconds
    if passed_s > 0:
        for listener in _listeners:
            listener(passed_s)


def listen(listener: Callable[[int], None]) -> None:
    """Have `listener` called whenever time is let pass, with the seconds."""
    _listeners.append(listener)


def measure_first(measure: Callable[[], None]) -> None:
    """Have `measure` called before time is let pass: its values belong to the time before."""
    _gauges.append(measure)
