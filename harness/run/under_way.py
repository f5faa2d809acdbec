"""Runs under way: how far each has come, in a file of its own below the state folder.

Everybody on this machine sees there how a run goes, as the console does. The file
is removed when the run ends; one that a killed run left is known by its process, which is gone.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil

from harness.files import private_folder

_FOLDER = "runs"
_EVERY_S = 0.5  # a file is written no more often, but for the last counts


@dataclass(frozen=True)
class Counts:
    """How many images of a run are where; `left_s` seconds are left, None where that is unknown."""

    images: int = 0
    uploaded: int = 0
    notified: int = 0
    processed: int = 0
    left_s: float | None = None


@dataclass(frozen=True)
class UnderWay:
    """A scenario that runs: since when (seconds since 1970), in which process, and how far it is.

    Without images it sends none, or has not begun to.
    """

    scenario: str
    stack: str
    pid: int
    process_began: float
    began: float
    counts: Counts = Counts()


type OnCounts = Callable[[Counts], None]


@contextmanager
def under_way(state_dir: Path, scenario: str, stack: str) -> Iterator[OnCounts]:
    """Keep the file of a run for as long as the context lasts; counts are given with a call.

    A file that cannot be written, as on a full disk, is no reason to end a run.
    """
    began = psutil.Process().create_time()
    run = UnderWay(scenario, stack, os.getpid(), began, time.time())
    file = state_dir / _FOLDER / f"{run.pid}-{scenario}.json"
    written = 0.0

    def write(run: UnderWay) -> None:
        draft = file.with_suffix(".new")
        with suppress(OSError):
            draft.write_text(json.dumps(asdict(run)) + "\n", encoding="utf-8")
            draft.replace(file)

    def update(counts: Counts) -> None:
        nonlocal written
        now = time.monotonic()
        if now - written >= _EVERY_S or counts.processed == counts.images:
            written = now
            write(replace(run, counts=counts))

    with suppress(OSError):
        _remove_left_over(private_folder(private_folder(state_dir) / _FOLDER))
    write(run)
    try:
        yield update
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def runs_under_way(state_dir: Path) -> list[UnderWay]:
    """The runs on targets of this state folder, the first that began first."""
    found = [_read(file) for file in (state_dir / _FOLDER).glob("*.json")]
    return sorted((each for each in found if each), key=lambda each: each.began)


def _read(file: Path) -> UnderWay | None:
    """What the file says; None if it cannot be read, or its run is over."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        run = UnderWay(**known | {"counts": Counts(**known["counts"])})
        same = abs(psutil.Process(run.pid).create_time() - run.process_began) < 1.0
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return run if same else None


def _remove_left_over(folder: Path) -> None:
    for file in folder.glob("*.json"):
        if _read(file) is None:
            file.unlink(missing_ok=True)
