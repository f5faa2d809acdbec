"""PERSISTENCE=1: what an emulator held when it was stopped is there when it starts again."""

import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.polling import wait_until
from harness.problems import Problem
from harness.targets.emulator import EmulatorConfig, RunningEmulator, start, stop
from harness.targets.ports import choose_port
from tests.emulator.conftest import Emulator

STATE = Path("emulator", "states", "persisted.state")


@pytest.fixture(scope="module")
def config(
    tmp_path_factory: pytest.TempPathFactory,
    installation: Path,
    emulator_environment: Mapping[str, str],
) -> Iterator[EmulatorConfig]:
    """An emulator at one port, whose state outlives it."""
    folder = tmp_path_factory.mktemp("state")
    environment = {**emulator_environment, "PERSISTENCE": "1"}
    config = EmulatorConfig(folder, choose_port(0), installation, environment)
    yield config
    stop(folder)


def buckets(running: RunningEmulator) -> list[str]:
    """The names of all buckets."""
    found = Emulator(running).client("s3").list_buckets()["Buckets"]
    return [each["Name"] for each in found]


def kill(running: RunningEmulator) -> None:
    """Kill it, and wait until its last thread has given up the port."""

    def free() -> bool:
        try:
            return choose_port(running.port) == running.port
        except Problem:
            return False

    os.kill(running.pid, signal.SIGKILL)
    wait_until(free, deadline_s=20, describe="its port to be free")


def test_what_was_held_is_held_again(config: EmulatorConfig) -> None:
    """After a stop; a crash leaves what was saved before, and a later stop the newer."""
    with start(config, background=True) as running:
        s3 = Emulator(running).client("s3")
        s3.create_bucket(Bucket="first")
        s3.put_object(Bucket="first", Key="photo.jpg", Body=b"bytes")
        queue = Emulator(running).client("sqs").create_queue(QueueName="waiting")["QueueUrl"]
        Emulator(running).client("sqs").send_message(QueueUrl=queue, MessageBody="kept")
    assert (config.state_dir / STATE).is_file()

    running = start(config, background=True)
    assert buckets(running) == ["first"]
    s3, sqs = Emulator(running).client("s3"), Emulator(running).client("sqs")
    assert s3.get_object(Bucket="first", Key="photo.jpg")["Body"].read() == b"bytes"
    received = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)["Messages"]
    assert [each["Body"] for each in received] == ["kept"]
    s3.create_bucket(Bucket="second")
    kill(running)

    with start(config, background=True) as running:
        assert buckets(running) == ["first"]
        Emulator(running).client("s3").create_bucket(Bucket="third")
    with start(config, background=True) as running:
        assert buckets(running) == ["first", "third"]


def test_it_is_saved_every_so_often_too(config: EmulatorConfig, tmp_path: Path) -> None:
    environment = {**config.environment, "SNAPSHOT_FLUSH_INTERVAL": "1"}
    often = replace(config, state_dir=tmp_path, environment=environment)
    running = start(often, background=True)
    try:
        Emulator(running).client("s3").create_bucket(Bucket="saved")
        begun = (tmp_path / STATE).stat().st_mtime if (tmp_path / STATE).exists() else 0.0
        wait_until(
            lambda: (tmp_path / STATE).exists() and (tmp_path / STATE).stat().st_mtime > begun + 1,
            deadline_s=30,
            describe="the next save",
        )
        kill(running)
        with start(often, background=True) as again:
            assert buckets(again) == ["saved"]
    finally:
        stop(tmp_path)


def test_what_cannot_be_loaded_ends_the_start(config: EmulatorConfig, tmp_path: Path) -> None:
    """With one sentence, and what was saved stays: at another port, damaged, or by other words.

    Nor is one that runs without it taken for one that keeps anything.
    """
    here = replace(config, state_dir=tmp_path)
    with start(here, background=True):
        pass
    saved = (tmp_path / STATE).read_bytes()
    words = {**config.environment, "SNAPSHOT_SAVE_STRATEGY": "ON_REQUEST"}
    for wrong, sentence in (
        (replace(here, port=choose_port(0)), f"was saved at port {config.port}"),
        (replace(here, environment=words), "SNAPSHOT_SAVE_STRATEGY=ON_REQUEST is not emulated."),
    ):
        with pytest.raises(Problem) as refused:
            start(wrong, background=True)
        assert sentence in str(refused.value)
        assert (tmp_path / STATE).read_bytes() == saved
    (tmp_path / STATE).write_bytes(saved[:-1] + bytes([saved[-1] ^ 1]))
    with pytest.raises(Problem, match="is not as it was saved here"):
        start(here, background=True)
    (tmp_path / STATE).unlink()
    plain = {name: value for name, value in here.environment.items() if name != "PERSISTENCE"}
    with start(replace(here, environment=plain), background=True) as running:
        assert buckets(running) == []
        with pytest.raises(Problem, match="was started without PERSISTENCE=1"):
            start(here, background=True)
    assert not (tmp_path / STATE).exists()
