"""The GitHub action: what its steps run, run here as a runner does it."""

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.config import Config

from harness.targets import emulator
from harness.targets.ports import choose_port

Action = Callable[..., tuple[str, dict[str, str], dict[str, str]]]


@pytest.fixture
def document(project_root: Path) -> dict[str, Any]:
    """What action.yml says."""
    found: dict[str, Any] = yaml.safe_load((project_root / "action.yml").read_text())
    return found


@pytest.fixture
def action(project_root: Path, document: dict[str, Any], tmp_path: Path) -> Iterator[Action]:
    """Run the step that starts it with these inputs: what it says, sets and gives out."""
    (step,) = [step for step in document["runs"]["steps"] if "run" in step]
    state = tmp_path / "tapstack"

    def run(**inputs: str) -> tuple[str, dict[str, str], dict[str, str]]:
        files = {name: tmp_path / name for name in ("GITHUB_ENV", "GITHUB_OUTPUT")}
        for file in files.values():
            file.write_text("")
        given = {name: each["default"] for name, each in document["inputs"].items()} | inputs
        values = {
            "github.action_path": str(project_root),
            "inputs.state-key != ''": str(given["state-key"] != "").lower(),
            **{f"inputs.{name}": value for name, value in given.items()},
        }
        environment = {name: _filled(text, values) for name, text in step["env"].items()}
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
            env={
                **os.environ,
                "RUNNER_TEMP": str(tmp_path),
                "GITHUB_WORKSPACE": str(project_root),
                **{name: str(file) for name, file in files.items()},
                **environment,
            },
            cwd=project_root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        env, out = (dict(_lines(file)) for file in files.values())
        return done.stdout, env, out

    yield run
    emulator.stop(state)


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: values[found[1]], text)


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text().splitlines():
        name, _, value = line.partition("=")
        yield name, value


def _bucket_client(env: Mapping[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}, s3={"addressing_style": "path"}),
    )


def test_it_is_an_action_as_github_reads_it(document: dict[str, Any]) -> None:
    """("Metadata syntax": name, description, runs; a composite step with run has a shell.)"""
    assert {"name", "description", "runs"} <= set(document)
    assert document["runs"]["using"] == "composite"
    text = json.dumps(document)
    assert set(re.findall(r"inputs\.([\w-]+)", text)) <= set(document["inputs"])
    ids = {step["id"] for step in document["runs"]["steps"] if "id" in step}
    assert set(re.findall(r"steps\.([\w-]+)", text)) <= ids
    for step in document["runs"]["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert "run" not in step or step["shell"] == "bash"


def test_later_steps_reach_the_emulator(action: Action) -> None:
    port = str(choose_port(0))
    _, env, out = action(port=port)
    assert out["endpoint"] == env["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{port}"
    assert Path(out["tapstack"]).is_file()
    with urllib.request.urlopen(f"{out['endpoint']}/_localstack/health", timeout=10) as answer:
        assert answer.status == 200
    assert _bucket_client(env).list_buckets()["Buckets"] == []


def test_a_template_is_deployed_and_begun_with_the_next_time(
    action: Action, project_root: Path, tmp_path: Path
) -> None:
    """As from GitHub's cache: the state is where the action's cache has it."""
    inputs = {
        "port": str(choose_port(0)),
        "template": "examples/previews/infra/template.yml",
        "stack-name": "previews",
        "state-key": "any",
    }
    said, env, out = action(**inputs)
    assert "previews: 7 resources" in said
    assert (tmp_path / "tapstack" / "emulator" / "states" / "deployed.state").is_file()
    shown = subprocess.run(
        [out["tapstack"], "status", "--json"],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(shown.stdout)["stack"]["name"] == "previews"

    emulator.stop(tmp_path / "tapstack")
    said, _, _ = action(**inputs)
    assert "deployed is loaded" in said
    assert "previews: nothing to change" in said


def test_it_begins_with_a_state_that_a_job_saved(action: Action, tmp_path: Path) -> None:
    """By its name, with a template and without; where there is none yet, that is said."""
    inputs = {"port": str(choose_port(0)), "state-from": "seeded"}
    _, env, out = action(**inputs)
    assert out["began-with"] == ""
    _bucket_client(env).create_bucket(Bucket="seeded-bucket")
    surroundings = {**os.environ, **env}
    subprocess.run([out["tapstack"], "state", "save", "seeded"], env=surroundings, check=True)

    emulator.stop(tmp_path / "tapstack")
    _, env, out = action(**inputs)
    assert out["began-with"] == "seeded"
    buckets = _bucket_client(env).list_buckets()["Buckets"]
    assert [bucket["Name"] for bucket in buckets] == ["seeded-bucket"]

    emulator.stop(tmp_path / "tapstack")
    template = "examples/previews/infra/template.yml"
    said, env, out = action(**inputs, **{"template": template, "stack-name": "previews"})
    assert "seeded is loaded" in said
    assert out["began-with"] == "seeded"
    buckets = _bucket_client(env).list_buckets()["Buckets"]
    assert "seeded-bucket" in {bucket["Name"] for bucket in buckets}
