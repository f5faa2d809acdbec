"""Log lines on disk: a run's log is most of what it would otherwise keep in memory."""

import os
import tempfile
import threading
from array import array
from collections.abc import Sequence
from typing import IO, overload


class Spool:
    """Texts in a file without a name, which is gone with the last reference to it."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 – as long as this
        self._end = 0
        self._lock = threading.Lock()

    def append(self, text: str) -> tuple[int, int]:
        """Add a text; where it begins and how many bytes it has. OSError if the disk is full."""
        data = text.encode("utf-8", "surrogatepass")
        with self._lock:
            begin, self._end = self._end, self._end + len(data)
            self._file.write(data)
        return begin, len(data)

    def read(self, begin: int, length: int) -> str:
        """The text that was added there."""
        return os.pread(self._file.fileno(), length, begin).decode("utf-8", "surrogatepass")


class SpooledLines(Sequence[tuple[int, str]]):
    """Lines of one invocation, each with its time in milliseconds; 24 bytes of memory each."""

    __slots__ = ("_places", "_spool")

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._places = array("q")  # of each its time, where it begins, and its bytes

    def append(self, time_ms: int, text: str) -> None:
        """Add a line."""
        self._places.extend((time_ms, *self._spool.append(text)))

    def __len__(self) -> int:
        return len(self._places) // 3

    @overload
    def __getitem__(self, index: int) -> tuple[int, str]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[int, str]]: ...
    def __getitem__(self, index: int | slice) -> tuple[int, str] | list[tuple[int, str]]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        at = 3 * range(len(self))[index]
        time_ms, begin, length = self._places[at : at + 3]
        return time_ms, self._spool.read(begin, length)
