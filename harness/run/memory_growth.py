"""Growth: how the memory of a function grows while it handles one event after the other.

Lambda reports with every invocation the most memory that its execution environment has used so far
(AWS: "Max Memory Used" of "Working with Lambda function logs"). What a sound function needs it has
after its first invocations; one that keeps something of each needs more and more, until it runs out
of memory in the middle of some later day.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.run.probe import Broken, Probe

INVOCATIONS = 200
WARM_UP = 40  # in which caches, pools and the allocator fill
# What the peak of a sound function may still rise by, over all that follows. Something of 100 KB
# that is kept of every invocation is more.
ALLOWED_MB = 16

_REPORTED = re.compile(r'(?:Max Memory Used: |"maxMemoryUsedMB": ?)(\d+)')


def memory_used_mb(probe: Probe, event: Mapping[str, Any]) -> int:
    """The most memory that the environment of one more invocation has used until its end."""
    answer = probe.target.client("lambda").invoke(
        FunctionName=probe.stack.function,
        LogType="Tail",
        Payload=json.dumps(event).encode(),
    )
    if answer.get("FunctionError"):
        raise Broken(f"the function raised {answer['Payload'].read().decode()[:500]}")
    tail = base64.b64decode(answer["LogResult"]).decode(errors="replace")
    reported = _REPORTED.findall(tail)
    if not reported:
        raise Broken(f"Lambda reported no memory with an invocation: {tail[-300:]}")
    return int(reported[-1])


def grown_mb(used: Sequence[int]) -> int:
    """What came on top after the warm-up, in the environment that was there at the end.

    Another environment begins with less than the one before it.
    """
    begins = max((n for n in range(1, len(used)) if used[n] < used[n - 1]), default=0)
    settled = used[begins:][WARM_UP:]
    return settled[-1] - settled[0] if settled else 0
