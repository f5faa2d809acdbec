"""What a stretch of work costs: CPU and memory of the emulator, the functions and the harness."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil

from harness.targets.endpoint import EndpointTarget
from harness.targets.target import Target

_LOOK_EVERY_S = 1.0  # looking costs this process some milliseconds


@dataclass
class Usage:
    """CPU seconds and peak bytes of the emulator, the functions and this process."""

    cpu_s: dict[str, float] = field(default_factory=dict)
    peak_bytes: dict[str, int] = field(default_factory=dict)


@contextmanager
def measured(target: Target) -> Iterator[Usage]:
    """Fill a Usage with what is spent and occupied while the context lasts.

    It stays empty for a target whose processes cannot be seen from here.
    """
    usage, stop = Usage(), threading.Event()
    pid = target.status().get("pid") or _listening(target)
    if not pid:
        yield usage
        return
    emulator = psutil.Process(int(pid))
    before = _cpu_seconds(emulator)

    def sample() -> None:
        while not stop.wait(_LOOK_EVERY_S):
            for who, size in _memory(emulator).items():
                usage.peak_bytes[who] = max(usage.peak_bytes.get(who, 0), size)

    sampler = threading.Thread(target=sample, name="memory", daemon=True)
    sampler.start()
    try:
        yield usage
    finally:
        stop.set()
        sampler.join()
        after = _cpu_seconds(emulator)
        usage.cpu_s = {who: max(0.0, after[who] - before[who]) for who in after}


def _listening(target: Target) -> int | None:
    """The process of this user that serves a target which somebody else has started."""
    if target.name != EndpointTarget.name:
        return None
    port = urlsplit(target.endpoint).port
    open_here = [
        each
        for each in psutil.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port
    ]
    return next((each.pid for each in open_here if each.pid), None)


def _processes(emulator: psutil.Process) -> dict[str, list[psutil.Process]]:
    return {
        "emulator": [emulator],
        "functions": emulator.children(recursive=True),
        "harness": [psutil.Process()],
    }


def _cpu_seconds(emulator: psutil.Process) -> dict[str, float]:
    """What each has used so far; functions that ended since count with the emulator's children."""
    own = {
        who: sum(sum(_times(process)[:2]) for process in processes)
        for who, processes in _processes(emulator).items()
    }
    ended = emulator.cpu_times()
    own["functions"] += ended.children_user + ended.children_system
    return own


def _times(process: psutil.Process) -> tuple[float, float]:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return (0.0, 0.0)
    return (times.user, times.system)


def _memory(emulator: psutil.Process) -> dict[str, int]:
    def resident(process: psutil.Process) -> int:
        try:
            return int(process.memory_info().rss)
        except psutil.NoSuchProcess:
            return 0

    return {who: sum(map(resident, processes)) for who, processes in _processes(emulator).items()}
