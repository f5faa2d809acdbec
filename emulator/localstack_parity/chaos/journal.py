"""What was disturbed, so that a run can tell what was done to it from what went wrong by itself.

In: one line for each fault that struck. Out: all of them, in order. GET /_localstack/chaos/journal.
"""

import time
from collections import deque
from typing import Any

_LONGEST = 100_000  # the oldest are forgotten

_lines: deque[dict[str, Any]] = deque(maxlen=_LONGEST)


def record(kind: str, rule: dict[str, Any], **what: Any) -> None:
    """A fault of `kind` (api, latency, event, invocation) struck; `what` names whom, in strings."""
    _lines.append({"at": round(time.time(), 3), "kind": kind, "rule": rule, **what})


def lines() -> list[dict[str, Any]]:
    """All of them, the oldest first; `at` is in seconds since 1970."""
    return list(_lines)


def clear() -> None:
    """Forget them."""
    _lines.clear()
