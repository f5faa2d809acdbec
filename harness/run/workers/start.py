"""Locust's processes on this machine: a master, which the coordinator speaks with, and workers.

They run in an environment of their own (requirements.lock), which is there if it was asked for: a
run without workers needs no Locust.
"""

import ipaddress
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from harness.problems import Problem
from harness.settings import IN_CHECKOUT, Settings
from harness.targets.ports import choose_port

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
WEB_PORT = 8089
MASTER_PORT = 5557  # Locust's own
MOST = 256  # workers: each has a queue, and all of them receive all notifications
_END_S = 40.0  # for processes that were asked to end


@dataclass(frozen=True)
class Workers:
    """How many workers a run has. By default they are processes of this machine.

    With `listen`, an address of this machine in a private network, they come from others. `web`
    shows Locust's page, on this machine only.
    """

    count: int
    listen: str = ""
    web: bool = False


def locust_program(settings: Settings) -> Path:
    """The `locust` that is installed; Problem if none is."""
    own = settings.installation / "locust-venv" / "bin" / "locust"
    found = own if own.exists() else shutil.which("locust")
    if not found:
        how = (
            "Run ./tapstack install --locust." if IN_CHECKOUT else "pipx install locust does that."
        )
        raise Problem("Workers need Locust, and it is not installed.", how)
    return Path(found)


def read_workers(
    settings: Settings, count: str | None, listen: str | None, *, web: bool
) -> Workers | None:
    """The workers that a person asks for, None without any. Problem if they cannot be had."""
    if count is None:
        if listen or web:
            raise Problem("--listen and --web are for workers.", "Say how many: --workers N.")
        return None
    if not (count.isascii() and count.isdigit() and 1 <= int(count) <= MOST):
        raise Problem(f"{count!r} is not a number of workers.", f"Use one from 1 to {MOST}.")
    if listen and not _is_private(listen):
        raise Problem(
            f"{listen!r} is not an address in a private network: workers do not say who they are.",
            "Use one of this machine such as 10.0.0.5, or 127.0.0.1.",
        )
    locust_program(settings)
    return Workers(int(count), listen or "", web)


def _is_private(text: str) -> bool:
    """Whether it is one IPv4 address of a private network: all of a machine's are more than one."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return address.is_private and not (address.is_unspecified or address.is_link_local)


@dataclass
class Processes:
    """The processes of one run: what the workers report is in `reports`, until all have ended."""

    master: "subprocess.Popen[bytes]"
    workers: list["subprocess.Popen[bytes]"]
    log: Path
    reports: "queue.Queue[dict[str, Any]]" = field(default_factory=queue.Queue)
    _sink: IO[bytes] | None = None
    _reading: threading.Thread | None = None

    @property
    def connected(self) -> bool:
        """Whether the master still reports."""
        return self._reading is not None and self._reading.is_alive()

    def say(self, worker: str, what: Mapping[str, Any]) -> None:
        """Pass something on to a worker, as Locust calls it."""
        if self._sink:
            try:
                self._sink.write(json.dumps({"to": worker, "say": what}).encode() + b"\n")
                self._sink.flush()
            except BrokenPipeError:
                pass  # the master has ended, which ends the run

    def end(self) -> None:
        """End all of them, and wait for that."""
        if self._sink:
            self._sink.close()
            self._sink = None
        for process in (*self.workers, self.master):
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def start(settings: Settings, workers: Workers, endpoint: str, log: Path) -> Processes:
    """Start the master, and as many workers as are to run on this machine."""
    program, host = locust_program(settings), workers.listen or "127.0.0.1"
    port = MASTER_PORT if workers.listen else choose_port(0)
    environment = {
        **os.environ,
        "TAPSTACK_PYTHON": sys.executable,
        "TAPSTACK_STATE": str(settings.state_dir),
        "TAPSTACK_TEMPLATE": str(settings.template),
        "ENDPOINT_URL": endpoint,
        "ENDPOINT_PRIVATE": "1" if settings.endpoint_private else "",
    }
    # Settings of Locust's in the person's shell are not meant for this.
    environment = {n: v for n, v in environment.items() if not n.startswith("LOCUST_")}
    common = (program, "--locustfile", LOCUSTFILE)
    page = ("--web-host", "127.0.0.1", "--web-port", str(WEB_PORT), "--autostart")
    source, theirs = os.pipe()
    theirs_too, sink = os.pipe()
    with open(log, "ab") as out:

        def run(*arguments: str | Path, passed: tuple[int, ...] = (), **more: str) -> Any:
            return subprocess.Popen(
                [str(each) for each in (*common, *arguments)],
                cwd=settings.root,
                env=environment | more,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=passed,
                start_new_session=True,
            )

        master = run(
            *("--master", "--master-bind-host", host, "--master-bind-port", str(port)),
            *("--expect-workers", str(workers.count)),
            *("--users", str(workers.count), "--spawn-rate", str(workers.count)),
            *(page if workers.web else ("--headless", "--only-summary")),
            passed=(theirs_too, theirs),
            TAPSTACK_COORDINATOR=f"{theirs_too},{theirs}",
        )
        os.close(theirs)
        os.close(theirs_too)
        here = 0 if workers.listen else workers.count
        running = Processes(
            master,
            [
                run("--worker", "--master-host", host, "--master-port", str(port))
                for _ in range(here)
            ],
            log,
        )
    running._sink = os.fdopen(sink, "wb")
    running._reading = threading.Thread(
        target=_read, args=(os.fdopen(source, "rb"), running.reports), name="master", daemon=True
    )
    running._reading.start()
    return running


def _read(source: IO[bytes], reports: "queue.Queue[dict[str, Any]]") -> None:
    with source:
        for line in source:
            reports.put(json.loads(line))
