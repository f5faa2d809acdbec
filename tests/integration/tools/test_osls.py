"""osls, the Serverless Framework's maintained fork: deploys a service, and removes all of it."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from botocore.exceptions import ClientError

from harness.function_runtimes import NodeSdk
from harness.targets.embedded import EmbeddedTarget
from tests.conftest import SURROUNDINGS

LOCK = Path(__file__).with_name("osls")
SERVICE = {
    "service": "thumbnails",
    "provider": {"name": "aws", "runtime": "python3.13", "stage": "dev", "region": "us-east-1"},
    "functions": {"resize": {"handler": "handler.resize", "events": [{"s3": "with-osls"}]}},
}

type Osls = Callable[..., str]


def _install(*command: str | Path) -> None:
    subprocess.run(command, env=SURROUNDINGS, check=True)


@pytest.fixture
def osls(installation: Path, target: EmbeddedTarget, tmp_path: Path) -> Osls:
    """Run it in a folder with a service, and return what it prints; a failure fails the test."""
    installed = NodeSdk(LOCK, installation / "tools" / "osls")
    if installed.wanted():
        installed.make(_install)
    if not installed.complete():
        assert os.environ.get("TAPSTACK_REQUIRE_RUNTIMES") != "1"
        pytest.skip("needs npm")
    (tmp_path / "serverless.yml").write_text(yaml.safe_dump(SERVICE))
    (tmp_path / "handler.py").write_text("def resize(event, context):\n    return 'resized'\n")

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [installed.folder / "node_modules" / ".bin" / "osls", *arguments],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "AWS_ENDPOINT_URL": str(target.endpoint),
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_service_is_deployed_invoked_and_removed(osls: Osls, target: EmbeddedTarget) -> None:
    """`remove` asks ECR for a repository of the service's images; nothing is left after it."""
    osls("deploy")
    assert "resized" in osls("invoke", "--function", "resize")
    osls("remove")
    with pytest.raises(ClientError, match="does not exist"):
        target.client("cloudformation").describe_stacks(StackName="thumbnails-dev")
    assert target.client("s3").list_buckets()["Buckets"] == []
