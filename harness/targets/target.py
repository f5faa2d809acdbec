"""Where the stack runs.

A Target starts and stops that place, gives clients of its AWS API and declares what it can show.
choosing.py picks one; what deploys, sends and observes works with any.
"""

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

OF_AWS = frozenset({"objects", "notifications", "logs", "metrics", "alarms", "configuration"})
EVERYTHING = OF_AWS | {"faults"}


class Target(Protocol):
    """A place with AWS's API."""

    name: str
    region: str

    @property
    def shows(self) -> frozenset[str]:
        """What a check can be judged on there; "faults" where they can be had on purpose."""
        ...

    @property
    def architecture(self) -> str:
        """That of the functions: "x86_64" or "arm64"."""
        ...

    @property
    def state_dir(self) -> Path:
        """The folder of what is known here about it: what runs, and what is to be undone."""
        ...

    @property
    def log(self) -> str:
        """Where the target's own log is: a path, or a command that shows it."""
        ...

    @property
    def endpoint(self) -> str | None:
        """The URL of its API, where it is not AWS's own."""
        ...

    def start(self, *, background: bool = True) -> bool:
        """Make it answer; return whether it had to be started.

        What is started in the background outlives this process; otherwise it ends with it.
        """
        ...

    def stop(self) -> bool:
        """End it and everything it started; return whether it ran."""
        ...

    def running(self) -> bool:
        """Whether it answers."""
        ...

    def status(self) -> Mapping[str, str | int | bool | None]:
        """What a person may want to know of it."""
        ...

    def log_lines(self, count: int) -> list[str]:
        """The last `count` lines of the target's own log; Problem where there is none."""
        ...

    def client(self, service: str, *, attempts: int = ...) -> Any:
        """A boto3 client of `service`, safe to share between threads.

        It sends a request that has no good answer up to `attempts` times.
        """

    def for_functions(self, url: str) -> str:
        """A URL of the target's API as functions that run there reach it."""
        ...


def architecture_here() -> str:
    """The architecture of this machine, in AWS's words."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
