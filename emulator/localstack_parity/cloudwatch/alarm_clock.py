"""What time it is for alarms: now, or later, so that nobody has to wait for periods to pass.

In: how far alarms are to be ahead, from chaos/clock.py. Out: the time at which they are evaluated
and change state; and a call whenever time has been let pass, for the CloudWatch provider.

Time never goes back for an alarm: with each rise, that much time has passed for whatever was
measured before, and it stays passed. Setting it to 0 again only makes states carry the clock's time
again; alarms do not see anew what they had left behind.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

_ahead_s = 0.0
_listeners: list[Callable[[float], None]] = []


def ahead_s() -> float:
    """Seconds that alarms are ahead of the clock."""
    return _ahead_s


def now_s() -> float:
    """The time for alarms, in seconds since the epoch."""
    return time.time() + _ahead_s


def now() -> datetime:
    """The time for alarms."""
    return datetime.fromtimestamp(now_s(), UTC)


def set_ahead(seconds: float) -> None:
    """Have alarms evaluated at once, and from now on, as of so many seconds later."""
    global _ahead_s
    passed_s, _ahead_s = max(0.0, seconds - _ahead_s), seconds
    for listener in _listeners:
        listener(passed_s)


def listen(listener: Callable[[float], None]) -> None:
    """Have `listener` called with the seconds that were let pass; 0 if alarms were set back."""
    _listeners.append(listener)
