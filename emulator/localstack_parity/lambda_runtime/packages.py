"""Zip packages: looked at when they are uploaded, and unpacked without leaving their folder.

Lambda keeps symbolic links, and which files may be executed: a program or a wrapper script that was
packed without that mode does not start (github.com/aws/aws-lambda-go, issue 13). LocalStack hands
packages to `unzip` and then changes the modes of all that is there, through links as well: an entry
below a link was written outside of the package, and what a link led to was opened to everybody. The
package of another is as foreign as its code.
"""

import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import IO

from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_.invocation import lambda_models, lambda_service

from localstack_parity.lambda_runtime import unpacked
from localstack_parity.lambda_runtime.layers import MAX_UNZIPPED_BYTES

_MODE = 0o755  # of folders, and of files that may be executed
_NOT_EXECUTABLE = 0o644
_UNIX = 3  # what a zip says of the system that made it


# File systems take no longer names; and some room has to be left before them.
_LONGEST_NAME = 255
_LONGEST_PATH = 1024
# What reading a damaged or encrypted zip raises.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


class UnsafePackage(Exception):
    """A package that would be written outside of its folder; the text says which entry it is."""


def install() -> None:
    """Look at packages when LocalStack stores them, and unpack them here."""
    lambda_service.get_unzipped_size = _size_of_upload
    lambda_models.unzip = unpack
    lambda_models.chmod_r = lambda path, mode: None


def unpack(archive: str, folder: str) -> None:
    """Write the content of a zip below `folder`. Raises UnsafePackage, and BadZipFile."""
    with zipfile.ZipFile(archive) as package:
        check(package.infolist())
        digests = unpacked.digests(package)
        for entry in package.infolist():
            place = Path(folder, entry.filename)
            if entry.is_dir():
                place.mkdir(_MODE, parents=True, exist_ok=True)
                continue
            place.parent.mkdir(_MODE, parents=True, exist_ok=True)
            place.unlink(missing_ok=True)  # of two entries of one name the last counts
            if _is_link(entry):
                place.symlink_to(package.read(entry).decode())
                continue
            digest = digests.get(entry.header_offset)
            if not unpacked.link(digest, place):
                with package.open(entry) as source, open(place, "xb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
                place.chmod(_MODE if _is_executable(entry) else _NOT_EXECUTABLE)
                unpacked.keep(digest, place)
        for parent, _, _ in os.walk(folder):
            Path(parent).chmod(_MODE)
    unpacked.forget_unused()


def check(entries: Iterable[zipfile.ZipInfo]) -> None:
    """Raise UnsafePackage if an entry would not stay in the package.

    Raises BadZipFile for entries that cannot be written: names too long, a file that is a folder.
    """
    entries = list(entries)
    files = {PurePosixPath(entry.filename) for entry in entries if not entry.is_dir()}
    links = {PurePosixPath(entry.filename) for entry in entries if _is_link(entry)}
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if entry.filename and not path.parts and not entry.is_dir():
            raise zipfile.BadZipFile(f"The entry {entry.filename} has no name.")
        if len(os.fsencode(path)) > _LONGEST_PATH or any(
            len(os.fsencode(part)) > _LONGEST_NAME for part in path.parts
        ):
            raise zipfile.BadZipFile("An entry has too long a name.")
        if path.is_absolute() or ".." in path.parts or "\0" in entry.filename:
            raise UnsafePackage(f"The entry {entry.filename} of the package lies outside of it.")
        if links and (through := links.intersection(path.parents)):
            raise UnsafePackage(
                f"The entry {entry.filename} of the package lies below {min(through)}, "
                "which is a symbolic link in it."
            )
        if files.intersection((path, *path.parents) if entry.is_dir() else path.parents):
            raise zipfile.BadZipFile(f"The entry {entry.filename} is a file and a folder.")


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return entry.create_system == _UNIX and stat.S_ISLNK(entry.external_attr >> 16)


def _is_executable(entry: zipfile.ZipInfo) -> bool:
    return entry.create_system == _UNIX and bool(entry.external_attr >> 16 & stat.S_IXUSR)


def _size_of_upload(zip_file: str | IO[bytes]) -> int:
    """What LocalStack asks of each upload; its error is what the caller is answered."""
    try:
        with zipfile.ZipFile(zip_file) as package:
            entries = package.infolist()
            check(entries)
            size = sum(entry.file_size for entry in entries)
            if size <= MAX_UNZIPPED_BYTES:
                _read_through(package)
    except UnsafePackage as reason:
        raise InvalidParameterValueException(str(reason), Type="User") from None
    except _UNREADABLE:
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
            Type="User",
        ) from None
    return size


def _read_through(package: zipfile.ZipFile) -> None:
    """Raise one of _UNREADABLE if an entry is damaged."""
    digests = unpacked.digests(package)
    for entry in package.infolist():
        if not unpacked.known(digests.get(entry.header_offset)):
            with package.open(entry) as content:
                while content.read(1 << 20):
                    pass
