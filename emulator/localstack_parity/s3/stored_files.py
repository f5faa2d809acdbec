"""The file of one object or part, which is there as long as something refers to it."""

import io
import os
import sys
from contextlib import suppress
from typing import Any

from localstack_parity.authentication.bodies import VerifiedBody


class StoredFile:
    """A file in the folder of a bucket, removed with the last reference to this.

    One without a folder, as a saved state has it, stands for a file that is somewhere else.
    """

    __slots__ = ("bucket", "folder", "number")

    def __init__(self, bucket: str, number: int, folder: str = "") -> None:
        # There are two for each image: what they have in common is in memory once.
        self.bucket, self.number, self.folder = sys.intern(bucket), number, folder

    @property
    def name(self) -> str:
        """Where it is below the folder of all buckets."""
        return f"{self.bucket}/{self.number:012}"

    @property
    def path(self) -> str:
        """Where it is: a text, as a Path takes longer to make than the file to open."""
        return f"{self.folder}/{self.name}"

    def __reduce__(self) -> tuple[type["StoredFile"], tuple[str, int]]:
        """What a saved state has of it; the file itself is kept beside it."""
        return StoredFile, (self.bucket, self.number)

    def __del__(self) -> None:
        """Remove the file, unless it is gone with all others."""
        if self.folder:
            with suppress(OSError):
                os.unlink(self.path)  # noqa: PTH108 - see path


def unnamed_file_of(stream: Any) -> io.FileIO | None:
    """Return the file in which the server has the whole of a body; None for any other stream."""
    file = stream.stream if isinstance(stream, VerifiedBody) else stream
    if not isinstance(file, io.FileIO) or file.tell() or os.fstat(file.fileno()).st_nlink:
        return None
    return file


def name_file(file: io.FileIO, path: str) -> None:
    """Give a name to a file that has none. Raises OSError where that cannot be.

    Source: open(2), O_TMPFILE. A directory's descriptor, which an absolute path has no use for,
    is what has Python follow the link in /proc.
    """
    descriptor = file.fileno()
    os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)
