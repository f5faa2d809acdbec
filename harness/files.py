"""Folders: what is in one, whether it is still the same, and whether it is the user's alone.

What is below a state folder is run, and a report is believed: neither may come from a folder that
another user of the machine could have prepared, as anybody can in /tmp.
"""

import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.problems import Problem

_PRIVATE = 0o700
# A file system's clock ticks every few milliseconds (FAT's every 2 s): a file that was written less
# than this ago may be written again without looking different.
_SETTLED_NS = 2_100_000_000
_MOST_KNOWN = 50_000
# Digests of files that this process has read, by device, inode, size and time of the last write.
_known: dict[tuple[int, int, int, int], bytes] = {}


def private_folder(path: Path) -> Path:
    """A folder that nobody else can look into: made, or the user's own and closed to others.

    Raises Problem for one that others could have changed, OSError where none can be made.
    """
    path = trusted_folder(path)
    if stat.S_IMODE(path.stat().st_mode) != _PRIVATE:
        path.chmod(_PRIVATE)
    return path


def trusted_folder(path: Path) -> Path:
    """A folder that only the user can change: made, and then private, or found to be one.

    Raises Problem for one that others could have changed, OSError where none can be made.
    """
    try:
        path.mkdir(mode=_PRIVATE, parents=True)
    except FileExistsError:
        check_folder(path)
        if not path.is_dir():
            raise
    return path


def check_folder(path: Path) -> None:
    """Raise Problem if others could have put something into `path`; one that is missing is fine."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    if stat.S_ISLNK(found.st_mode):
        raise Problem(f"{path} is a symbolic link.", f"Name the folder itself: {path.resolve()}.")
    if found.st_uid != os.geteuid():
        raise Problem(
            f"The folder {path} belongs to another user (uid {found.st_uid}), who could change "
            "what is run and reported from it.",
            "Name a folder of your own, or one that does not exist yet.",
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Problem(
            f"Other users may write to the folder {path}, and so change what is run and reported "
            "from it.",
            f"If you trust what is in it, close it with `chmod 700 {path}`; else name another one.",
        )


def free_inodes(folder: Path) -> float:
    """How many more files the file system of `folder` can hold; without end where it does not say.

    It can be full of files while it has bytes left. statvfs(3): `f_favail` is for who is not root,
    and `f_files` is 0 where they are made as they are needed, as on Btrfs.
    """
    found = os.statvfs(folder)
    return found.f_favail if found.f_files else float("inf")


def content_hash(*paths: Path) -> str:
    """SHA-256, in hex, of the names and bytes of the files below each of `paths`."""
    return _hashed((path, name) for path in paths for name in names_below(path))


def files_hash(folder: Path, names: Iterable[str]) -> str:
    """The same of some of the files below `folder`."""
    return _hashed((folder, name) for name in names)


def _hashed(files: Iterable[tuple[Path, str]]) -> str:
    digest = hashlib.sha256()
    for folder, name in files:
        encoded = name.encode()
        digest.update(b"%d %b " % (len(encoded), encoded))
        digest.update(_digest(os.path.join(folder, name) if name != "." else str(folder)))  # noqa: PTH118
    return digest.hexdigest()


def _digest(path: str) -> bytes:
    """SHA-256 of a file, which is not read again as long as it looks the same, links included."""
    now = time.time_ns()
    with open(path, "rb") as file:
        found = os.fstat(file.fileno())
        looks = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        if known := _known.get(looks):
            return known
        digest = hashlib.file_digest(file, "sha256").digest()
    if 0 <= found.st_mtime_ns < now - _SETTLED_NS:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[looks] = digest
    return digest


def files_below(path: Path) -> Iterator[Path]:
    """The files below `path`, or it itself, in order of their names; without Python's caches."""
    return (path / name for name in names_below(path))


def names_below(path: Path) -> list[str]:
    """Their names relative to `path`, "." for itself. Thousands of Paths would take seconds."""
    if path.is_file():
        return ["."]
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name != "__pycache__"]
        inside = os.path.relpath(folder, path)
        prefix = "" if inside == "." else f"{inside}/"
        found += [f"{prefix}{name}" for name in names if os.path.isfile(f"{folder}/{name}")]  # noqa: PTH113
    return sorted(found)


def shown(path: Path) -> str:
    """A path as a person would write it from where they are."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
