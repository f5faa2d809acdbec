"""The embedded emulator as a process: started, found again, stopped for certain.

In: an EmulatorConfig. Out: a RunningEmulator with its endpoint and log; below the state folder the
files `emulator/emulator.json` (who runs where) and `emulator/emulator.log`. Called by targets.py
and by the tests.
"""

import contextlib
import errno
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from harness.problems import Problem
from harness.waiting import WaitedTooLong, wait_until

HOST = "127.0.0.1"
DEFAULT_PORT = 4566
# Below the range from which Linux takes the ports of outgoing connections.
FREE_PORTS = range(20000, 32000)
STOP_DEADLINE_S = 5.0
BUSY_PATIENCE_S = 30.0  # an emulator under load may be slow to answer; it is not replaced for that
LOG_LINES_SHOWN = 15
# What a person may set for the emulator itself: see emulator/README.md.
SWITCHES = ("TAPSTACK_IAM", "TAPSTACK_IAM_TLS")

_DETACH = b"d"


@dataclass(frozen=True)
class EmulatorConfig:
    """How to run one emulator.

    `installation` is the folder that holds `emulator-venv/` and `runtimes/`; by default the state
    folder itself. Port 0 takes any free port. `environment` are further settings of the emulator.
    """

    state_dir: Path
    port: int = DEFAULT_PORT
    installation: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_within_s: float = 60.0
    minimum_free_bytes: int = 200 * 1024**2


@dataclass(frozen=True)
class EmulatorStatus:
    """What is known about the emulator of a state folder.

    `running` says that its process lives, `ready` that it answers. Without a process, pid, port,
    endpoint and memory are None.
    """

    running: bool
    ready: bool
    log: Path
    pid: int | None = None
    port: int | None = None
    endpoint: str | None = None
    memory_bytes: int | None = None


@dataclass
class RunningEmulator:
    """An emulator that answers requests.

    As a context manager it is stopped at the end. Unless it was started in the background it holds
    the lifeline: when this process ends, however it ends, so does the emulator.
    """

    state_dir: Path
    port: int
    pid: int
    already_running: bool = False
    lifeline: int | None = None

    @property
    def endpoint(self) -> str:
        """The URL that AWS clients are given."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """The file with all that the emulator says."""
        return log_path(self.state_dir)

    def alive(self) -> bool:
        """Say whether the process still lives."""
        return status(self.state_dir).pid == self.pid

    def stop(self) -> None:
        """Stop the emulator and everything it started."""
        stop(self.state_dir)
        if self.lifeline is not None:
            os.close(self.lifeline)
            self.lifeline = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def log_path(state_dir: Path) -> Path:
    """Return the emulator's log file; the one of the run before is beside it, ending in `.1`."""
    return state_dir / "emulator" / "emulator.log"


def start(config: EmulatorConfig, *, background: bool) -> RunningEmulator:
    """Start the emulator, or find the one that runs already, and wait until it answers.

    In the background it outlives this process; otherwise it ends with it. Until it answers it ends
    with this process in both cases, so an interrupted start leaves nothing behind.

    Raises Problem if the state folder cannot be used, the port is taken, the emulator is not
    installed, or it ends or stays silent instead of getting ready.
    """
    folder = _prepare_folder(config)
    with _start_lock(folder):
        if found := _read_record(config.state_dir):
            if answers(found.port, patience_s=BUSY_PATIENCE_S):
                return RunningEmulator(
                    config.state_dir, found.port, found.process.pid, already_running=True
                )
            _stop_process(found.process)
        return _start_process(config, folder, background=background)


def stop(state_dir: Path) -> bool:
    """Stop the emulator of this state folder; return whether one was running.

    SIGTERM first, SIGKILL for what is left after STOP_DEADLINE_S seconds. What it kept on disk is
    removed, except for the log.
    """
    found = _read_record(state_dir)
    if found:
        _stop_process(found.process)
    try:
        _record_path(state_dir).unlink(missing_ok=True)
    except NotADirectoryError:
        pass  # then there is no state folder either
    except OSError as error:
        raise _folder_problem(state_dir / "emulator", error) from error
    _remove_work(state_dir / "emulator")
    return found is not None


def status(state_dir: Path) -> EmulatorStatus:
    """Look at the emulator of this state folder without changing anything."""
    found = _read_record(state_dir)
    if not found:
        return EmulatorStatus(running=False, ready=False, log=log_path(state_dir))
    try:
        memory = sum(
            process.memory_info().rss
            for process in [found.process, *found.process.children(recursive=True)]
        )
    except psutil.NoSuchProcess:
        memory = None
    return EmulatorStatus(
        running=True,
        ready=answers(found.port),
        log=log_path(state_dir),
        pid=found.process.pid,
        port=found.port,
        endpoint=f"http://{HOST}:{found.port}",
        memory_bytes=memory,
    )


# The record of who runs


@dataclass(frozen=True)
class _Record:
    process: psutil.Process
    port: int


def _record_path(state_dir: Path) -> Path:
    return state_dir / "emulator" / "emulator.json"


def _write_record(state_dir: Path, pid: int, port: int) -> None:
    """Note pid and port, with the process's start time: a pid alone can come to mean another."""
    started = psutil.Process(pid).create_time()
    path = _record_path(state_dir)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps({"pid": pid, "port": port, "started": started}) + "\n")
    draft.replace(path)


def _read_record(state_dir: Path) -> _Record | None:
    """Return the live process that the record speaks of, or None."""
    path = _record_path(state_dir)
    try:
        written = json.loads(path.read_text())
        process = psutil.Process(int(written["pid"]))
        same = abs(process.create_time() - float(written["started"])) < 1.0
        if same and process.status() != psutil.STATUS_ZOMBIE:
            return _Record(process, int(written["port"]))
    except (FileNotFoundError, NotADirectoryError, psutil.NoSuchProcess):
        pass
    except OSError as error:
        raise _folder_problem(path.parent, error) from error
    except (ValueError, KeyError, TypeError):
        pass  # written by half, which only a lost disk explains: nobody is known to run
    return None


# Before the start


def _prepare_folder(config: EmulatorConfig) -> Path:
    folder = config.state_dir / "emulator"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # of its own: other starts look at the same time
            pass
    except OSError as error:
        raise _folder_problem(folder, error) from error
    free = shutil.disk_usage(folder).free
    if free < config.minimum_free_bytes:
        raise _space_problem(folder, free)
    return folder


def _folder_problem(folder: Path, error: OSError) -> Problem:
    if error.errno == errno.ENOSPC:
        return _space_problem(folder, 0)
    return Problem(
        f"The state folder {folder} cannot be written: {error.strerror}.",
        "Make it writable, or name another one in TAPSTACK_STATE.",
    )


def _space_problem(folder: Path, free: int) -> Problem:
    return Problem(
        f"There is no disk space left for the emulator: {free / 1024**2:.0f} MB free at {folder}.",
        "Free some space, or name a folder on another disk in TAPSTACK_STATE.",
    )


@contextlib.contextmanager
def _start_lock(folder: Path) -> Iterator[None]:
    """Let one start happen at a time; the kernel frees the lock of a process that died."""
    with open(folder / "start.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_work(folder: Path) -> None:
    shutil.rmtree(folder / "work", ignore_errors=True)


def choose_port(wanted: int) -> int:
    """`wanted`, or any free port for 0. Raises Problem that names who has it, if it is taken."""
    if wanted:
        if not _bindable(wanted):
            raise Problem(
                f"Port {wanted} on {HOST} is already used{_port_owner(wanted)}.",
                "Stop that program, or choose another port with --port.",
            )
        return wanted
    for port in random.sample(FREE_PORTS, 50):
        if _bindable(port):
            return port
    raise Problem(f"No free port was found on {HOST}.", "Choose one with --port.")


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _port_owner(port: int) -> str:
    """Say who listens on the port, as far as this user may see it."""
    try:
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN and connection.laddr
            if listening and listening.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return ""


# The process


def _start_process(config: EmulatorConfig, folder: Path, *, background: bool) -> RunningEmulator:
    installation = config.installation or config.state_dir
    python = installation / "emulator-venv" / "bin" / "python"
    if not python.exists():
        raise Problem(
            f"The emulator is not installed: there is no {python}.",
            "Run ./tapstack, which installs what is missing.",
        )
    port = choose_port(config.port)
    log = log_path(config.state_dir)
    _remove_work(folder)
    given, held = os.pipe()  # the emulator watches `given` and ends when `held` is closed
    process = None
    try:
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [python, "-I", "-m", "localstack_parity.launch"],
                env=_environment(config, installation, folder, port, lifeline=given),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[given],
                start_new_session=True,
            )
        _write_record(config.state_dir, process.pid, port)
        _wait_until_ready(process, port, config, log)
        if background:
            os.write(held, _DETACH)
    except BaseException as error:
        os.close(held)
        if process:
            process.kill()
            process.wait()
        if isinstance(error, OSError):
            raise _folder_problem(folder, error) from error
        raise
    finally:
        os.close(given)
    process.returncode = 0  # from here on psutil waits for it: whoever stops it may not be us
    if background:
        os.close(held)
        return RunningEmulator(config.state_dir, port, process.pid)
    return RunningEmulator(config.state_dir, port, process.pid, lifeline=held)


def _environment(
    config: EmulatorConfig, installation: Path, folder: Path, port: int, *, lifeline: int
) -> dict[str, str]:
    """Build the emulator's environment from nothing: no credentials, proxies or Python settings."""
    return {
        **{name: os.environ[name] for name in SWITCHES if name in os.environ},
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "GATEWAY_LISTEN": f"{HOST}:{port}",
        "TAPSTACK_EMULATOR_STATE": str(folder / "work"),
        "TAPSTACK_RUNTIMES": str(installation / "runtimes"),
        "TAPSTACK_LIFELINE_FD": str(lifeline),
        **config.environment,
    }


def _wait_until_ready(
    process: subprocess.Popen[bytes], port: int, config: EmulatorConfig, log: Path
) -> None:
    def ready() -> bool:
        if process.poll() is not None:
            raise Problem(
                f"The emulator ended while it was starting (exit code {process.returncode}).",
                f"The whole log is {log}.",
                details=_end_of_log(log),
            )
        return answers(port)

    try:
        wait_until(ready, deadline_s=config.ready_within_s, interval_s=0.1, describe="the emulator")
    except WaitedTooLong as error:
        raise Problem(
            f"The emulator did not answer within {config.ready_within_s:g} s.",
            f"The whole log is {log}.",
            details=_end_of_log(log),
        ) from error


def answers(port: int, *, patience_s: float = 5.0) -> bool:
    """Whether a LocalStack on this port says that it is well."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(
            f"http://{HOST}:{port}/_localstack/health", timeout=patience_s
        ) as response:
            return bool(response.status == 200)
    except (OSError, ValueError):
        return False


def _end_of_log(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"  | {line}" for line in lines[-LOG_LINES_SHOWN:])


def _stop_process(process: psutil.Process) -> None:
    """End the process and all of its descendants."""
    family = [process]
    with contextlib.suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
        process.send_signal(signal.SIGTERM)
        psutil.wait_procs([process], timeout=STOP_DEADLINE_S)
    with contextlib.suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(family, timeout=STOP_DEADLINE_S)
