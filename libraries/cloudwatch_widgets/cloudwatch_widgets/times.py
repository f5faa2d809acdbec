"""Time ranges of dashboards: "-PT3H", "-P14D", "P0D" or a moment in ISO 8601.

Source: "Dashboard Body Structure and Syntax", start and end; the CDK writes P0D and PT0H for now.
"""

import re
from datetime import UTC, datetime

_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
_SECONDS = {
    "months": 30 * 86400,
    "weeks": 7 * 86400,
    "days": 86400,
    "hours": 3600,
    "minutes": 60,
    "seconds": 1,
}


class NotDrawn(Exception):
    """Why a widget cannot be drawn, in one sentence."""


def moment(text: object, now: float) -> float:
    """The moment that `text` names, in seconds since 1970. Raises NotDrawn for another form.

    >>> moment("-PT3H", 10_800.0)
    0.0
    """
    form = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if form and any(form[unit] for unit in _SECONDS):
        seconds = sum(int(form[unit] or 0) * length for unit, length in _SECONDS.items())
        return now - seconds
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise NotDrawn(f"{text!r} is no time such as -PT3H or 2026-01-31T12:00:00Z.") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def time_range(start: object, end: object, now: float) -> tuple[float, float]:
    """Start and end in seconds since 1970; without an end, now. Raises NotDrawn."""
    begin, finish = moment(start, now), now if end is None else moment(end, now)
    if begin >= finish:
        raise NotDrawn("The start of the time range is not before its end.")
    return begin, finish
