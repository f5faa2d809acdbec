"""The target as the console shows it, found again whenever it was gone.

A target that is not ours is only looked at.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.console import failures
from harness.console.inbox import Inbox
from harness.console.uploads import SHOWN, Uploads
from harness.naming import as_typed
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.deploy import find_stack
from harness.stack.deployed import Stack
from harness.targets.choosing import choose_target
from harness.targets.endpoint import EndpointTarget
from harness.targets.target import Target

GONE = (BotoCoreError, ClientError, OSError, Problem, KeyError)
_NEEDED = ("upload_bucket", "processed_bucket", "log_group", "function")


@dataclass(frozen=True)
class Place:
    """A target that answers, with its stack."""

    target: Target
    stack: Stack
    uploads: Uploads
    inbox: Inbox

    @property
    def ours(self) -> bool:
        """Whether it may be changed from here: `tapstack up` started it, on this machine."""
        return self.target.name != EndpointTarget.name


class View:
    """What is known of the target of these settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._place: Place | None = None
        self._gone_since: float | None = None
        self._lock = threading.Lock()  # the feed looks, and tabs ask

    def place(self) -> Place:
        """The target and its stack. Raises Problem where there is none."""
        with self._lock:
            if self._place is None:
                self._place = _find(self._settings)
            return self._place

    def look(self) -> Mapping[str, Any]:
        """Events for the pages: "state" always, the others where the target answers."""
        try:
            place = self.place()
            uploads, mails = place.uploads.look(), place.inbox.look()
            failed = failures.count(place.target, place.stack)
        except Exception as error:  # a target that is half there answers what nobody expects
            self._place = None
            self._gone_since = self._gone_since or time.time()
            return {"state": {"up": False, "since": self._gone_since, "why": why(error)}}
        self._gone_since = None
        return {
            "state": _state(place),
            "pipeline": _pipeline(place, uploads),
            "inbox": mails,
            "failures": failed,
        }


def why(error: Exception) -> str:
    """An error in words for a person, with the command that helps where there is one."""
    if isinstance(error, Problem):
        return as_typed(str(error))
    if isinstance(error, ClientError):
        return str(error)
    if isinstance(error, (BotoCoreError, OSError)):
        return "The target does not answer."
    return f"The target answers what it should not: {type(error).__name__}: {error}"


def _find(settings: Settings) -> Place:
    target = choose_target(settings)
    if not target.running():
        raise Problem(
            f"The target {target.name} is not running.", "`tapstack up` starts it and deploys."
        )
    stack = find_stack(target, settings)
    if stack is None:
        raise Problem(f"{settings.stack_name} is not deployed.", "`tapstack up` deploys it.")
    stack.require(*_NEEDED)
    return Place(target, stack, Uploads(target, stack, now=time.time()), Inbox(target))


def _state(place: Place) -> dict[str, Any]:
    return {
        "up": True,
        "target": place.target.name,
        "endpoint": place.target.endpoint,
        "stack": place.stack.name,
        "region": place.stack.region,
        "bucket": place.stack.upload_bucket,
        "ours": place.ours,
    }


def _pipeline(place: Place, uploads: list[Any]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for upload in uploads:
        counts[upload.state] = counts.get(upload.state, 0) + 1
    return {
        "counts": counts,
        "total": len(uploads),
        "complete": place.uploads.complete,
        "uploads": [asdict(upload) for upload in uploads[:SHOWN]],
    }
