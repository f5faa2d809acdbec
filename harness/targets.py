"""Where the stack runs.

Settings come in; a Target goes out, which starts and stops that place, gives clients of its AWS
API and declares what it can show. choosing.py picks it; deploy, drive and observe use it.
"""

import http.client
import platform
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from harness import compose, disturb, emulator
from harness.clients import LocalClients
from harness.image import engine_architecture
from harness.problems import Problem
from harness.settings import Settings

_OF_AWS = frozenset({"objects", "notifications", "logs", "metrics", "alarms", "configuration"})
EVERYTHING = _OF_AWS | {"faults"}


class Target(Protocol):
    """A place with AWS's API."""

    name: str
    region: str

    @property
    def shows(self) -> frozenset[str]:
        """What a check can be judged on there; "faults" where they can be had on purpose."""
        ...

    @property
    def architecture(self) -> str:
        """That of the functions: "x86_64" or "arm64"."""
        ...

    @property
    def log(self) -> str:
        """Where the target's own log is: a path, or a command that shows it."""
        ...

    @property
    def endpoint(self) -> str | None:
        """The URL of its API, where it is not AWS's own."""
        ...

    def start(self, *, background: bool = True) -> bool:
        """Make it answer; return whether it had to be started.

        What is started in the background outlives this process; otherwise it ends with it.
        """
        ...

    def stop(self) -> bool:
        """End it and everything it started; return whether it ran."""
        ...

    def running(self) -> bool:
        """Whether it answers."""
        ...

    def status(self) -> Mapping[str, str | int | bool | None]:
        """What a person may want to know of it."""
        ...

    def log_lines(self, count: int) -> list[str]:
        """The last `count` lines of the target's own log; Problem where there is none."""
        ...

    def client(self, service: str) -> Any:
        """A boto3 client of `service`, one per service, safe to share between threads."""

    def for_functions(self, url: str) -> str:
        """A URL of the target's API as functions that run there reach it."""
        ...


class EmbeddedTarget:
    """LocalStack as a process of this machine, functions as processes. No Docker, no account."""

    name = "embedded"
    shows = EVERYTHING | {"restart"}

    def __init__(self, settings: Settings) -> None:
        self.region = settings.region
        self.architecture = _architecture_here()
        self.log = str(emulator.log_path(settings.state_dir))
        self._settings = settings
        self._clients: LocalClients | None = None
        # Held as long as this target is: an emulator in the foreground ends with its starter.
        self._emulator: emulator.RunningEmulator | None = None

    @property
    def endpoint(self) -> str:
        """The URL of the emulator that runs, or of the one that start() would start."""
        found = emulator.status(self._settings.state_dir)
        return found.endpoint or f"http://{emulator.HOST}:{self._settings.port}"

    def start(self, *, background: bool = True) -> bool:
        """Start the emulator unless it runs."""
        config = emulator.EmulatorConfig(
            state_dir=self._settings.state_dir,
            port=self._settings.port,
            installation=self._settings.installation,
        )
        self._emulator = emulator.start(config, background=background)
        self._clients = None
        return not self._emulator.already_running

    def stop(self) -> bool:
        """Stop the emulator; what was deployed in it is gone, for its state lives in it."""
        if self._emulator:
            self._emulator.stop()
            self._emulator = None
            return True
        return emulator.stop(self._settings.state_dir)

    def running(self) -> bool:
        """Whether the emulator of this state folder answers."""
        return emulator.status(self._settings.state_dir).ready

    def status(self) -> Mapping[str, str | int | bool | None]:
        """What the emulator's process record says."""
        found = emulator.status(self._settings.state_dir)
        return {
            "running": found.running,
            "ready": found.ready,
            "endpoint": found.endpoint,
            "pid": found.pid,
            "memory_bytes": found.memory_bytes,
            "log": str(found.log),
        }

    def log_lines(self, count: int) -> list[str]:
        """The last lines of the log file."""
        log = emulator.log_path(self._settings.state_dir)
        if not log.exists():
            raise Problem(f"There is no {log}.", "`tapstack up` starts the emulator.")
        return log.read_text(errors="replace").splitlines()[-count:]

    def client(self, service: str) -> Any:
        """A boto3 client of `service` on the emulator."""
        if self._clients is None:
            self._clients = LocalClients(self.endpoint, self.region)
        return self._clients.client(service)

    def for_functions(self, url: str) -> str:
        """The same: functions run on this machine too."""
        return url


class ComposeTarget:
    """The same LocalStack in our Docker image, functions as processes in its container."""

    name = "compose"
    shows = EVERYTHING | {"restart"}

    def __init__(self, settings: Settings, tell: Callable[[str], None] = lambda line: None) -> None:
        self.region = settings.region
        self._settings = settings
        self._tell = tell
        self._clients: LocalClients | None = None

    @property
    def architecture(self) -> str:
        """That of the engine. Raises Problem where none answers."""
        return engine_architecture()

    @property
    def log(self) -> str:
        """The command that shows it."""
        found = compose.find(self._settings)
        return f"docker logs {found.name}" if found else "docker logs"

    @property
    def endpoint(self) -> str:
        """The URL of the container that runs, or of the one that start() would start."""
        found = compose.find(self._settings)
        return (found and found.endpoint) or f"http://{emulator.HOST}:{self._settings.port}"

    def prepare(self) -> None:
        """Make sure that it can be started; raises Unavailable with what is missing."""
        compose.prepare(self._settings, self._tell)

    def start(self, *, background: bool = True) -> bool:
        """Start the container unless it runs. Either way it lives until it is stopped."""
        started = compose.start(self._settings, self._tell)
        self._clients = None
        return started

    def stop(self) -> bool:
        """Remove the container, its network and its volume, and so what was deployed in it."""
        return compose.stop(self._settings)

    def running(self) -> bool:
        """Whether the emulator in the container of this state folder answers."""
        found = compose.find(self._settings)
        return found is not None and found.ready

    def status(self) -> Mapping[str, str | int | bool | None]:
        """What the engine says of the container."""
        found = compose.find(self._settings)
        if not found:
            return {"running": False, "ready": False}
        return {
            "running": True,
            "ready": found.ready,
            "endpoint": found.endpoint,
            "container": found.name,
            "state": found.state,
            "image": found.image,
            "pid": found.pid,
            "memory_bytes": found.memory_bytes,
            "log": self.log,
        }

    def log_lines(self, count: int) -> list[str]:
        """The last lines of the container's log."""
        return compose.log_lines(self._settings, count)

    def client(self, service: str) -> Any:
        """A boto3 client of `service` on the emulator."""
        if self._clients is None:
            self._clients = LocalClients(self.endpoint, self.region)
        return self._clients.client(service)

    def for_functions(self, url: str) -> str:
        """In the container the API has the port of its own, whichever is published."""
        return url.replace(self.endpoint, compose.ENDPOINT_INSIDE, 1)


class EndpointTarget:
    """Something with AWS's API that somebody else started: another emulator, a container of a test.

    It is on this machine; or in a private network, if the settings allow that.
    """

    name = "endpoint"

    def __init__(self, settings: Settings) -> None:
        self.region = settings.region
        self.architecture = _architecture_here()
        self.log = "not ours to show"
        if not settings.endpoint:
            raise Problem(
                "The target endpoint needs to know which.",
                "Set ENDPOINT_URL to its URL, such as http://127.0.0.1:4566.",
            )
        self.endpoint = settings.endpoint.rstrip("/")
        self._clients = LocalClients(
            settings.endpoint, settings.region, private=settings.endpoint_private
        )

    @property
    def shows(self) -> frozenset[str]:
        """What every emulator is judged on, and faults if it takes them."""
        return EVERYTHING if disturb.can_disturb(self) else _OF_AWS

    def start(self, *, background: bool = True) -> bool:
        """Make sure that it answers: it is not ours to start."""
        if not self.running():
            raise Problem(
                f"Nothing answers at {self.endpoint}.", "Start it, or change ENDPOINT_URL."
            )
        return False

    def stop(self) -> bool:
        """Leave it alone."""
        return False

    def running(self) -> bool:
        """Whether an HTTP server answers there, whatever it says to a question of LocalStack's."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.endpoint}/_localstack/health", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def status(self) -> Mapping[str, str | int | bool | None]:
        """Whether it answers, and where."""
        answers = self.running()
        return {"running": answers, "ready": answers, "endpoint": self.endpoint}

    def log_lines(self, count: int) -> list[str]:
        """Its log is unknown."""
        raise Problem(f"The log of {self.endpoint} is not known here.", "Ask whoever started it.")

    def client(self, service: str) -> Any:
        """A boto3 client of `service` on it."""
        return self._clients.client(service)

    def for_functions(self, url: str) -> str:
        """The same: whoever started it may know better."""
        return url


def _architecture_here() -> str:
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
