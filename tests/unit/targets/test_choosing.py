from pathlib import Path

import pytest

from harness.problems import Problem
from harness.settings import Settings, read_settings
from harness.targets.choosing import choose_target, target_to_start, targets_to_stop
from harness.targets.image import engine_architecture


@pytest.fixture
def without_docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """There is no docker command."""
    monkeypatch.setenv("PATH", str(tmp_path))
    engine_architecture.cache_clear()


@pytest.fixture
def silent_docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """There is a docker command, and no engine that answers it."""
    command = tmp_path / "docker"
    says = "Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?"
    command.write_text(f"#!/bin/sh\necho '{says}' >&2; exit 1\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    engine_architecture.cache_clear()


def settings(folder: Path, target: str) -> Settings:
    """Those of an unused state folder."""
    return read_settings({"state_dir": folder / "state", "target": target}, env={})


def test_auto_is_embedded_without_docker_and_says_so(without_docker: None, tmp_path: Path) -> None:
    """Where there is no Docker nothing is missing: the emulator is a process."""
    said: list[str] = []
    assert target_to_start(settings(tmp_path, "auto"), said.append).name == "embedded"
    assert said == [
        "embedded: chosen because Docker cannot be used here. There is no docker command."
    ]


def test_auto_is_embedded_where_no_engine_answers(silent_docker: None, tmp_path: Path) -> None:
    """What the docker command says is the reason."""
    said: list[str] = []
    assert target_to_start(settings(tmp_path, "auto"), said.append).name == "embedded"
    assert said == [
        "embedded: chosen because Docker cannot be used here. No Docker engine answers: "
        "Cannot connect to the Docker daemon at unix:///x.sock."
    ]


@pytest.mark.parametrize("name", ["embedded", "compose"])
def test_a_target_that_is_named_is_taken(without_docker: None, tmp_path: Path, name: str) -> None:
    """Whatever the machine has."""
    chosen = settings(tmp_path, name)
    assert choose_target(chosen).name == name
    assert target_to_start(chosen, print).name == name
    assert [target.name for target in targets_to_stop(chosen)] == [name]


def test_compose_without_docker_says_what_is_missing(without_docker: None, tmp_path: Path) -> None:
    """Named, it is not replaced by another."""
    with pytest.raises(Problem, match="no docker command") as problem:
        choose_target(settings(tmp_path, "compose")).start()
    assert "TARGET=embedded" in problem.value.remedy


def test_auto_stops_whatever_may_run(without_docker: None, tmp_path: Path) -> None:
    """`down` ends an emulator of either kind, and is content if there is none."""
    targets = targets_to_stop(settings(tmp_path, "auto"))
    assert [target.name for target in targets] == ["embedded", "compose"]
    assert [target.stop() for target in targets] == [False, False]


def test_an_endpoint_must_be_named() -> None:
    """TARGET=endpoint alone says where to put the URL."""
    with pytest.raises(Problem) as problem:
        choose_target(read_settings({"target": "endpoint"}, env={}))
    assert "ENDPOINT_URL" in problem.value.remedy


@pytest.mark.parametrize(
    ("url", "private", "allowed"),
    [
        ("http://127.0.0.1:4566", False, True),
        ("http://localhost:4566/", False, True),
        ("http://172.17.0.2:4566", False, False),
        ("http://172.17.0.2:4566", True, True),
        ("https://s3.us-east-1.amazonaws.com", True, False),
        ("http://169.254.169.254", True, False),
        ("http://8.8.8.8:4566", True, False),
    ],
)
def test_an_endpoint_is_here_or_in_an_allowed_private_network(
    url: str, private: bool, allowed: bool
) -> None:
    """Nothing that could be AWS is ever spoken to."""
    env = {"TARGET": "endpoint", "ENDPOINT_URL": url, "ENDPOINT_PRIVATE": "1" if private else ""}
    chosen = read_settings(env=env)
    if allowed:
        assert choose_target(chosen).endpoint == url.rstrip("/")
    else:
        with pytest.raises(Problem, match=r"speaks to nothing else|could be AWS"):
            choose_target(chosen)


def test_an_endpoint_that_does_not_answer_is_reported(tmp_path: Path) -> None:
    """It is not ours to start."""
    env = {"TARGET": "endpoint", "ENDPOINT_URL": "http://127.0.0.1:9"}
    target = choose_target(read_settings(env=env))
    assert not target.running()
    with pytest.raises(Problem, match=r"Nothing answers at http://127\.0\.0\.1:9"):
        target.start()
