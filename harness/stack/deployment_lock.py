"""Deployment lock: one command at a time builds and deploys a stack, the others wait their turn.

Two change sets that are made of one stack at the same time undo each other: each creates what the
other is about to create, both roll back, and what either keeps is in the way of every later one.
The lock is a file below the state folder, held with flock(2): the kernel frees it when its holder
ends, however it ends.
"""

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from harness.alive import OnProgress
from harness.files import private_folder
from harness.polling import every
from harness.problems import Problem
from harness.settings import Settings
from harness.targets.state_folder import folder_problem

WAIT_AT_MOST_S = 1800.0
_LOOK_EVERY_S = 0.2
_TELL_EVERY_S = 15.0


@contextmanager
def deployment_lock(
    settings: Settings, on_progress: OnProgress, wait_at_most_s: float = WAIT_AT_MOST_S
) -> Iterator[None]:
    """Hold the lock of this state folder and stack; who holds it, and how long, is reported.

    Raises Problem that names the holder if it still deploys after `wait_at_most_s` seconds.
    """
    path = settings.state_dir / "locks" / f"{settings.stack_name}.lock"
    try:
        private_folder(settings.state_dir)
        private_folder(path.parent)
        file = open(path, "a+", encoding="utf-8")  # noqa: SIM115 - closed below
    except OSError as error:
        raise folder_problem(path.parent, error) from error
    with file:
        if not _taken(file):
            _wait_for(file, settings.stack_name, on_progress, wait_at_most_s)
        _sign(file)
        try:
            yield
        finally:
            file.truncate(0)


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(file: IO[str], stack_name: str, on_progress: OnProgress, at_most_s: float) -> None:
    began = time.monotonic()
    on_progress(f"{stack_name} is being deployed by {_holder(file)}; waiting until that is done")
    reported = began
    for _ in every(_LOOK_EVERY_S):
        now = time.monotonic()
        if _taken(file):
            on_progress(f"{stack_name}: it is our turn after {now - began:.0f} s")
            return
        if now - began > at_most_s:
            raise Problem(
                f"{stack_name} is still being deployed by {_holder(file)}, after "
                f"{now - began:.0f} s of waiting.",
                "Wait until that has ended, or end it; another --suffix needs not wait.",
            )
        if now - reported > _TELL_EVERY_S:
            reported = now
            on_progress(f"still waiting for {_holder(file)}, {now - began:.0f} s so far")


def _sign(file: IO[str]) -> None:
    """Write down who holds the lock, for those who wait."""
    file.truncate(0)
    holder = {"pid": os.getpid(), "command": " ".join(["tapstack", *sys.argv[1:]])}
    file.write(json.dumps({**holder, "since": time.time()}))
    file.flush()


def _holder(file: IO[str]) -> str:
    """Who holds the lock, in words: command, process and how long it has held it."""
    file.seek(0)
    try:
        holder = json.loads(file.read())
        since = max(0.0, time.time() - float(holder["since"]))
        return f"`{holder['command']}` (process {holder['pid']}, for {since:.0f} s)"
    except (ValueError, KeyError, TypeError):
        return "another command"
