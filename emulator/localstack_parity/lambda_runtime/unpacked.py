"""Files that were unpacked before: what is in a package again, byte for byte, is linked.

Of a function of which a line was changed that is all but one file; checking and unpacking the
libraries again would take longest of the change. A file is known by name, mode and packed bytes of
its entry, and kept while a package has it.
"""

import hashlib
import os
import zipfile
from contextlib import suppress
from pathlib import Path

from localstack_parity.lambda_runtime import folders

_HEADER = 30  # bytes of a local file header before name and extra field (APPNOTE.TXT, 4.3.7)

# Size and time of the last write of each file: a function without isolation could have changed it.
_known: dict[str, tuple[int, int]] = {}


def digests(package: zipfile.ZipFile) -> dict[int, str]:
    """Return the SHA-256 of name, mode and packed content of each entry, by its header's place.

    Times are not in it. An entry has none if its bytes are not all its own.
    """
    found: dict[int, str] = {}
    file = package.fp
    assert file
    entries = sorted(package.infolist(), key=lambda entry: entry.header_offset)
    ends = [entry.header_offset for entry in entries[1:]] + [package.start_dir]
    for entry, end in zip(entries, ends, strict=True):
        file.seek(entry.header_offset)
        span = file.read(end - entry.header_offset) if end > entry.header_offset else b""
        name = _HEADER + int.from_bytes(span[26:28], "little")
        data = name + int.from_bytes(span[28:30], "little")
        if len(span) >= data + entry.compress_size:
            listed = (
                *(entry.create_system, entry.external_attr),  # the modes
                *(entry.orig_filename, entry.CRC, entry.file_size),
                *(entry.compress_size, entry.compress_type, entry.flag_bits, span[_HEADER:name]),
            )
            digest = hashlib.sha256(repr(listed).encode())
            digest.update(memoryview(span)[data : data + entry.compress_size])
            found[entry.header_offset] = digest.hexdigest()
    return found


def known(digest: str | None) -> bool:
    """Return whether an entry was unpacked before, and so is not damaged."""
    return digest in _known


def link(digest: str | None, place: Path) -> bool:
    """Have the file of an entry at `place`; False if it is not known, or no longer as it was."""
    looks = _known.get(digest) if digest else None
    if digest is None or looks is None:
        return False
    kept = folders.files() / digest
    with suppress(OSError):
        if _looks(kept) == looks:
            os.link(kept, place)
            return True
    forget(digest)
    return False


def keep(digest: str | None, place: Path) -> None:
    """Remember the file at `place` as that of an entry, which was read to its end."""
    if digest:
        with suppress(OSError):  # another package has brought it meanwhile, or links are refused
            os.link(place, folders.files() / digest)
            _known[digest] = _looks(place)


def forget(digest: str) -> None:
    """Unpack an entry again the next time."""
    _known.pop(digest, None)
    (folders.files() / digest).unlink(missing_ok=True)


def forget_unused() -> None:
    """Forget the files that no package has any more."""
    for file in os.scandir(folders.files()):
        with suppress(FileNotFoundError):
            if os.stat(file).st_nlink == 1:  # noqa: PTH116 - a DirEntry's own says 0
                forget(file.name)


def _looks(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns
