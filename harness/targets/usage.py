"""Resource usage by part of a local target: the emulator, the functions, the harness itself.

Memory, open files, processes, threads, disk and CPU time, as they are at this moment.
"""

import gc
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import psutil

from harness.problems import Problem
from harness.settings import Settings
from harness.targets.container import ComposeTarget
from harness.targets.embedded import EmbeddedTarget
from harness.targets.image import docker
from harness.targets.target import Target

PARTS = ("emulator", "functions", "harness")
# Where an environment's own /tmp is, below the folder of everything that the emulator writes.
_ENVIRONMENTS = "lambda/environments"


@dataclass(frozen=True)
class Usage:
    """What one part has now: bytes of memory and disk, counts, and CPU seconds used so far.

    `disk` is None where it cannot be seen.
    """

    memory: int = 0
    files: int = 0
    processes: int = 0
    threads: int = 0
    cpu_s: float = 0.0
    disk: int | None = None


def usage(target: Target, settings: Settings) -> Mapping[str, Usage]:
    """The usage of each of PARTS. Raises Problem where the target's processes cannot be seen."""
    pid = target.status().get("pid")
    if not pid:
        raise Problem(
            f"The processes of {target.name} cannot be seen from here.",
            "Use TARGET=embedded, or a Docker engine of this machine.",
        )
    gc.collect()  # what nobody holds any more is no leak
    emulator = psutil.Process(int(pid))
    disk = _disk(target, settings)
    ended = emulator.cpu_times()  # functions that ended since count with the emulator's children
    return {
        "emulator": _sum([emulator], disk["emulator"]),
        "functions": _sum(
            emulator.children(recursive=True),
            disk["functions"],
            cpu_s=ended.children_user + ended.children_system,
        ),
        "harness": _sum([psutil.Process()], disk["harness"]),
    }


def _sum(processes: Iterable[psutil.Process], disk: int | None, *, cpu_s: float = 0.0) -> Usage:
    each = [found for process in processes if (found := _of(process))]
    total = {
        field.name: sum(getattr(one, field.name) for one in each)
        for field in fields(Usage)
        if field.name != "disk"
    }
    return Usage(**{**total, "cpu_s": total["cpu_s"] + cpu_s, "disk": disk})


def _of(process: psutil.Process) -> Usage | None:
    """One process; None for one that has just ended."""
    try:
        with process.oneshot():
            times = process.cpu_times()
            return Usage(
                memory=int(process.memory_info().rss),
                files=process.num_fds(),
                processes=1,
                threads=process.num_threads(),
                cpu_s=times.user + times.system,
            )
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return None


def _disk(target: Target, settings: Settings) -> Mapping[str, int | None]:
    """Bytes on disk by part. What the emulator's folder holds of functions counts as theirs."""
    ours = settings.state_dir
    places: Mapping[str, Callable[[], tuple[int, int]]] = {
        EmbeddedTarget.name: lambda: _in_folder(ours / "emulator" / "work"),
        ComposeTarget.name: lambda: _in_container(str(target.status()["container"])),
    }
    harness = _size(ours, without=("emulator",))
    if target.name not in places:
        return {"emulator": None, "functions": None, "harness": harness}
    everything, functions = places[target.name]()
    return {"emulator": everything - functions, "functions": functions, "harness": harness}


def _in_folder(work: Path) -> tuple[int, int]:
    """Bytes of everything below `work`, and of the functions' own folders among it."""
    return _size(work), sum(map(_size, work.glob(f"*/{_ENVIRONMENTS}")))


def _in_container(name: str) -> tuple[int, int]:
    """The same in the container; functions share its /tmp with each other."""

    def kilobytes(*patterns: str) -> int:
        shell = f"du --summarize --total --block-size=1K {' '.join(patterns)} 2>/dev/null | tail -1"
        said = docker("exec", name, "sh", "-c", shell).stdout.split()
        return int(said[0]) if said else 0

    functions = 1024 * kilobytes("/tmp", f"/state/*/{_ENVIRONMENTS}")
    return 1024 * kilobytes("/tmp", "/state"), functions


def _size(folder: Path, without: Sequence[str] = ()) -> int:
    """Bytes that the files below `folder` occupy; a file with several names counts once."""
    files: dict[tuple[int, int], int] = {}
    for place, folders, names in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in without]
        for name in names:
            try:
                found = Path(place, name).lstat()
            except FileNotFoundError:  # it has just been removed
                continue
            files[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(files.values())
