"""Undo log: how to put back what a process has changed on a target, should that process be killed.

A run makes a queue, shortens a function's timeout, has calls fail. It puts all that back at its
end, unless it is killed or the machine goes down. So it writes down first how each change is
undone (write-ahead), in a file of its own below the state folder that it holds with flock(2). The
kernel frees the lock of a process that ended, however it ended: a file that can be locked is what
a dead process left, and the next command that brings the stack up undoes what is in it.
"""

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import IO, Any

from harness.files import private_folder
from harness.targets.target import Target

_FOLDER = "undo"


@dataclass(frozen=True)
class Undo:
    """One step that undoes a change: what `kind` of step, on what, and in words what it undoes.

    The kinds are those of harness/stack/abandoned.py, which knows how to take the step.
    """

    kind: str
    what: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def identity(target: Target) -> str:
    """Which running target it is: one that was started anew remembers nothing to be undone."""
    status = target.status()
    return " ".join(
        str(status.get(name) or "") for name in ("endpoint", "pid", "container")
    ).strip()


def note(target: Target, *steps: Undo) -> Callable[[], None]:
    """Write down how a change is undone, before it is made; call the answer once it is undone."""
    entry = _add(target.state_dir, identity(target), steps)
    return partial(_done, target.state_dir, entry)


def take_abandoned(target: Target) -> Iterator[list[Undo]]:
    """What each dead process has left to undo on this target, the oldest change first.

    Who takes it undoes it: it is forgotten once the next one is asked for.
    """
    for path, undo in _dead(target):
        if undo:
            yield undo
        path.unlink(missing_ok=True)


def abandoned(target: Target) -> list[Undo]:
    """All that dead processes have left to undo on this target; nothing is changed."""
    return [step for _, undo in _dead(target) for step in undo]


def _dead(target: Target) -> Iterator[tuple[Path, list[Undo]]]:
    """The files of dead processes, each locked until the next is asked for.

    What was left on a target that does not run any more is gone with it.
    """
    here = identity(target)
    for path in sorted((target.state_dir / _FOLDER).glob("*.jsonl")):
        with suppress(FileNotFoundError), open(path, encoding="utf-8") as file:
            # One that has a name no more is of a process that has undone all by itself meanwhile.
            if _lock(file) and os.fstat(file.fileno()).st_nlink:
                entries = _open_entries(file)
                yield path, [step for place, steps in entries if place == here for step in steps]


def in_use(state_dir: Path) -> list[Undo]:
    """What processes that are alive will undo by themselves, this one's included."""
    steps: list[Undo] = []
    for path in sorted((state_dir / _FOLDER).glob("*.jsonl")):
        with suppress(FileNotFoundError), open(path, encoding="utf-8") as file:
            if not _lock(file, shared=True):
                steps += [step for _, each in _open_entries(file) for step in each]
    return steps


class _Log:
    """This process's file: a JSON line for each entry, and one more when the entry is done."""

    def __init__(self, state_dir: Path) -> None:
        folder = private_folder(private_folder(state_dir) / _FOLDER)
        self.pid, self.open = os.getpid(), set[int]()
        while True:
            self._path = folder / f"{self.pid}-{time.time_ns()}.jsonl"
            self._file = open(self._path, "a", encoding="utf-8")  # noqa: SIM115 - closed in end()
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if os.fstat(self._file.fileno()).st_nlink:
                return
            self._file.close()  # before it was locked, it was taken for that of a dead process

    def write(self, record: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()

    def end(self) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()


_logs: dict[Path, _Log] = {}
_numbers = count(1)
_guard = threading.Lock()


def _add(state_dir: Path, place: str, steps: Sequence[Undo]) -> int:
    with _guard:
        log = _logs.get(state_dir)
        if log is None or log.pid != os.getpid():  # a fork has a file of its own
            log = _logs[state_dir] = _Log(state_dir)
        entry = next(_numbers)
        log.write({"entry": entry, "place": place, "undo": [asdict(step) for step in steps]})
        log.open.add(entry)
        return entry


def _done(state_dir: Path, entry: int) -> None:
    with _guard:
        log = _logs[state_dir]
        log.open.discard(entry)
        if not log.open:
            log.end()
            del _logs[state_dir]
            return
        with suppress(OSError):  # on a full disk: undone twice is better than not at all
            log.write({"done": entry})


def _lock(file: IO[str], *, shared: bool = False) -> bool:
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_entries(file: IO[str]) -> list[tuple[str, list[Undo]]]:
    """The entries that are not done, oldest first. A line that was written by half is none."""
    entries: dict[int, tuple[str, list[Undo]]] = {}
    for line in file:
        with suppress(ValueError, KeyError, TypeError):
            record = json.loads(line)
            if "done" in record:
                entries.pop(record["done"], None)
            else:
                steps = [Undo(**step) for step in record["undo"]]
                entries[record["entry"]] = (record["place"], steps)
    return list(entries.values())
