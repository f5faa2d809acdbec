"""The emulator as a process of its own: started, found again, stopped with all that it started.

In its folder, `emulator.json` says which process it is, `emulator.log` is its log, and `work/` is
all that LocalStack writes.
"""

import contextlib
import fcntl
import http.client
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import NoReturn

import psutil

from localstack_parity import service_index
from localstack_parity.lambda_runtime import own_runtime

HOST = "127.0.0.1"
READY_WITHIN_S = 120.0
_STOP_S = 5.0
_SAVE_S = 60.0  # for one that saves its state first: see state/persistence.py
_LINES_SHOWN = 15
# SQLite takes paths of 512 bytes, and the metrics' database has the folder's twice in its own.
_LONGEST_PATH = 200


class Refused(Exception):
    """What was asked cannot be done; the text is for the person who asked."""


@dataclass(frozen=True)
class Running:
    """A process that was started, and the port that it listens on."""

    process: psutil.Process
    port: int

    @property
    def endpoint(self) -> str:
        """The URL for AWS clients."""
        return f"http://{HOST}:{self.port}"


def log_path(state: Path) -> Path:
    """Return the log of an emulator in the background."""
    return state / "emulator.log"


def find(state: Path) -> Running | None:
    """Return the emulator of this folder, None if it does not run. Raises Refused."""
    try:
        _check_folder(state)
        record = json.loads((state / "emulator.json").read_text())
        process = psutil.Process(int(record["pid"]))
        # A process id can come to mean another process.
        same = abs(process.create_time() - float(record["started"])) < 1.0
        if same and process.status() != psutil.STATUS_ZOMBIE:
            return Running(process, int(record["port"]))
    except (FileNotFoundError, psutil.NoSuchProcess, ValueError, KeyError, TypeError):
        pass  # a record that was written by half names nobody either
    return None


def prepare(state: Path) -> None:
    """Make the folder and, once for each installation, LocalStack's index and the runtime.

    Raises Refused or OSError.
    """
    if len(os.fsencode(state.absolute())) > _LONGEST_PATH:
        raise Refused(f"The path {state} is longer than {_LONGEST_PATH} bytes.")
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_folder(state)
    shutil.rmtree(state / "work", ignore_errors=True)
    (state / "work").mkdir(mode=0o700)
    with _one_at_a_time():
        _prepare_installation()


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let no other process prepare the installation: tests in parallel all start one."""
    service_index.ROOT.mkdir(parents=True, exist_ok=True)
    with open(service_index.ROOT / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prepare_installation() -> None:
    if not service_index.is_made():
        index = [sys.executable, "-I", "-m", "localstack_parity.service_index"]
        subprocess.run(index, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if not os.environ.get("TAPSTACK_RUNTIMES"):
        try:
            own_runtime.make()
        except PackageNotFoundError as missing:
            raise Refused(
                f"What functions run on cannot be made: {missing.name} is not installed. "
                "Set TAPSTACK_RUNTIMES to a folder of runtimes."
            ) from missing


def become(state: Path, port: int) -> NoReturn:
    """Go on as the emulator, in this process."""
    _write_record(state, os.getpid(), port)
    sys.stdout.flush()
    os.execve(sys.executable, _command(), _environment(state, port))


def start(state: Path, port: int) -> Running:
    """Start it in the background and wait until it answers. Raises Refused, with its log's end."""
    log = log_path(state)
    with open(os.open(log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW, 0o600)) as output:
        process = subprocess.Popen(
            _command(),
            env=_environment(state, port),
            cwd=state,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _write_record(state, process.pid, port)
    deadline = time.monotonic() + READY_WITHIN_S
    while not (answers(port) and _listens(process.pid, port)):  # not another that was faster
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            lines = log.read_text(errors="replace").splitlines()[-_LINES_SHOWN:]
            stop(state)
            what = "ended while it was starting" if ended else "did not answer in time"
            raise Refused("\n".join([*lines, f"The emulator {what}; its log is {log}."]))
        time.sleep(0.1)
    process.returncode = 0  # `stop` is another process: nobody waits for it here
    return Running(psutil.Process(process.pid), port)


def stop(state: Path) -> bool:
    """End the emulator and everything it started; return whether it ran. Raises Refused."""
    running = find(state)
    if running:
        family = [running.process]
        with contextlib.suppress(psutil.NoSuchProcess):
            family += running.process.children(recursive=True)
            saves = running.process.environ().get("PERSISTENCE", "").lower() in ("1", "true")
            running.process.terminate()
            psutil.wait_procs([running.process], timeout=_SAVE_S if saves else _STOP_S)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=_STOP_S)
    if state.is_dir():
        (state / "emulator.json").unlink(missing_ok=True)
        shutil.rmtree(state / "work", ignore_errors=True)
    return running is not None


def answers(port: int) -> bool:
    """Say whether a LocalStack on this port says that it is well."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/_localstack/health")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listens(pid: int, port: int) -> bool:
    """Say whether it is this process that listens on the port."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            for connection in psutil.Process(pid).net_connections("tcp4")
        )
    return False


def _command() -> list[str]:
    return [sys.executable, "-I", "-m", "localstack_parity.launch"]


def _environment(state: Path, port: int) -> dict[str, str]:
    """Return the caller's variables without credentials: no call may reach AWS."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    listen = {"GATEWAY_LISTEN": f"{HOST}:{port}"}
    return {**mine, **listen, "TAPSTACK_EMULATOR_STATE": str(state.absolute() / "work")}


def _write_record(state: Path, pid: int, port: int) -> None:
    record = {"pid": pid, "port": port, "started": psutil.Process(pid).create_time()}
    draft = state / "emulator.json.new"
    draft.write_text(json.dumps(record) + "\n")
    draft.replace(state / "emulator.json")


def _check_folder(state: Path) -> None:
    """Raise Refused for a folder that others could have prepared: its record says what to stop."""
    found = state.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Refused(f"Others may write to {state}: name a folder of your own with --state.")
