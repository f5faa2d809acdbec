"""One process of a function's runtime: started, served, watched and killed from a single thread.

It serves the runtime and keeps its log events and memory; nothing here runs between two calls.
"""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from json import dumps
from pathlib import Path
from typing import Any

from localstack_parity.lambda_runtime import memory, peers, runtime_api, sandbox
from localstack_parity.lambda_runtime.family import Family
from localstack_parity.lambda_runtime.log_stream import LogStream
from localstack_parity.lambda_runtime.runtime_api import API, Connection, Request

_END_TIMEOUT_S = 10.0
# Linux signals a process that its parent is gone when the *thread* that started it ends, so all are
# started from one thread that lives as long as the emulator.
_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lambda-starter")


class Stop(Enum):
    """Why `RuntimeProcess.run` came back."""

    DONE = "done"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out-of-memory"
    ENDED = "ended"


@dataclass(frozen=True)
class Launch:
    """How to start a runtime; see `sandbox.Plan` for the words."""

    isolated: bool
    root: Path
    tmp: Path
    visible: dict[str, str]
    cwd: str
    argv: list[str]
    env: dict[str, str]
    memory_limit: int  # bytes


@dataclass(frozen=True)
class Answer:
    """What the runtime posted for an invocation."""

    is_error: bool
    payload: bytes


class RuntimeProcess:
    """A started runtime.

    All methods belong to one thread at a time, but for `kill` and the three faults on purpose.
    """

    def __init__(self, launch: Launch, logs: LogStream) -> None:
        self.logs = logs
        self.waiting: Connection | None = None  # where the runtime asked for the next invocation
        self.init_error: bytes | None = None
        self.answer: Answer | None = None
        self.wait_status: int | None = None
        self.refused = ""  # why the kernel did not let it be isolated
        self.peak = 0  # bytes, of all processes together
        self._limit = launch.memory_limit
        self._taken = launch.memory_limit  # bytes at the last look; all there may be, if not known
        self._in_files = 0  # bytes of files in memory at the last whole look
        self._whole_look_at = 0.0  # on the monotonic clock
        self._claimed = 0  # bytes that it is said to take
        self._frozen: set[int] = set()  # the processes that are stopped
        self._isolated = launch.isolated
        self._init_pid = 0
        self._family: Family | None = None  # of init, once it runs
        self._status, self._status_open = b"", True
        self._selector = selectors.DefaultSelector()
        self._listener = runtime_api.listen()
        self._watch(self._listener, self._accept)
        status_read, status_write = os.pipe()
        log_read, log_write = os.pipe()
        for descriptor, on_data in ((status_read, self._on_status), (log_read, self._on_log)):
            os.set_blocking(descriptor, False)
            self._watch(descriptor, on_data)
        self._log_fd, self._log_open = log_read, True
        self._descriptors = (status_read, log_read)
        address = "{}:{}".format(*self._listener.getsockname())
        plan = sandbox.Plan(
            parent=os.getpid(),
            isolated=launch.isolated,
            status_fd=status_write,
            log_fd=log_write,
            root=str(launch.root),
            tmp=str(launch.tmp),
            visible=launch.visible,
            cwd=launch.cwd,
            argv=launch.argv,
            env={
                **launch.env,
                "AWS_LAMBDA_RUNTIME_API": address,
                "_LAMBDA_TELEMETRY_LOG_FD": str(log_write),
            },
        )
        try:
            self._outer = _start(plan)
        finally:
            os.close(status_write)
            os.close(log_write)

    def run(self, until: Callable[[], bool], deadline: float) -> Stop:
        """Serve the runtime until the condition holds, or until it cannot any more.

        `deadline` is on the monotonic clock. A process that passed its memory limit is stopped at
        the latest when the condition holds: a peak between two looks counts.
        """
        next_look = time.monotonic() + memory.next_look_s(self._taken, self._limit)
        while not until():
            now = time.monotonic()
            if self.wait_status is not None or not self._status_open:
                return Stop.OUT_OF_MEMORY if self.peak > self._limit else Stop.ENDED
            if now >= deadline:
                return Stop.TIMEOUT
            if now >= next_look:
                self._look_at_memory()
                if self.peak > self._limit:
                    return Stop.OUT_OF_MEMORY
                next_look = now + memory.next_look_s(self._taken, self._limit)
            self._pump(min(deadline, next_look) - now)
        self._look_at_memory(last=True)
        return Stop.OUT_OF_MEMORY if self.peak > self._limit else Stop.DONE

    def ready(self) -> bool:
        """Say whether the runtime still lives and waits for an invocation."""
        self._pump(0)
        return self.waiting is not None and self.wait_status is None and self._status_open

    def send(self, headers: dict[str, str], payload: bytes) -> None:
        """Hand an invocation to the runtime, which waits for it and may be frozen.

        Only what was frozen takes no more now than at the last look.
        """
        if not self._frozen:
            self._taken = self._limit
        for pid in self._frozen:
            _signal(pid, signal.SIGCONT)
        self._frozen, self._claimed = set(), 0
        connection, self.waiting, self.answer = self.waiting, None, None
        if connection:
            with suppress(OSError):  # it has ended: `run` says so
                connection.reply("200 OK", payload, headers)

    def kill(self) -> None:
        """End all processes of the environment; any thread may call it."""
        if self._outer.poll() is not None:
            return
        if self._init_pid:
            # Where it has no process namespace to die with, init kills its family itself.
            with suppress(ProcessLookupError):
                os.kill(self._init_pid, signal.SIGKILL if self._isolated else signal.SIGTERM)
        else:
            self._outer.kill()

    def crash(self) -> None:
        """Kill the runtime, as a signal from outside would: a fault on purpose."""
        for pid in self._pids()[:1]:
            _signal(pid, signal.SIGKILL)

    def freeze(self) -> None:
        """Bring all processes to a standstill: between two invocations, or as a fault."""
        self._frozen = set()
        pids = self._family.known() if self._family else []
        # What is started while the others are stopped is found by another look.
        while started := set(pids) - self._frozen:
            for pid in started:
                _signal(pid, signal.SIGSTOP)
            self._frozen |= started
            pids = self._pids()

    def exhaust_memory(self) -> None:
        """Have `run` find more memory taken than there may be: a fault on purpose."""
        self._claimed = self._limit + 1

    def close(self) -> None:
        """Kill what still runs, wait until it is gone, and collect its last words."""
        if self._selector.get_map() is None:
            return
        if self._outer.poll() is None:
            self.kill()
        try:
            self._outer.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._outer.kill()
        while self._log_open and self._on_log():
            pass
        for key in list(self._selector.get_map().values()):
            if key.fd not in self._descriptors:
                key.fileobj.close()  # type: ignore[union-attr]
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._selector.close()

    def _watch(self, what: Any, on_ready: Callable[[], Any]) -> None:
        self._selector.register(what, selectors.EVENT_READ, on_ready)

    def _pump(self, timeout: float) -> None:
        for key, _ in self._selector.select(max(0.0, timeout)):
            key.data()

    def _accept(self) -> None:
        """Take the connections of the runtime, and close those of other processes."""
        while self._init_pid:  # before, nobody can say whose they are
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return  # no more are waiting, or this one is gone already
            with suppress(OSError):
                if peers.is_held_by(sock, self._pids()):
                    self._watch(sock, partial(self._serve, Connection(sock)))
                    continue
            sock.close()

    def _serve(self, connection: Connection) -> None:
        try:
            for request in connection.read():
                self._handle(request, connection)
        except (OSError, ValueError):
            self._selector.unregister(connection.sock)
            connection.sock.close()
            if self.waiting is connection:
                self.waiting = None

    def _handle(self, request: Request, connection: Connection) -> None:
        match request.path.removeprefix(API).split("/"):
            case ["invocation", "next"]:
                self.waiting = connection
            case ["invocation", _, "response" | "error" as kind]:
                self.answer = Answer(kind == "error", request.body)
                connection.reply("202 Accepted", b'{"status":"OK"}')
            case ["init", "error"]:
                self.init_error = request.body
                connection.reply("202 Accepted", b'{"status":"OK"}')
            case _:
                connection.reply("404 Not Found")

    def _on_status(self) -> None:
        data = os.read(self._descriptors[0], 4096)
        if not data:
            self._selector.unregister(self._descriptors[0])
            self._status_open = False
        self._status += data
        *lines, self._status = self._status.split(b"\n")
        for line in lines:
            match line.split():
                case [b"refused", *_]:
                    self.refused = line.decode(errors="replace").partition(" ")[2]
                case [b"init", pid]:
                    self._init_pid = int(pid)
                    self._family = Family(self._init_pid)
                case [b"exit", status, peak_kib]:
                    self.peak = max(self.peak, int(peak_kib) * 1024)
                    self.wait_status = int(status)

    def _on_log(self) -> bool:
        """Take what is in the log pipe; return whether there may be more."""
        try:
            data = os.read(self._log_fd, 262_144)
        except BlockingIOError:
            return False
        if data:
            self.logs.feed(data)
        else:
            self._selector.unregister(self._log_fd)
            self._log_open = False
        return bool(data)

    def _look_at_memory(self, *, last: bool = False) -> None:
        """Note how many bytes all processes take now, and the peak.

        The last look, and one every tenth of a second, is a whole one: for files in memory, too,
        which takes a call of the kernel for each descriptor.
        """
        now = time.monotonic()
        whole = last or now - self._whole_look_at >= memory.LATEST_S
        self._taken = 0
        pids = self._pids() if whole or not self._family else self._family.known()
        if not pids:
            return
        if whole:
            self._in_files, self._whole_look_at = memory.file_bytes(pids), now
        self._taken = memory.resident_bytes(pids, self._limit) + self._in_files
        self.peak = max(self.peak, self._taken, self._claimed)
        if last:
            self.peak = max(self.peak, *map(memory.peak_bytes, pids), 0)

    def _pids(self) -> list[int]:
        """All processes but init, the runtime first."""
        return self._family.walk() if self._family else []


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has ended meanwhile
        os.kill(pid, number)


def _start(plan: sandbox.Plan) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", sandbox.__file__]
    outer = _STARTER.submit(
        subprocess.Popen,
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=plan["log_fd"],
        env={},
        cwd="/",
        pass_fds=(plan["status_fd"], plan["log_fd"]),
        start_new_session=True,
    ).result()
    if outer.stdin:
        with suppress(BrokenPipeError), outer.stdin:
            outer.stdin.write(dumps(plan).encode())
    return outer
