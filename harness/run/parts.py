"""Parts watch: memory and processor time of the harness, the emulator and its functions.

A sample costs some milliseconds: the table of processes is read once for it.
"""

import os
import threading
import time
from types import TracebackType
from typing import Self

import psutil

from harness.evidence.observations import Parts
from harness.targets.target import Target

_EVERY_S = 1.0
_NAMES = ("harness", "emulator", "functions")


class PartsMonitor:
    """A context manager; `seen` are the samples so far, None where no process can be seen.

    Functions are what the emulator's process started. Memory is what is resident, so what two
    processes share counts twice. Processor time of a process that ends counts up to the sample
    before.
    """

    def __init__(self, target: Target) -> None:
        pid = target.status().get("pid")
        self._emulator = pid if isinstance(pid, int) and not isinstance(pid, bool) else None
        self._at: list[float] = []
        self._mb: dict[str, list[float]] = {name: [] for name in _NAMES}
        self._cpu: dict[str, list[float]] = {name: [] for name in _NAMES}
        self._spent = dict.fromkeys(_NAMES, 0.0)
        self._before: dict[tuple[int, float], float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="parts", daemon=True)

    @property
    def seen(self) -> Parts | None:
        """All samples so far."""
        if self._emulator is None:
            return None
        count = len(self._at)
        return Parts(
            tuple(self._at),
            {name: tuple(values[:count]) for name, values in self._mb.items()},
            {name: tuple(values[:count]) for name, values in self._cpu.items()},
        )

    def __enter__(self) -> Self:
        if self._emulator is not None:
            self._sample(first=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self._sample()

    def _sample(self, *, first: bool = False) -> None:
        """Take one; of the first, what was spent before does not count."""
        memory = dict.fromkeys(_NAMES, 0.0)
        now: dict[tuple[int, float], float] = {}
        for name, process in self._processes():
            try:
                with process.oneshot():
                    times, resident = process.cpu_times(), process.memory_info().rss
                    identity = (process.pid, process.create_time())
            except psutil.Error:
                continue  # it has ended
            memory[name] += resident / 1e6
            now[identity] = times.user + times.system
            before = now[identity] if first else self._before.get(identity, 0.0)
            self._spent[name] += now[identity] - before
        self._before = now
        for name in _NAMES:
            self._mb[name].append(round(memory[name], 1))
            self._cpu[name].append(round(self._spent[name], 2))
        self._at.append(round(time.time(), 2))

    def _processes(self) -> list[tuple[str, psutil.Process]]:
        found = [("harness", psutil.Process(os.getpid()))]
        try:
            emulator = psutil.Process(self._emulator)
            found.append(("emulator", emulator))
            found += [("functions", child) for child in emulator.children(recursive=True)]
        except psutil.Error:
            pass  # it has stopped, which the run finds out by itself
        return found
