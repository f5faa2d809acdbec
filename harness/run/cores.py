"""Cores watch: when this machine had no processor time to spare while a run went on.

An image that waits because another process has the core it needs says nothing of the pipeline. That
can only be known while it happens, so it is sampled once a second.
"""

import ipaddress
import threading
import time
from typing import Self
from urllib.parse import urlsplit

import psutil

_EVERY_S = 1.0
_FULL = 0.9  # of all processor time; what is stolen from a virtual machine is not to be had either


class CoresMonitor:
    """A context manager; `full` are the times between which the cores were full meanwhile.

    Each is a pair of seconds since 1970. `full` is None where the stack runs on another machine
    than this one, whose cores are not seen.
    """

    def __init__(self, endpoint: str | None) -> None:
        self._here = endpoint is not None and _is_here(endpoint)
        self._full: list[tuple[float, float]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="cores", daemon=True)

    @property
    def full(self) -> tuple[tuple[float, float], ...] | None:
        """When the cores were full so far."""
        return tuple(self._full) if self._here else None

    def __enter__(self) -> Self:
        if self._here:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._here:
            self._thread.join()

    def _watch(self) -> None:
        since, before = time.time(), psutil.cpu_times()
        while not self._ended.wait(_EVERY_S):
            now, times = time.time(), psutil.cpu_times()
            used = [after - earlier for after, earlier in zip(times, before, strict=True)]
            spent = dict(zip(times._fields, used, strict=True))
            # guest time counts in user time already
            total = sum(s for name, s in spent.items() if not name.startswith("guest"))
            idle = spent["idle"] + spent.get("iowait", 0.0)
            if total > 0 and 1 - idle / total >= _FULL:
                if self._full and self._full[-1][1] == since:
                    self._full[-1] = (self._full[-1][0], now)
                else:
                    self._full.append((since, now))
            since, before = now, times


def _is_here(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
