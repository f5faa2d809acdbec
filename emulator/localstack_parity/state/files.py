"""Files of saved state: one each, complete or not there, and believed only if written here.

A line that says what it is, a line of JSON about the content, a tar archive, and 32 bytes of
HMAC-SHA256 over all before them. The key lies beside the files and is their owner's alone: loading
runs what is in a file, so one that comes from elsewhere, or that was changed, is not even read.
"""

import contextlib
import hashlib
import hmac
import io
import json
import os
import re
import secrets
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

FORMAT = b"TAPSTACK STATE 1\n"
SUFFIX = ".state"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

_KEY, _KEY_BYTES = "key", 32
_MAC_BYTES = 32
_LONGEST_LINE = 65_536
_CHUNK_BYTES = 1 << 20


class Unusable(Exception):
    """A state that cannot be saved or loaded: why, and what to do, each in a sentence."""

    def __init__(self, reason: str, remedy: str = "Nothing was changed.") -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True)
class Saved:
    """A file; `about` is what it says of its content."""

    name: str
    size: int
    about: dict[str, Any]


def check_name(name: str) -> str:
    """Return a name. Raises Unusable for one that no file can have."""
    if not NAME.fullmatch(name):
        raise Unusable(
            f"{name[:80]!r} is no name for a state.",
            "Use 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter "
            "or digit.",
        )
    return name


def listed(folder: Path) -> list[Saved]:
    """Return the files of a folder by name; without their content being checked."""
    if not folder.is_dir():
        return []
    _check_owner(folder)
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with contextlib.suppress(OSError, Unusable), path.open("rb") as file:
            found.append(Saved(path.stem, path.stat().st_size, _head(file, path.stem)))
    return found


def write(
    folder: Path, name: str, about: dict[str, Any], fill: Callable[[tarfile.TarFile], None]
) -> int:
    """Write a state in the place of one of the same name; return its size in bytes.

    It is written beside, and takes the place when the disk has all of it. Raises Unusable or
    OSError; then what was there is there.
    """
    check_name(name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_owner(folder)
    for left in folder.glob(".*.partial"):  # of one that was killed: only one writes at a time
        left.unlink()
    partial = folder / f".{name}.partial"
    try:
        with _create(partial) as file:
            out = _Signing(file, _key(folder, make=True))
            out.write(FORMAT + json.dumps(about).encode() + b"\n")
            with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as archive:
                fill(archive)
            file.write(out.mac.digest())
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        partial.replace(folder / f"{name}{SUFFIX}")
        _sync(folder)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return size


@contextlib.contextmanager
def opened(folder: Path, name: str) -> Iterator[tuple[Saved, tarfile.TarFile]]:
    """Give what a state says of its content, and the archive. Raises Unusable."""
    path = folder / f"{check_name(name)}{SUFFIX}"
    if not path.is_file():
        known = ", ".join(each.name for each in listed(folder)) or "none at all"
        raise Unusable(f"There is no state {name} in {folder}.", f"There is {known}.")
    _check_owner(folder)
    _check_owner(path)
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        about = _head(file, name)
        start = file.tell()
        _verify(file, _key(folder, make=False), name)
        file.seek(start)
        with tarfile.open(fileobj=file, mode="r|") as archive:
            yield Saved(name, path.stat().st_size, about), archive


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    """Put bytes into an archive."""
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


class _Signing(io.RawIOBase):
    """What is written to a file, and the code over it."""

    def __init__(self, file: IO[bytes], key: bytes) -> None:
        self._file = file
        self.mac = hmac.new(key, digestmod=hashlib.sha256)

    def write(self, data: Any) -> int:
        self.mac.update(data)
        return self._file.write(data)


def _head(file: IO[bytes], name: str) -> dict[str, Any]:
    try:
        if file.readline(_LONGEST_LINE) == FORMAT:
            about = json.loads(file.readline(_LONGEST_LINE))
            if isinstance(about, dict):
                return about
    except ValueError:
        pass
    raise Unusable(f"The state {name} is no state of this version's format.")


def _verify(file: IO[bytes], key: bytes, name: str) -> None:
    end = file.seek(0, os.SEEK_END) - _MAC_BYTES
    file.seek(0)
    mac = hmac.new(key, digestmod=hashlib.sha256)
    left = end
    while left > 0 and (data := file.read(min(_CHUNK_BYTES, left))):
        mac.update(data)
        left -= len(data)
    if not hmac.compare_digest(mac.digest(), file.read(_MAC_BYTES)):
        raise Unusable(
            f"The state {name} is not as it was saved here: it is damaged, was changed, or comes "
            "from elsewhere."
        )


def _key(folder: Path, *, make: bool) -> bytes:
    path = folder / _KEY
    if make and not path.exists():
        with _create(path) as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
    if not path.is_file():
        raise Unusable(f"There is no key in {folder}, so none of its states was saved here.")
    _check_owner(path)
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise Unusable(f"{path} is damaged, so no state can be trusted.")
    return key


def _create(path: Path) -> IO[bytes]:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
    return open(os.open(path, flags, 0o600), "wb")


def _check_owner(path: Path) -> None:
    found = path.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Unusable(f"Others may write to {path}, so it is not trusted.")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
