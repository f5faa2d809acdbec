"""The emulator in a container: started with Compose, found again, removed.

Who runs is asked of the engine, nothing is written down.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import psutil

from harness.alive import OnProgress
from harness.polling import DeadlineExceeded, wait_until
from harness.problems import Problem
from harness.settings import Settings
from harness.targets import emulator, ports
from harness.targets.image import (
    LINES_SHOWN,
    Unavailable,
    docker,
    end_of,
    ensure_image,
    image_name,
    last_line,
    run_command,
)

SERVICE = "emulator"
ENDPOINT_INSIDE = "http://127.0.0.1:4566"  # where the emulator is for its functions
READY_WITHIN_S = 90.0
_COMPOSE_S = 120.0
_STOP_S = 10.0
# The volumes of docker-compose.yml: where it works, and what outlives the container.
_WORK, _SAVED = "state", "saved"
_SAVED_INSIDE = "/var/lib/localstack"


@dataclass(frozen=True)
class Container:
    """The container of one state folder, as the engine describes it.

    `state` is the engine's word: running, paused, exited … or "out of memory" where the kernel has
    killed it for its limit. `pid` is the emulator's process; None where that is not one of this
    machine, as with an engine in a virtual machine. `environment` is what it was started with.
    """

    id: str
    name: str
    image: str
    state: str
    port: int | None
    pid: int | None
    environment: Mapping[str, str]

    @property
    def endpoint(self) -> str | None:
        """The URL that AWS clients are given."""
        return f"http://{ports.HOST}:{self.port}" if self.port else None

    @property
    def ready(self) -> bool:
        """Whether the emulator in it answers."""
        return self.state == "running" and self.port is not None and emulator.answers(self.port)

    @property
    def memory_bytes(self) -> int | None:
        """What its processes occupy, None where they cannot be seen."""
        if self.pid is None:
            return None
        try:
            process = psutil.Process(self.pid)
            family = [process, *process.children(recursive=True)]
            return sum(int(member.memory_info().rss) for member in family)
        except psutil.NoSuchProcess:
            return None


def prepare(settings: Settings, on_progress: OnProgress) -> None:
    """Make sure that there is an engine, Compose and the image, which is built if need be.

    Raises Unavailable with what is missing and how to do without.
    """
    ensure_image(settings, on_progress)
    _compose_command()


def start(settings: Settings, on_progress: OnProgress) -> bool:
    """Bring the container up and wait until it answers; return whether it had to be started.

    One that does not answer is replaced. Raises Problem if the port is taken or it does not come
    up; then nothing of it is left.
    """
    prepare(settings, on_progress)
    found = find(settings)
    if found and found.ready:
        emulator.refuse_other_keeping(os.environ, found.environment)
        return False
    if found:
        stop(settings)
    port = ports.choose_port(settings.port)
    try:
        done = _compose(settings, "up", "--detach", "--no-build", port=port)
        if done.returncode:
            raise Problem(
                f"Compose could not start the emulator: {last_line(done.stderr)}.",
                "Solve that, or run it as a local process with TARGET=embedded.",
            )
        _wait_until_ready(settings)
    except BaseException:
        stop(settings)
        raise
    return True


def stop(settings: Settings) -> bool:
    """Remove the container with its network and all but saved states; return whether it was there.

    One with PERSISTENCE=1 is given the time to save what it holds.
    """
    found = find(settings)
    if not found:
        return False
    within_s = emulator.SAVE_DEADLINE_S if emulator.saves(found.environment) else _STOP_S
    done = _compose(settings, "down", "--remove-orphans", "--timeout", f"{within_s:.0f}")
    if done.returncode:
        raise Problem(
            f"Compose could not remove the emulator: {last_line(done.stderr)}.",
            f"`docker ps --filter label={_project_label(settings)}` shows what is left.",
        )
    docker("volume", "rm", "--force", _volume(settings, _WORK))
    if _names_in(settings, found.image) == []:
        remove_saved(settings)
    return True


def saved_states(settings: Settings) -> list[str]:
    """The names of the saved states, which are there whether the container is or not."""
    return _names_in(settings, image_name(settings)) or []


def remove_saved(settings: Settings) -> None:
    """Remove all saved states, with their key."""
    docker("volume", "rm", "--force", _volume(settings, _SAVED))


def _names_in(settings: Settings, image: str) -> list[str] | None:
    """What the volume of saved states has, seen with an image; None where that cannot be seen."""
    volume = _volume(settings, _SAVED)
    if not shutil.which("docker") or docker("volume", "inspect", volume).returncode:
        return []
    found = docker(
        *("run", "--rm", "--pull", "never", "--network", "none", "--read-only"),
        *("--volume", f"{volume}:{_SAVED_INSIDE}:ro", "--entrypoint", "find", image),
        *(_SAVED_INSIDE, "-name", "[!.]*.state", "-printf", "%f\\n"),
        timeout_s=_COMPOSE_S,
    )
    if found.returncode:
        return None
    return sorted(name.removesuffix(".state") for name in found.stdout.splitlines())


def find(settings: Settings) -> Container | None:
    """The container of this state folder, whatever its state; None too where no engine answers."""
    if not shutil.which("docker"):
        return None
    listed = docker(
        *("ps", "--all", "--quiet", "--filter", f"label={_project_label(settings)}"),
        *("--filter", f"label=com.docker.compose.service={SERVICE}"),
    )
    if listed.returncode or not listed.stdout.strip():
        return None
    inspected = docker("inspect", "--type", "container", listed.stdout.split()[0])
    return _container(json.loads(inspected.stdout)[0]) if inspected.returncode == 0 else None


def log_lines(settings: Settings, count: int) -> list[str]:
    """The last lines that the emulator wrote, oldest first; Problem if it does not run."""
    found = find(settings)
    if not found:
        raise Problem("There is no container of the emulator.", "`tapstack up` starts it.")
    return docker("logs", "--tail", str(count), found.id, merged=True).stdout.splitlines()


def _wait_until_ready(settings: Settings) -> None:
    def ready() -> bool:
        found = find(settings)
        if not found or found.state not in {"created", "running"}:
            raise _did_not_start(settings, "The emulator's container ended while it was starting.")
        return found.ready

    try:
        wait_until(
            ready, deadline_s=READY_WITHIN_S, interval_s=0.2, describe="the emulator's container"
        )
    except DeadlineExceeded as error:
        raise _did_not_start(
            settings, f"The emulator's container did not answer within {READY_WITHIN_S:g} s."
        ) from error


def _did_not_start(settings: Settings, happened: str) -> Problem:
    remedy = "Give it more room with TAPSTACK_MEMORY and TAPSTACK_CPUS, or use TARGET=embedded."
    if emulator.saves(os.environ):
        remedy = "If it is what was saved, `tapstack down --saved` removes that. " + remedy
    return Problem(
        happened,
        remedy,
        details=end_of(log_lines(settings, LINES_SHOWN)) if find(settings) else "",
    )


def _container(described: Mapping[str, Any]) -> Container:
    bindings = described["NetworkSettings"]["Ports"].get("4566/tcp") or [{}]
    port, state = bindings[0].get("HostPort"), described["State"]
    return Container(
        id=described["Id"],
        name=described["Name"].removeprefix("/"),
        image=described["Config"]["Image"],
        state="out of memory" if state["OOMKilled"] and not state["Running"] else state["Status"],
        port=int(port) if port else None,
        pid=_emulator_process(state["Pid"]),
        environment=dict(each.split("=", 1) for each in described["Config"]["Env"]),
    )


def _emulator_process(first: int) -> int | None:
    """The emulator's process, which is the container's `first` or a child of it, if it is here."""
    try:
        process = psutil.Process(first) if first else None
        for candidate in [process, *process.children()] if process else []:
            command = candidate.cmdline()
            if "localstack_parity.launch" in command and "--" not in command:
                return int(candidate.pid)
    except psutil.Error:
        pass
    return None


def _project(settings: Settings) -> str:
    """One Compose project per state folder: checkouts beside each other do not meet."""
    return f"tapstack-{hashlib.sha256(str(settings.state_dir).encode()).hexdigest()[:8]}"


def _volume(settings: Settings, name: str) -> str:
    return f"{_project(settings)}_{name}"


def _project_label(settings: Settings) -> str:
    return f"com.docker.compose.project={_project(settings)}"


@cache
def _compose_command() -> tuple[str, ...]:
    if docker("compose", "version").returncode == 0:
        return ("docker", "compose")
    if shutil.which("docker-compose"):
        return ("docker-compose",)
    raise Unavailable(
        "Docker answers, but it has no Compose.",
        "Install the package docker-compose-plugin or docker-compose, or use TARGET=embedded.",
    )


def _compose(
    settings: Settings, *arguments: str, port: int = ports.DEFAULT_PORT
) -> subprocess.CompletedProcess[str]:
    return run_command(
        *_compose_command(),
        *("--project-name", _project(settings)),
        *("--file", str(settings.sources / "docker-compose.yml")),
        *arguments,
        environment={
            # All of the engine's processors, unless the person says otherwise.
            "TAPSTACK_CPUS": docker("info", "--format", "{{.NCPU}}").stdout.strip() or "1",
            **os.environ,
            "TAPSTACK_IMAGE": image_name(settings),
            "TAPSTACK_PORT": str(port),
        },
        timeout_s=_COMPOSE_S,
    )
