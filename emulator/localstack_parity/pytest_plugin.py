"""Fixtures for tests: an emulator of their own, empty for each test.

pytest loads this module by its entry point. With pytest-xdist each worker has an emulator. Where
one cannot be started, the tests that ask for it fail with a sentence that says why.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from localstack_parity import emulator_process
from localstack_parity.emulator_process import Refused
from localstack_parity.state import client as state

REGION = "us-east-1"
KEY = "test"


@dataclass(frozen=True)
class LocalstackParity:
    """A running emulator; `endpoint` is its URL."""

    endpoint: str

    def client(self, service: str, region: str = REGION, **settings: Any) -> Any:
        """A client of boto3 with the account's own keys."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=KEY,
            **settings,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which any SDK or the AWS CLI reaches it, for a process of a test."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
        }

    def reset(self) -> None:
        """Drop all that it holds. Raises Refused if something in it does not end."""
        state.ask(self.endpoint, state.RESET, "POST")


@pytest.fixture(scope="session")
def localstack_parity_session(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LocalstackParity]:
    """An emulator for the whole session, which nobody empties: for what all tests share."""
    folder = tmp_path_factory.mktemp("localstack-parity")
    try:
        emulator_process.prepare(folder)
        running = emulator_process.start(folder, _free_port())
    except Refused as problem:
        pytest.fail(str(problem), pytrace=False)
    yield LocalstackParity(running.endpoint)
    emulator_process.stop(folder)


@pytest.fixture
def localstack_parity(localstack_parity_session: LocalstackParity) -> LocalstackParity:
    """The session's emulator, without anything that another test has left in it."""
    localstack_parity_session.reset()
    return localstack_parity_session


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((emulator_process.HOST, 0))
        port: int = one.getsockname()[1]
        return port
