"""A local run cannot reach real AWS: the person's credentials and settings get nowhere.

One run in surroundings full of them – variables, ~/.aws, a proxy – is looked at from all sides.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.settings import read_settings
from harness.targets import emulator
from harness.targets.embedded import EmbeddedTarget
from tests.integration.templates import ROLE

SECRETS = ("AKIAENVIRONMENT", "AKIAHOMEFOLDER", "s3cret", "t0ken", "real-profile", "trap-region")

TEMPLATE = (
    """
Resources:
"""
    + ROLE
    + """\
      Policies:
        - PolicyName: look
          PolicyDocument:
            Version: 2012-10-17
            Statement: {Effect: Allow, Action: "s3:ListAllMyBuckets", Resource: "*"}
  Look:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: handler.handler
      Role: !GetAtt Role.Arn
      Code: ./code
      Timeout: 30
Outputs:
  Name: {Value: !Ref Look}
"""
)

HANDLER = '''
import os
from pathlib import Path

import boto3


def readable(path):
    try:
        return Path(path).read_text()
    except OSError:
        return None


def handler(event, context):
    """What a function can see of where it runs."""
    session = boto3.Session()
    client = session.client("s3")
    return {
        "environment": dict(os.environ),
        "files": [readable(path) for path in event["files"]],
        "home": readable(os.path.expanduser("~/.aws/credentials")),
        "access_key": session.get_credentials().access_key,
        "region": session.region_name,
        "endpoint": client.meta.endpoint_url,
        "buckets": [bucket["Name"] for bucket in client.list_buckets()["Buckets"]],
    }
'''


@dataclass(frozen=True)
class Surroundings:
    """A person's environment: `variables`, the files in ~/.aws, and where they would lead to."""

    variables: dict[str, str]
    files: list[str]
    trap: socket.socket

    def caught(self) -> bool:
        """Whether anybody connected to the endpoints and proxies of the variables."""
        try:
            self.trap.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """Credentials, profile, endpoints and proxies that must not be used."""
    home = tmp_path_factory.mktemp("home")
    files = [home / ".aws" / "credentials", home / ".aws" / "config"]
    files[0].parent.mkdir()
    for file in files:
        file.write_text(
            "[default]\naws_access_key_id=AKIAHOMEFOLDER\naws_secret_access_key=s3cret\n"
            "region=trap-region-1\n"
        )
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        trap_url = f"http://127.0.0.1:{trap.getsockname()[1]}"
        yield Surroundings(
            variables={
                "HOME": str(home),
                "AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT",
                "AWS_SECRET_ACCESS_KEY": "s3cret",
                "AWS_SESSION_TOKEN": "t0ken",
                "AWS_PROFILE": "real-profile",
                "AWS_REGION": "trap-region-1",
                "AWS_DEFAULT_REGION": "trap-region-1",
                "AWS_ENDPOINT_URL": trap_url,
                "AWS_ENDPOINT_URL_S3": trap_url,
                "AWS_ENDPOINT_URL_CLOUDFORMATION": trap_url,
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": trap_url,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": trap_url,
                "AWS_CONFIG_FILE": str(files[1]),
                "AWS_SHARED_CREDENTIALS_FILE": str(files[0]),
                "HTTP_PROXY": trap_url,
                "http_proxy": trap_url,
                "ALL_PROXY": trap_url,
            },
            files=[str(file) for file in files],
            trap=trap,
        )


@pytest.fixture(scope="module")
def target(
    surroundings: Surroundings, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[EmbeddedTarget]:
    """An emulator that `tapstack up` started in those surroundings, with a function that looks."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "code").mkdir()
    (folder / "code" / "handler.py").write_text(HANDLER)
    (folder / "template.yml").write_text(TEMPLATE)
    chosen = ["--state", str(folder / "state"), "--port", "0"]
    try:
        subprocess.run(
            [
                *(sys.executable, "-P", "-m", "harness", "up"),
                *("--template", str(folder / "template.yml"), *chosen),
            ],
            cwd=project_root,
            env={**os.environ, **surroundings.variables},
            check=True,
            timeout=240,
        )
        yield EmbeddedTarget(read_settings({"state_dir": folder / "state"}, env={}))
    finally:
        emulator.stop(folder / "state")


@pytest.fixture(scope="module")
def seen(target: EmbeddedTarget, surroundings: Surroundings) -> dict[str, Any]:
    """What the function saw."""
    stack = target.client("cloudformation").describe_stacks(StackName="tapstack-dev")["Stacks"][0]
    invoked = target.client("lambda").invoke(
        FunctionName=stack["Outputs"][0]["OutputValue"],
        Payload=json.dumps({"files": surroundings.files}),
    )
    answer = invoked["Payload"].read()
    assert "FunctionError" not in invoked, answer
    return dict(json.loads(answer))


def test_the_stack_is_in_the_emulator_and_nowhere_else(
    target: EmbeddedTarget, seen: dict[str, Any], surroundings: Surroundings
) -> None:
    """Deployed and invoked, and nobody connected to the endpoints and proxies of the variables."""
    assert seen["buckets"] == ["tapstack-artifacts-000000000000-us-east-1"]
    assert not surroundings.caught()


def test_the_emulators_processes_have_none_of_it(
    target: EmbeddedTarget, seen: dict[str, Any]
) -> None:
    """Neither the emulator's environment nor that of anything it started holds a secret."""
    pid = target.status()["pid"]
    assert isinstance(pid, int)
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    assert len(family) > 1, "the function's process should still be warm"
    for member in family:
        environment = Path(f"/proc/{member.pid}/environ").read_text()
        assert not [secret for secret in SECRETS if secret in environment], member.cmdline()


def test_a_function_sees_none_of_it(seen: dict[str, Any], target: EmbeddedTarget) -> None:
    """Its variables, its credentials and its endpoint are those of its role in the emulator."""
    text = json.dumps(seen["environment"])
    assert not [secret for secret in SECRETS if secret in text]
    assert not [name for name in seen["environment"] if name.lower().endswith("_proxy")]
    assert seen["access_key"].startswith("LSIA")  # what LocalStack's STS gives to a role
    assert seen["region"] == "us-east-1"
    assert seen["endpoint"] == target.endpoint


def test_a_function_cannot_read_the_home_folder(
    seen: dict[str, Any], target: EmbeddedTarget
) -> None:
    """~/.aws is not the person's; where the kernel gives namespaces, no path leads there either."""
    assert seen["home"] is None
    if "Functions share /tmp" not in Path(target.log).read_text():
        assert seen["files"] == [None, None]


def test_a_local_client_acts_in_localstacks_account(target: EmbeddedTarget) -> None:
    """Its credentials are the dummy ones, which LocalStack maps to the account of zeros."""
    assert target.client("sts").get_caller_identity()["Account"] == "000000000000"
