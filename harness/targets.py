"""Where the stack runs.

Settings come in; a Target goes out, which starts and stops that place, gives clients of its AWS
API and declares what it can show. The command line picks it; deploy, drive and observe use it.
"""

import ipaddress
import os
import platform
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES, ConstantProvider

from harness import emulator
from harness.problems import Problem
from harness.settings import Settings


class Target(Protocol):
    """A place with AWS's API. `shows` names what a check can be judged on there.

    `architecture` is "x86_64" or "arm64", that of the functions; `log` says where the target's own
    log is.
    """

    name: str
    region: str
    architecture: str
    log: str
    shows: frozenset[str]

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

    def client(self, service: str) -> Any:
        """A boto3 client of `service`, one per service, safe to share between threads."""


class LocalClients:
    """boto3 clients of a loopback endpoint that cannot reach real AWS.

    They know the endpoint and dummy credentials and nothing else: no AWS_* variable, no ~/.aws, no
    instance metadata, no proxy. Raises Problem for an endpoint that is not on this machine.
    """

    def __init__(self, endpoint: str, region: str) -> None:
        if not is_loopback(endpoint):
            raise Problem(
                f"{endpoint} is not a loopback address, and a local run speaks to nothing else.",
                "Use an endpoint such as http://127.0.0.1:4566.",
            )
        self._endpoint = endpoint
        self._region = region
        self._session = boto3.Session(botocore_session=_session_without_surroundings())
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()  # making a client is not thread-safe, using one is

    def client(self, service: str) -> Any:
        """The client of `service`, made once."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service,
                    region_name=self._region,
                    endpoint_url=self._endpoint,
                    aws_access_key_id="test",
                    aws_secret_access_key="test",
                    config=_CONFIG,
                )
            return self._clients[service]


_CONFIG = Config(
    connect_timeout=5,
    read_timeout=70,  # a synchronous invocation may take the function's 60 s
    max_pool_connections=64,
    retries={"mode": "standard", "total_max_attempts": 3},
    proxies={},
    s3={"addressing_style": "path"},
    # A checksum that the operation does not require costs CPU that is the pipeline's here.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


def _session_without_surroundings() -> botocore.session.Session:
    """A botocore session in which every setting has its default, whatever surrounds the process."""
    session = botocore.session.Session()
    settings = session.get_component("config_store")
    for name, (_, _, default, _) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items():
        settings.set_config_provider(name, ConstantProvider(default))
    for file in ("config_file", "credentials_file"):
        settings.set_config_provider(file, ConstantProvider(os.devnull))
    session.set_credentials("test", "test")
    return session


def is_loopback(endpoint: str) -> bool:
    """Whether the host of the URL `endpoint` is this machine itself."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class EmbeddedTarget:
    """LocalStack as a process of this machine, functions as processes. No Docker, no account."""

    name = "embedded"
    shows = frozenset({"objects", "notifications", "logs", "metrics", "alarms", "configuration"})

    def __init__(self, settings: Settings) -> None:
        self.region = settings.region
        self.architecture = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
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

    def client(self, service: str) -> Any:
        """A boto3 client of `service` on the emulator."""
        if self._clients is None:
            self._clients = LocalClients(self.endpoint, self.region)
        return self._clients.client(service)


TARGETS: Mapping[str, Callable[[Settings], Target]] = {EmbeddedTarget.name: EmbeddedTarget}


def choose_target(settings: Settings) -> Target:
    """The target that the settings name; Problem that lists them if there is none of that name."""
    if settings.target not in TARGETS:
        raise Problem(
            f"There is no target {settings.target!r}.", f"Choose one of: {', '.join(TARGETS)}."
        )
    return TARGETS[settings.target](settings)
