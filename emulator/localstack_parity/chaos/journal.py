"""Journal of injected faults, so that a run can tell them from what went wrong by itself."""

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
