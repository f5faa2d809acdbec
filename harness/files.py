"""What is in a folder, and whether it is still the same.

Paths come in; files in a fixed order and their hash go out. Packages and images are named by it.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path


def content_hash(*paths: Path) -> str:
    """SHA-256, in hex, of the names and bytes of the files below each of `paths`."""
    digest = hashlib.sha256()
    for path in paths:
        for file in files_below(path):
            name = file.relative_to(path).as_posix().encode()
            content = file.read_bytes()
            digest.update(b"%d %b %d " % (len(name), name, len(content)))
            digest.update(content)
    return digest.hexdigest()


def files_below(path: Path) -> Iterator[Path]:
    """The files below `path`, or it itself, in order of their names; without Python's caches."""
    if path.is_file():
        yield path
        return
    files = (file for file in path.rglob("*") if file.is_file())
    for file in sorted(files, key=lambda file: file.relative_to(path).as_posix()):
        if "__pycache__" not in file.parts:
            yield file
