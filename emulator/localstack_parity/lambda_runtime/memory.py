"""How much memory the processes of an execution environment take."""

import os

from localstack_parity.lambda_runtime.family import read

# How fast the processes of an environment could take memory, in bytes a second. The kernel clears
# every page before it hands it out, at one to three GiB a second on a core.
_FASTEST = 8 * 1024**3
_SOONEST_S, LATEST_S = 0.025, 0.1
_IN_MEMORY = "/memfd:"  # what the link of such a descriptor begins with, see memfd_create(2)
_BLOCK = 512  # of st_blocks, see stat(2)
_PAGE = os.sysconf("SC_PAGE_SIZE")


def next_look_s(resident: int, limit: int) -> float:
    """Return how soon to look again, in seconds: before the limit can have been passed by much.

    A look reads files of /proc; far from the limit there is no hurry.
    """
    return min(LATEST_S, max(_SOONEST_S, (limit - resident) / _FASTEST))


def resident_bytes(pids: list[int], limit: int) -> int:
    """Return the resident memory of the processes together.

    Pages that processes share count once where it matters: when the sum has passed the limit.
    """
    total = sum(map(_resident, pids))
    if total > limit and len(pids) > 1:
        total = sum(map(_proportional, pids))
    return total


def file_bytes(pids: list[int]) -> int:
    """Return what files in memory (memfd_create) take beyond what the processes map of them.

    They are memory that no process has among its resident pages: whatever is written to one stays
    until it is closed. Each counts once, however many processes have it open.
    """
    files: dict[int, int] = {}
    holders = set()
    for pid in pids:
        try:
            descriptors = os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208 - read as often
        except OSError:
            continue
        for descriptor in descriptors:
            path = f"/proc/{pid}/fd/{descriptor}"
            try:
                if os.readlink(path).startswith(_IN_MEMORY):  # noqa: PTH115 - the same
                    found = os.stat(path)  # noqa: PTH116 - the same
                    files[found.st_ino] = found.st_blocks * _BLOCK
                    holders.add(pid)
            except OSError:
                continue  # closed meanwhile
    mapped = sum(_of_status(pid, b"RssShmem:") for pid in holders)
    return max(sum(files.values()) - mapped, 0)


def peak_bytes(pid: int) -> int:
    """Return the most resident memory one process ever had; 0 if it has ended."""
    return _of_status(pid, b"VmHWM:")


def _of_status(pid: int, name: bytes) -> int:
    try:
        status = read(f"/proc/{pid}/status")
    except OSError:
        return 0
    _, found, rest = status.partition(name)
    return int(rest.split(None, 1)[0]) * 1024 if found else 0


def _resident(pid: int) -> int:
    try:
        return int(read(f"/proc/{pid}/statm").split(None, 2)[1]) * _PAGE
    except OSError:
        return 0


def _proportional(pid: int) -> int:
    try:
        rollup = read(f"/proc/{pid}/smaps_rollup")
    except OSError:
        return 0
    start = rollup.find(b"\nPss:")
    return int(rollup[start + 5 :].split(None, 1)[0]) * 1024 if start >= 0 else 0
