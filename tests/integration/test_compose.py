"""The same emulator, embedded and with Compose: same checks, same verdicts, nothing left behind."""

import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness.settings import Settings, read_settings
from harness.targets import compose, emulator
from harness.targets.choosing import choose_target, target_to_start
from harness.targets.container import ComposeTarget
from harness.targets.embedded import EmbeddedTarget
from harness.targets.image import docker
from tests.integration.conftest import Tapstack
from tests.integration.days import Day

# The first test may have to build the image.
pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]

IMAGES = 30


@pytest.fixture
def settings(state_dir: Path, docker_compose: None) -> Iterator[Settings]:
    """A state folder of the test's own and a free port; its container is removed at the end."""
    settings = read_settings({"state_dir": state_dir, "target": "compose", "port": "0"})
    yield settings
    compose.stop(settings)


def verdicts(report: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Every check with its verdict, in order."""
    return [(check["id"], check["title"], check["passed"]) for check in report["checks"]]


def test_a_day_is_judged_the_same_on_both(
    project_root: Path, tmp_path: Path, docker_compose: None
) -> None:
    """GIVEN the same images WHEN embedded and compose run them THEN the verdicts are the same."""
    reports = {}
    for name in ("embedded", "compose"):
        day = Day(project_root, tmp_path / name, TARGET=name)
        try:
            code, said = day.run("--images", str(IMAGES), "--day", "5s")
        finally:
            emulator.stop(day.state)
            compose.stop(read_settings({"state_dir": day.state}))
        assert code == 0, said
        reports[name] = day.report()
        assert reports[name]["target"] == name
    embedded, composed = reports["embedded"], reports["compose"]
    assert verdicts(embedded) == verdicts(composed)
    assert embedded["images"] == composed["images"]
    assert embedded["images"]["processed"] == IMAGES


def test_up_publishes_on_loopback_only_and_down_leaves_nothing(
    tapstack: Tapstack, settings: Settings
) -> None:
    """The port is bound to 127.0.0.1; container, network and volumes are gone afterwards."""
    done = tapstack("up", TARGET="compose")
    assert done.returncode == 0, done.stderr
    found = compose.find(settings)
    assert found
    project = (
        f"label=com.docker.compose.project={found.name.replace('_', '-').split('-emulator')[0]}"
    )
    assert docker("port", found.id).stdout.split() == ["4566/tcp", "->", f"127.0.0.1:{found.port}"]
    assert docker("volume", "ls", "--quiet", "--filter", project).stdout.split()
    said = tapstack("status", TARGET="compose").stdout
    assert f"http://127.0.0.1:{found.port}" in said
    assert "Functions are not isolated here" in said
    assert found.port
    hosts = {name: _status_for(name, found.port) for name in ("emulator:4566", "evil.example")}
    assert hosts == {"emulator:4566": 200, "evil.example": 403}
    assert "Ready." in tapstack("logs", "--emulator", TARGET="compose").stdout

    assert "Stopped" in tapstack("down", TARGET="auto").stdout
    assert compose.find(settings) is None
    for kind in ("volume", "network"):
        assert docker(kind, "ls", "--quiet", "--filter", project).stdout == ""
    assert "Nothing was running" in tapstack("down", TARGET="compose").stdout


def _status_for(host: str, port: int) -> int:
    """What a client is answered that knows the container by another name."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/_localstack/health", headers={"Host": host})
    with closing(connection):
        return connection.getresponse().status


def test_the_container_has_no_privileges(settings: Settings) -> None:
    """No root, no capabilities, no socket, nothing to write to but volumes and /tmp, and limits."""
    ComposeTarget(settings).start()
    found = compose.find(settings)
    assert found
    facts = "{{.Config.User}} {{.HostConfig.Privileged}} {{.HostConfig.ReadonlyRootfs}}"
    facts += " {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{len .HostConfig.CapAdd}}"
    inspected = docker("inspect", "--format", facts, found.id).stdout.strip()
    assert inspected == "tapstack false true [ALL] [no-new-privileges:true] 0"
    mounts = docker("inspect", "--format", "{{range .Mounts}}{{.Destination}} {{end}}", found.id)
    assert sorted(mounts.stdout.split()) == ["/state", "/var/lib/localstack"]
    limits = docker(
        "inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}", found.id
    )
    assert all(int(limit) > 0 for limit in limits.stdout.split())


def test_a_second_start_finds_the_container_and_replaces_a_paused_one(settings: Settings) -> None:
    """What answers stays; what does not answer is replaced by one that does."""
    target = ComposeTarget(settings)
    assert target.start() is True
    first = compose.find(settings)
    assert first
    assert target.start() is False
    docker("pause", first.id)
    assert not target.running()
    assert target.start() is True
    assert target.running()
    again = compose.find(settings)
    assert again
    assert again.id != first.id


def test_auto_takes_compose_where_docker_answers_and_then_what_runs(settings: Settings) -> None:
    """With `auto`, Docker is used and said so; later commands find the container by themselves."""
    auto = read_settings({"state_dir": settings.state_dir, "target": "auto", "port": "0"})
    said: list[str] = []
    target = target_to_start(auto, said.append)
    assert isinstance(target, ComposeTarget)
    assert "TARGET=embedded" in said[-1]
    assert isinstance(choose_target(auto), EmbeddedTarget)
    target.start()
    assert isinstance(choose_target(auto), ComposeTarget)


def test_without_the_base_image_compose_says_what_to_do_and_auto_does_without(
    tapstack: Tapstack, docker_compose: None
) -> None:
    """An image that cannot be had is a sentence for `compose`, and `embedded` for `auto`."""
    missing = "registry.invalid/python:3.13"
    refused = tapstack("up", TARGET="compose", BASE_IMAGE=missing)
    assert refused.returncode == 2
    assert missing in refused.stderr
    assert "TARGET=embedded" in refused.stderr
    assert "Traceback" not in refused.stderr
    taken = tapstack("up", TARGET="auto", BASE_IMAGE=missing)
    assert taken.returncode == 0, taken.stderr
    assert taken.stderr.startswith("embedded: ")
    assert missing in taken.stderr
