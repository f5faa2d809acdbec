"""Texts as a page shows them: times, long keys, and characters that would hide or turn others."""

import re
from datetime import datetime

# Controls, directional marks and invisible spaces (Unicode, "Bidirectional Algorithm"): a key may
# have them, and a page that obeyed them would show another key.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


def visible(text: object) -> str:
    """`text` with its hidden characters shown by number; line breaks and tabs are left."""
    return _HIDDEN.sub(lambda found: f"⟦{ord(found[0]):04X}⟧", str(text))


def middle(text: str, most: int) -> str:
    """`text` with its middle left out if it has more than `most` characters.

    >>> middle("uploads/a-very-long-name.jpg", 13)
    'upload…me.jpg'
    """
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"


def time(milliseconds: float | None) -> str:
    """A length of time as people say it.

    >>> time(72_700.0), time(300.0), time(None)
    ('72.7 s', '300 ms', '–')
    """
    if milliseconds is None:
        return "–"
    if abs(milliseconds) < 1000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.{2 if abs(milliseconds) < 10_000 else 1}f} s"


def utc(iso: str) -> str:
    """A time of a report as people read it.

    >>> utc("2026-11-26T06:15:17+00:00")
    '2026-11-26 06:15:17 UTC'
    """
    return f"{datetime.fromisoformat(iso):%F %T} UTC"
