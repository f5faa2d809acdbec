"""Depth of nesting: how deep JSON and what is made of it may be.

A few kilobytes of brackets exhaust the stack of whatever reads them by recursion. Python reports
that as a RecursionError, which no reader of JSON expects: it is no ValueError, so it becomes an
internal error, which SDKs repeat. AWS's services read JSON to a depth of about a thousand (Jackson,
StreamReadConstraints) and call what is deeper malformed; here what Python's decoder cannot read is
malformed, and what it can read may be walked through by recursion.
"""

import sys
from json import JSONDecodeError, JSONDecoder

# Calls from Python to Python need no C stack since 3.11, so this costs heap only.
_CALLS = 10_000


def install() -> None:
    """Make the depth of a text an error of the text, in this process."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _CALLS))
    JSONDecoder.raw_decode = _raw_decode  # type: ignore[method-assign]


def _raw_decode(self: JSONDecoder, s: str, idx: int = 0) -> tuple[object, int]:
    try:
        value, end = self.scan_once(s, idx)  # type: ignore[attr-defined]
    except StopIteration as missing:
        raise JSONDecodeError("Expecting value", s, missing.value) from None
    except RecursionError:
        raise JSONDecodeError("Nested too deeply", s, idx) from None
    return value, end
