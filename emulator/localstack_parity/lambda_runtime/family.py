"""The processes of an execution environment: looked for again only where others can have begun.

To walk through them takes some ten calls of the kernel, and an invocation has them walked through a
few times.
"""

import os

_AT_ONCE = 64 * 1024
_PAGE = 4096  # what a file of /proc has more than is read in pieces of at most a page


class Family:
    """All processes below one, whichever of them started them. Threads may share it."""

    def __init__(self, root: int) -> None:
        """`root` is the process id of the one that does not count."""
        self._root = root
        # What the last whole walk found, and which process of the machine had begun last before it:
        # replaced together, as a fault on purpose looks in mid-walk of the thread that serves.
        self._last_walk: tuple[bytes | None, list[int]] = (None, [])

    def walk(self) -> list[int]:
        """Return the ids of the processes that there are, the eldest first."""
        latest, found = _latest(), list[int]()
        pending = [self._root]
        while pending:
            pid = pending.pop()
            try:
                for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - read so often
                    children = list(map(int, read(f"/proc/{pid}/task/{task}/children").split()))
                    pending.extend(children)
                    found.extend(children)
            except OSError:
                continue  # it has ended meanwhile
        self._last_walk = (latest, found)
        return found

    def known(self) -> list[int]:
        """Return the same without a walk if none can have begun since; some may have ended."""
        latest, found = self._last_walk
        if latest is None or latest != _latest():
            return self.walk()
        return found


def read(path: str) -> bytes:
    """Return the content of a file of /proc; an OSError if its process has ended."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        content = piece = os.read(descriptor, _AT_ONCE)
        while len(piece) > _PAGE // 2:  # a shorter one is the last
            piece = os.read(descriptor, _AT_ONCE)
            content += piece
        return content
    finally:
        os.close(descriptor)


def _latest() -> bytes | None:
    """Return the id of the process or thread of this machine that began last; None if not known.

    Source: proc_loadavg(5), the fifth field.
    """
    try:
        fields = read("/proc/loadavg").split()
    except OSError:
        return None
    return fields[4] if len(fields) == 5 else None
