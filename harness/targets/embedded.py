"""The target `embedded`: LocalStack as a process of this machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from uv import find_uv_bin

from harness.install import install_emulator
from harness.problems import Problem
from harness.settings import IN_CHECKOUT, Settings
from harness.targets import emulator, ports
from harness.targets.clients import ATTEMPTS, LocalClients
from harness.targets.state_folder import log_path
from harness.targets.target import EVERYTHING, architecture_here


class EmbeddedTarget:
    """LocalStack as a process of this machine, functions as processes. No Docker, no account."""

    name = "embedded"
    shows = EVERYTHING | {"restart"}

    def __init__(self, settings: Settings) -> None:
        self.region, self.state_dir = settings.region, settings.state_dir
        self.architecture = architecture_here()
        self.log = str(log_path(settings.state_dir))
        self._settings = settings
        self._clients: LocalClients | None = None
        # Held as long as this target is: an emulator in the foreground ends with its starter.
        self._emulator: emulator.RunningEmulator | None = None

    @property
    def endpoint(self) -> str:
        """The URL of the emulator that runs, or of the one that start() would start."""
        found = emulator.status(self._settings.state_dir)
        return found.endpoint or f"http://{ports.HOST}:{self._settings.port}"

    def start(self, *, background: bool = True) -> bool:
        """Start the emulator unless it runs. In a checkout ./tapstack has installed it before."""
        if not IN_CHECKOUT:
            settings = self._settings
            install_emulator(settings.sources, settings.installation, Path(find_uv_bin()))
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
        return emulator.ready(self._settings.state_dir)

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
        log = log_path(self._settings.state_dir)
        if not log.exists():
            raise Problem(f"There is no {log}.", "`tapstack up` starts the emulator.")
        return log.read_text(errors="replace").splitlines()[-count:]

    def client(self, service: str, *, attempts: int = ATTEMPTS) -> Any:
        """A boto3 client of `service` on the emulator."""
        if self._clients is None:
            self._clients = LocalClients(self.endpoint, self.region)
        return self._clients.client(service, attempts=attempts)

    def for_functions(self, url: str) -> str:
        """The same: functions run on this machine too."""
        return url
