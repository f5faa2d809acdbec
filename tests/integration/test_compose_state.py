"""What the emulator in a container holds: kept with PERSISTENCE=1, saved, loaded."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.polling import wait_until
from harness.problems import Problem
from harness.settings import Settings, read_settings
from harness.targets import compose, emulator_state
from harness.targets.container import ComposeTarget
from harness.targets.image import docker, image_name
from harness.targets.ports import choose_port
from tests.integration.conftest import Tapstack
from tests.integration.test_state import clients, outputs, process

# The first test may have to build the image.
pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]

# Makes a state that another version has saved: it says so, and is signed with the key beside it.
BY_ANOTHER_VERSION = """
import hmac, json, pathlib
folder = pathlib.Path("/var/lib/localstack/states")
(path,) = folder.glob("*.state")
form, about, content = path.read_bytes()[:-32].split(b"\\n", 2)
about = json.dumps({**json.loads(about), "localstack-parity": "0.0.1"}).encode()
data = b"\\n".join((form, about, content))
path.write_bytes(data + hmac.digest((folder / "key").read_bytes(), data, "sha256"))
"""


@pytest.fixture
def settings(state_dir: Path, docker_compose: None) -> Iterator[Settings]:
    """Those of a container at one port; it is removed at the end, with what was saved."""
    given = {"state_dir": state_dir, "target": "compose", "port": str(choose_port(0))}
    settings = read_settings(given)
    yield settings
    compose.stop(settings)
    compose.remove_saved(settings)


def buckets(target: ComposeTarget) -> list[str]:
    """The names of all buckets."""
    return [each["Name"] for each in target.client("s3").list_buckets()["Buckets"]]


def volumes(settings: Settings) -> list[str]:
    """Those of the container's Compose project, by the names that docker-compose.yml has."""
    project = compose._project(settings)
    label = f"label=com.docker.compose.project={project}"
    listed = docker("volume", "ls", "--quiet", "--filter", label).stdout.split()
    return sorted(name.removeprefix(f"{project}_") for name in listed)


def change_version(settings: Settings) -> None:
    """Have the one saved state be that of another version."""
    volume = f"{compose._volume(settings, 'saved')}:/var/lib/localstack"
    python = ("--entrypoint", "/opt/tapstack/emulator/bin/python")
    image = image_name(settings)
    run = ("run", "--rm", "--volume", volume, *python, image, "-I", "-c", BY_ANOTHER_VERSION)
    changed = docker(*run, timeout_s=120)
    assert changed.returncode == 0, changed.stderr


def test_what_is_held_comes_back_after_a_restart_and_after_down(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash leaves what was saved before. Without PERSISTENCE=1 it begins with nothing."""
    monkeypatch.setenv("PERSISTENCE", "1")
    target = ComposeTarget(settings)
    target.start()
    target.client("s3").create_bucket(Bucket="first")
    target.client("s3").put_object(Bucket="first", Key="photo.jpg", Body=b"bytes")
    found = compose.find(settings)
    assert found

    assert docker("restart", "--time", "60", found.id, timeout_s=120).returncode == 0
    wait_until(target.running, deadline_s=90, describe="the container to answer")
    assert buckets(target) == ["first"]
    body: Any = target.client("s3").get_object(Bucket="first", Key="photo.jpg")["Body"]
    assert body.read() == b"bytes"
    target.client("s3").create_bucket(Bucket="lost")
    assert docker("kill", found.id).returncode == 0

    target.stop()
    assert volumes(settings) == ["saved"]
    assert emulator_state.kept(target) == ["persisted"]
    target.start()
    assert buckets(target) == ["first"]
    target.client("s3").create_bucket(Bucket="second")
    target.stop()

    monkeypatch.delenv("PERSISTENCE")
    target.start()
    assert buckets(target) == []
    monkeypatch.setenv("PERSISTENCE", "1")
    with pytest.raises(Problem, match="was started without PERSISTENCE=1"):
        target.start()
    target.stop()
    target.start()
    assert buckets(target) == ["first", "second"]
    target.stop()
    assert emulator_state.remove_all(target) == ["persisted"]
    assert volumes(settings) == []


def test_what_another_version_saved_ends_the_start_and_stays(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence says what it is, and another how to begin with nothing; so at another port."""
    monkeypatch.setenv("PERSISTENCE", "1")
    target = ComposeTarget(settings)
    target.start()
    target.stop()
    with pytest.raises(Problem, match=f"was saved at port {settings.port}"):
        ComposeTarget(replace(settings, port=choose_port(0))).start()
    change_version(settings)
    with pytest.raises(Problem) as refused:
        target.start()
    assert "was saved by localstack-parity 0.0.1, and this is" in str(refused.value)
    assert "`tapstack down --saved` removes" in str(refused.value)
    assert compose.find(settings) is None
    assert emulator_state.kept(target) == ["persisted"]


def test_a_stack_is_saved_and_comes_back_in_another_container(
    tapstack: Tapstack, settings: Settings
) -> None:
    """`state save`, `down`, `up --state-from`; a state of another version is refused in between."""
    tapstack = partial(tapstack, TARGET="compose", TAPSTACK_PORT=str(settings.port))
    endpoint = f"http://127.0.0.1:{settings.port}"
    up = tapstack("up")
    assert up.returncode == 0, up.stderr
    before = outputs(tapstack)
    process(endpoint, before, "first")
    saved = tapstack("state", "save", "deployed")
    assert (saved.returncode, "tapstack-dev" in saved.stdout) == (0, True), saved.stderr
    assert "deployed" in tapstack("state", "list").stdout
    down = tapstack("down")
    assert "nothing but saved states (deployed)" in down.stdout, down.stderr

    again = tapstack("up", "--state-from", "deployed")
    assert again.returncode == 0, again.stderr
    assert "deployed is loaded" in again.stderr
    assert "tapstack-dev: nothing to change" in again.stderr
    process(endpoint, before, "second")
    assert tapstack("state", "reset", "--yes").returncode == 0
    assert clients(endpoint, "s3").list_buckets()["Buckets"] == []
    loaded = tapstack("state", "load", "deployed", "--yes")
    assert loaded.returncode == 0, loaded.stderr
    process(endpoint, before, "third")

    change_version(settings)
    refused = tapstack("state", "load", "deployed", "--yes")
    assert (refused.returncode, "by localstack-parity 0.0.1" in refused.stderr) == (2, True)
    process(endpoint, before, "fourth")
    assert "Removed what was saved: deployed." in tapstack("down", "--saved").stdout
    assert volumes(settings) == []
