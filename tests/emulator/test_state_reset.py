"""An emulator that was reset is as one that has seen nothing, and works on."""

import contextlib
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from harness.targets.emulator import EmulatorConfig, start
from tests.emulator.conftest import Emulator
from tests.emulator.holdings import RESET, fill, held, make_function, reset

SLOW = """
import time
def handler(event, context):
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def emulator(
    tmp_path_factory: pytest.TempPathFactory,
    installation: Path,
    emulator_environment: Mapping[str, str],
) -> Iterator[Emulator]:
    """One of this module's own: what is reset is nobody else's."""
    folder = tmp_path_factory.mktemp("state")
    config = EmulatorConfig(folder, 0, installation, emulator_environment)
    with start(config, background=False) as running:
        yield Emulator(running)


def test_nothing_is_left_and_everything_works_again(emulator: Emulator) -> None:
    fill(emulator)
    before = held(emulator)
    assert all(before.values()), before

    reset(emulator)

    after = held(emulator)
    assert not any(after.values()), after
    with pytest.raises(ClientError, match="NoSuchBucket"):
        emulator.client("s3").get_object(Bucket="images", Key="up/one")
    fill(emulator)
    assert all(held(emulator).values())
    assert emulator.client("logs").describe_log_groups()["logGroups"]


def test_a_function_that_runs_on_and_on_is_ended(emulator: Emulator) -> None:
    reset(emulator)
    make_function(emulator, "slow", SLOW)
    emulator.client("lambda").invoke(FunctionName="slow", InvocationType="Event")

    reset(emulator)

    assert emulator.client("lambda").list_functions()["Functions"] == []
    assert emulator.client("sqs").list_queues().get("QueueUrls", []) == []


def test_nobody_waits_for_a_message_of_a_queue_that_is_gone(emulator: Emulator) -> None:
    sqs = emulator.client("sqs")
    queue = sqs.create_queue(QueueName="empty")["QueueUrl"]
    ended = threading.Event()

    def receive() -> None:
        with contextlib.suppress(ClientError):  # the reset may have been faster
            sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)
        ended.set()

    threading.Thread(target=receive, daemon=True).start()
    time.sleep(0.5)
    reset(emulator)

    assert ended.wait(60)


def test_only_the_owner_resets(emulator: Emulator) -> None:
    request = urllib.request.Request(emulator.endpoint + RESET, method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403
    refused.value.close()
