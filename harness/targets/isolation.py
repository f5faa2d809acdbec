"""Whether a target's functions are kept apart from each other and from the machine.

This project's emulator says so (localstack_parity/lambda_runtime/isolation.py); AWS does it, and of
another emulator nothing is known.
"""

from harness.targets import own_routes
from harness.targets.target import Target

NOT_ISOLATED = (
    "Functions are not isolated here ({reason}): they share one /tmp and see files and processes "
    "of the machine or container they run in, as they cannot on AWS."
)
_PATH = "/_tapstack/isolation"


def why_not_isolated(target: Target) -> str:
    """Why functions of this target share what on AWS each has of its own; "" if they do not."""
    if not target.endpoint:
        return ""
    try:
        said = own_routes.ask(target.endpoint, _PATH)
        return "" if said["isolated"] else str(said["reason"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
