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

    `architecture` is "x86_64" or "arm64", that of the functions; `endpoint` is the URL of a local
    target's API and None for AWS itself.
    """

    name: str
    region: str
    architecture: str
    endpoint: str | None
    shows: frozenset[str]

    def start(self) -> None:
        """Make it answer; nothing happens if it already does."""

    def stop(self) -> None:
        """End it and everything it started."""

    def running(self) -> bool:
        """Whether it answers."""

    def status(self) -> Mapping[str, object]:
        """What a person may want to know of it, as plain values."""

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
        self.endpoint: str = f"http://127.0.0.1:{settings.port}"
        self._settings = settings
        self._clients = LocalClients(self.endpoint, settings.region)

    def start(self) -> None:
        """Start the emulator, unless it runs."""
        emulator.start(self._settings)

    def stop(self) -> None:
        """Stop the emulator; what was deployed in it is gone, for its state lives in it."""
        emulator.stop(self._settings)

    def running(self) -> bool:
        """Whether the emulator of this state folder answers."""
        return emulator.status(self._settings) is not None

    def status(self) -> Mapping[str, object]:
        """What the emulator says of itself."""
        return {}

    def client(self, service: str) -> Any:
        """A boto3 client of `service` on the emulator."""
        return self._clients.client(service)


TARGETS: Mapping[str, Callable[[Settings], Target]] = {EmbeddedTarget.name: EmbeddedTarget}


def choose_target(settings: Settings) -> Target:
    """The target that the settings name; Problem that lists them if there is none of that name."""
    if settings.target not in TARGETS:
        raise Problem(
            f"There is no target {settings.target!r}.", f"Choose one of: {', '.join(TARGETS)}."
        )
    return TARGETS[settings.target](settings)
