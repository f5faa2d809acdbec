"""The target `compose`: LocalStack in a container."""

from collections.abc import Mapping
from typing import Any

from harness.alive import OnProgress
from harness.settings import Settings
from harness.targets import compose
from harness.targets.clients import ATTEMPTS, LocalClients
from harness.targets.image import engine_architecture
from harness.targets.ports import HOST
from harness.targets.target import EVERYTHING


class ComposeTarget:
    """The same LocalStack in our Docker image, functions as processes in its container."""

    name = "compose"
    shows = EVERYTHING | {"restart"}

    def __init__(self, settings: Settings, on_progress: OnProgress = lambda line: None) -> None:
        self.region, self.state_dir = settings.region, settings.state_dir
        self._settings = settings
        self._on_progress = on_progress
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
        return (found and found.endpoint) or f"http://{HOST}:{self._settings.port}"

    def prepare(self) -> None:
        """Make sure that it can be started; raises Unavailable with what is missing."""
        compose.prepare(self._settings, self._on_progress)

    def start(self, *, background: bool = True) -> bool:
        """Start the container unless it runs. Either way it lives until it is stopped."""
        started = compose.start(self._settings, self._on_progress)
        self._clients = None
        return started

    def stop(self) -> bool:
        """Remove the container and its network, and so what was deployed in it."""
        return compose.stop(self._settings)

    def saved_states(self) -> list[str]:
        """The names of what was saved, in a volume that stays when the container goes."""
        return compose.saved_states(self._settings)

    def remove_saved(self) -> None:
        """Remove that volume."""
        compose.remove_saved(self._settings)

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

    def client(self, service: str, *, attempts: int = ATTEMPTS) -> Any:
        """A boto3 client of `service` on the emulator."""
        if self._clients is None:
            self._clients = LocalClients(self.endpoint, self.region)
        return self._clients.client(service, attempts=attempts)

    def for_functions(self, url: str) -> str:
        """In the container the API has the port of its own, whichever is published."""
        return url.replace(self.endpoint, compose.ENDPOINT_INSIDE, 1)
