"""Which lines of a function with LogFormat JSON are detailed enough to be left out.

Source: AWS Lambda Developer Guide, "Log-level filtering": a JSON line counts with its `level` if it
has a valid RFC 3339 `timestamp`, any other line as INFO.
"""

import json
import re
from collections.abc import Callable

_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_SAME = {"WARNING": "WARN", "CRITICAL": "FATAL"}
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def wanted_from(level: str) -> Callable[[str], bool]:
    """Return a test that says whether a line is of this level or a graver one."""
    lowest = _LEVELS.index(level)

    def wanted(line: str) -> bool:
        return _LEVELS.index(_level_of(line)) >= lowest

    return wanted


def _level_of(line: str) -> str:
    if not line.startswith("{"):
        return "INFO"
    try:
        record = json.loads(line)
    except ValueError:
        return "INFO"
    level = str(record.get("level", "")).upper()
    level = _SAME.get(level, level)
    dated = _RFC_3339.fullmatch(str(record.get("timestamp", "")))
    return level if dated and level in _LEVELS else "INFO"
