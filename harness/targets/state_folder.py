"""The folder in which an emulator works: the record of its process, its lock, its log, its disk."""

import contextlib
import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.files import check_folder, free_inodes, private_folder
from harness.problems import Problem

# SQLite takes paths of 512 bytes (SQLITE_MAX_PATHNAME), and the metrics' database has the state
# folder's twice in its own.
LONGEST_PATH = 200
_FULL_BYTES = 8 * 1024**2
_FULL_INODES = 64
# The emulator and the functions of this project, with their libraries, are some 2,000 files.
_LEAST_INODES = 3000


def log_path(state_dir: Path) -> Path:
    """Return the emulator's log file; the one of the run before is beside it, ending in `.1`."""
    return state_dir / "emulator" / "emulator.log"


def states_path(state_dir: Path) -> Path:
    """Return the folder of the saved states, which stay when the emulator ends."""
    return state_dir / "emulator" / "states"


@dataclass(frozen=True)
class Record:
    """The process of an emulator, and its port."""

    process: psutil.Process
    port: int


def _record_path(state_dir: Path) -> Path:
    return state_dir / "emulator" / "emulator.json"


def write_record(state_dir: Path, pid: int, port: int) -> None:
    """Note pid and port, with the process's start time: a pid alone can come to mean another."""
    started = psutil.Process(pid).create_time()
    path = _record_path(state_dir)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps({"pid": pid, "port": port, "started": started}) + "\n")
    draft.replace(path)


def read_record(state_dir: Path) -> Record | None:
    """Return the live process that the record speaks of, or None.

    Raises Problem where another user could have written it: it says what `stop` ends.
    """
    path = _record_path(state_dir)
    for folder in (state_dir, path.parent):
        check_folder(folder)
    try:
        written = json.loads(path.read_text())
        process = psutil.Process(int(written["pid"]))
        same = abs(process.create_time() - float(written["started"])) < 1.0
        if same and process.status() != psutil.STATUS_ZOMBIE:
            return Record(process, int(written["port"]))
    except (FileNotFoundError, NotADirectoryError, psutil.NoSuchProcess):
        pass
    except OSError as error:
        raise folder_problem(path.parent, error) from error
    except (ValueError, KeyError, TypeError):
        pass  # written by half, which only a lost disk explains: nobody is known to run
    return None


def forget_record(state_dir: Path) -> None:
    """Remove the record, if there is one."""
    try:
        _record_path(state_dir).unlink(missing_ok=True)
    except NotADirectoryError:
        pass  # then there is no state folder either
    except OSError as error:
        raise folder_problem(state_dir / "emulator", error) from error


def prepare_folder(state_dir: Path, minimum_free_bytes: int) -> Path:
    """The folder to work in, made if there is none and the user's alone.

    Raises Problem if it cannot be written to, or others could have changed what is in it.
    """
    folder = state_dir / "emulator"
    if (length := len(os.fsencode(state_dir))) > LONGEST_PATH:
        raise Problem(
            f"The path of the state folder is {length} bytes long; the emulator's databases take "
            f"{LONGEST_PATH}: {state_dir}.",
            "Name a shorter one in TAPSTACK_STATE.",
        )
    try:
        private_folder(state_dir)
        private_folder(folder)
        with tempfile.TemporaryFile(dir=folder):  # of its own: other starts look at the same time
            pass
    except OSError as error:
        raise folder_problem(folder, error) from error
    free = shutil.disk_usage(folder).free
    if free < minimum_free_bytes:
        raise _space_problem(folder, free)
    if (inodes := free_inodes(folder)) < _LEAST_INODES:
        raise Problem(
            f"There is no room for the emulator's files: {inodes} inodes are free at {folder}, "
            f"{_LEAST_INODES} are needed.",
            "Remove files there (`df -i` shows inodes), or name a folder on another disk in "
            "TAPSTACK_STATE.",
        )
    return folder


def full_disk(folder: Path) -> str:
    """That a folder's disk has no space or no inodes left, in words; empty while it has some."""
    try:
        free, inodes = shutil.disk_usage(folder).free, free_inodes(folder)
    except OSError:
        return ""
    if free < _FULL_BYTES:
        return f"the disk of {folder} is full: {free / 1024**2:.0f} MB were left"
    if inodes < _FULL_INODES:
        return f"the disk of {folder} can hold no more files: {inodes} inodes were left"
    return ""


def folder_problem(folder: Path, error: OSError) -> Problem:
    """The message about a folder that cannot be used."""
    if error.errno == errno.ENOSPC:
        return _space_problem(folder, 0)
    return Problem(
        f"The state folder {folder} cannot be written: {error.strerror}.",
        "Make it writable, or name another one in TAPSTACK_STATE.",
    )


def _space_problem(folder: Path, free: int) -> Problem:
    return Problem(
        f"There is no disk space left for the emulator: {free / 1024**2:.0f} MB free at {folder}.",
        "Free some space, or name a folder on another disk in TAPSTACK_STATE.",
    )


@contextlib.contextmanager
def start_lock(folder: Path) -> Iterator[None]:
    """Let one start happen at a time; the kernel frees the lock of a process that died."""
    try:
        lock = open(folder / "start.lock", "w")  # noqa: SIM115 - closed below
    except OSError as error:
        raise folder_problem(folder, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove_work(folder: Path) -> None:
    """Remove what an emulator kept on disk, except for its log."""
    shutil.rmtree(folder / "work", ignore_errors=True)
