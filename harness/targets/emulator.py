"""The embedded emulator as a process: started, found again, stopped for certain.

Below the state folder, `emulator/emulator.json` says which process runs where, and
`emulator/emulator.log` is its log.
"""

import contextlib
import http.client
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Self

import psutil

from harness.limits import check_limits
from harness.polling import DeadlineExceeded, wait_until
from harness.problems import Problem
from harness.targets.ports import DEFAULT_PORT, HOST, choose_port
from harness.targets.state_folder import (
    folder_problem,
    forget_record,
    log_path,
    prepare_folder,
    read_record,
    remove_work,
    start_lock,
    write_record,
)

STOP_DEADLINE_S = 5.0
SAVE_DEADLINE_S = 60.0  # for one that saves its state first: PERSISTENCE=1
BUSY_PATIENCE_S = 30.0  # an emulator under load may be slow to answer; it is not replaced for that
LOG_LINES_SHOWN = 15
# What a person may set for the emulator itself: see emulator/README.md.
SWITCHES = (
    *("TAPSTACK_IAM", "TAPSTACK_IAM_TLS", "TAPSTACK_SIGNATURES", "TAPSTACK_SERVER"),
    "TAPSTACK_SHORT_PATH",
    *("TAPSTACK_ALLOWED_HOSTS", "EXTRA_CORS_ALLOWED_ORIGINS"),
    *("SMTP_HOST", "PERSISTENCE", "SNAPSHOT_FLUSH_INTERVAL"),
    *("SNAPSHOT_LOAD_STRATEGY", "SNAPSHOT_SAVE_STRATEGY"),
    "RUNNER_TRACKING_ID",  # not a setting: GitHub's runner ends what has it when the job ends
)

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

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(config: EmulatorConfig, *, background: bool) -> RunningEmulator:
    """Start the emulator, or find the one that runs already, and wait until it answers.

    In the background it outlives this process; otherwise it ends with it. Until it answers it ends
    with this process in both cases, so an interrupted start leaves nothing behind.

    Raises Problem if the state folder cannot be used, the port is taken, the emulator is not
    installed, or it ends or stays silent instead of getting ready.
    """
    check_limits()
    folder = prepare_folder(config.state_dir, config.minimum_free_bytes)
    with start_lock(folder):
        if found := read_record(config.state_dir):
            if answers(found.port, patience_s=BUSY_PATIENCE_S):
                wanted = {**os.environ, **config.environment}
                refuse_other_keeping(wanted, found.process.environ())
                return RunningEmulator(
                    config.state_dir, found.port, found.process.pid, already_running=True
                )
            _stop_process(found.process)
        return _start_process(config, folder, background=background)


def stop(state_dir: Path) -> bool:
    """Stop the emulator of this state folder; return whether one was running.

    SIGTERM first, SIGKILL for what is left after STOP_DEADLINE_S seconds, or SAVE_DEADLINE_S where
    its state is saved. What it kept on disk is removed, except for the log; not what another start
    has made there meanwhile.
    """
    found = read_record(state_dir)
    if found:
        _stop_process(found.process)
    folder = state_dir / "emulator"
    if folder.is_dir():
        with start_lock(folder):
            if read_record(state_dir) is None:
                forget_record(state_dir)
                remove_work(folder)
    return found is not None


def ready(state_dir: Path) -> bool:
    """Whether the emulator of this state folder answers."""
    found = read_record(state_dir)
    return found is not None and answers(found.port)


def status(state_dir: Path) -> EmulatorStatus:
    """Look at the emulator of this state folder without changing anything."""
    found = read_record(state_dir)
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
    remove_work(folder)
    given, held = os.pipe()  # the emulator watches `given` and ends when `held` is closed
    process = None
    try:
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with open(log, "wb", opener=_private) as output:
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
        write_record(config.state_dir, process.pid, port)
        _wait_until_ready(process, port, config, log)
        if background:
            os.write(held, _DETACH)
    except BaseException as error:
        os.close(held)
        if process:
            process.kill()
            process.wait()
        if isinstance(error, OSError):
            raise folder_problem(folder, error) from error
        raise
    finally:
        os.close(given)
    process.returncode = 0  # from here on psutil waits for it: another process may stop it
    if background:
        os.close(held)
        return RunningEmulator(config.state_dir, port, process.pid)
    return RunningEmulator(config.state_dir, port, process.pid, lifeline=held)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _environment(
    config: EmulatorConfig, installation: Path, folder: Path, port: int, *, lifeline: int
) -> dict[str, str]:
    """Build the emulator's environment from nothing: no credentials, proxies or Python settings."""
    return {
        **{name: os.environ[name] for name in SWITCHES if name in os.environ},
        "PATH": os.environ.get("PATH", os.defpath),  # Node.js, for functions, is looked for there
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
            choose_port(port)  # says who has taken it since it was looked at
            raise Problem(
                f"The emulator ended while it was starting ({_how_it_ended(process.returncode)}).",
                f"The whole log is {log}.",
                details=_end_of_log(log),
            )
        # Not one of another state folder that was started at the same time and was faster.
        return answers(port) and _listens(process.pid, port)

    try:
        wait_until(ready, deadline_s=config.ready_within_s, interval_s=0.1, describe="the emulator")
    except DeadlineExceeded as error:
        raise Problem(
            f"The emulator did not answer within {config.ready_within_s:g} s.",
            f"The whole log is {log}.",
            details=_end_of_log(log),
        ) from error


def _how_it_ended(returncode: int) -> str:
    if returncode == -signal.SIGTERM:
        return "SIGTERM: another command has stopped it"
    return signal.Signals(-returncode).name if returncode < 0 else f"exit code {returncode}"


def _listens(pid: int, port: int) -> bool:
    """Whether it is this process that listens on the port."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            for connection in psutil.Process(pid).net_connections("tcp4")
        )
    return False


def answers(port: int, *, patience_s: float = 5.0) -> bool:
    """Whether a LocalStack on this port says that it is well."""
    # Not urllib: its opener reads all certificates of the machine each time, which takes 20 ms.
    connection = http.client.HTTPConnection(HOST, port, timeout=patience_s)
    try:
        connection.request("GET", "/_localstack/health")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end_of_log(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"  | {line}" for line in lines[-LOG_LINES_SHOWN:])


def saves(environment: Mapping[str, str]) -> bool:
    """Whether an emulator with this environment saves what it holds when it stops."""
    return environment.get("PERSISTENCE", "").lower() in ("1", "true")


def refuse_other_keeping(wanted: Mapping[str, str], runs_with: Mapping[str, str]) -> None:
    """Problem where it is to be kept over a restart, and runs without: it would be lost."""
    if saves(wanted) and not saves(runs_with):
        raise Problem(
            "The emulator runs already, and was started without PERSISTENCE=1.",
            "`tapstack state save NAME` keeps what it holds; stop it with `tapstack down` first.",
        )


def _stop_process(process: psutil.Process) -> None:
    """End the process and all of its descendants."""
    family = [process]
    with contextlib.suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
        deadline_s = SAVE_DEADLINE_S if saves(process.environ()) else STOP_DEADLINE_S
        process.send_signal(signal.SIGTERM)
        psutil.wait_procs([process], timeout=deadline_s)
    with contextlib.suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(family, timeout=STOP_DEADLINE_S)
