"""Events of a deployment as one line a resource: what was done with it, and how long that took."""

from collections.abc import Mapping
from typing import Any

from harness.alive import OnProgress

_DONE = {
    "CREATE_COMPLETE": "created",
    "UPDATE_COMPLETE": "updated",
    "IMPORT_COMPLETE": "imported",
    "DELETE_COMPLETE": "deleted",
    "DELETE_SKIPPED": "kept",
}
_LONG_S = 10.0  # after which what is being waited for is shown, and again after as long


class EventLines:
    """Shows events of a stack, in their order, as lines for a person.

    A resource has a line when it is done, or fails; what takes long is named in between.
    """

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._began: dict[str, float] = {}  # of what is in progress, seconds since 1970
        self._shown = 0.0

    def take(self, event: Mapping[str, Any]) -> None:
        """One event as DescribeStackEvents has it."""
        name, status = event["LogicalResourceId"], event["ResourceStatus"]
        at, reason = event["Timestamp"].timestamp(), event.get("ResourceStatusReason")
        self._shown = max(self._shown, at)
        if status.endswith("_IN_PROGRESS") and "ROLLBACK" not in status:
            self._began.setdefault(name, at)
            return
        began = self._began.pop(name, None)
        took = f" in {at - began:.1f} s" if began is not None else ""
        why = f" – {reason}" if reason and status not in _DONE else ""
        word = _DONE.get(status, status)
        self._on_progress(f"{event['Timestamp']:%H:%M:%S} {word:<9} {name}{took}{why}")

    def waiting(self, now: float) -> None:
        """Say what is still in progress, if nothing was said for long."""
        if not self._began or now - self._shown < _LONG_S:
            return
        self._shown = now
        waits = (f"{name}, {now - began:.0f} s" for name, began in self._began.items())
        self._on_progress(f"  still in progress: {'; '.join(waits)}")
