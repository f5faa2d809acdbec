"""Whether a target's functions are kept apart from each other and from the machine.

This project's emulator tells (localstack_parity/lambda_runtime/isolation.py); AWS does it, and of
another emulator nothing is known.
"""

import json
import urllib.request

from harness.targets.target import Target

NOT_ISOLATED = (
    "Functions are not isolated here ({reason}): they share one /tmp and see files and processes "
    "of the machine or container they run in, as they cannot on AWS."
)
_PATH = "/_tapstack/isolation"
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def why_not_isolated(target: Target) -> str:
    """Why functions of this target share what on AWS each has of its own; "" if they do not."""
    if not target.endpoint:
        return ""
    try:
        with _NO_PROXY.open(target.endpoint + _PATH, timeout=30) as answer:
            said = json.load(answer)
            return "" if said["isolated"] else str(said["reason"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
