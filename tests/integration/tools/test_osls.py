"""osls, the Serverless Framework's maintained fork: deploys a service, and removes all of it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import yaml
from botocore.exceptions import ClientError

from harness.targets.embedded import EmbeddedTarget
from tests.integration.tools.running import npm_packages, output_of, variables

LOCK = Path(__file__).with_name("osls")
SERVICE = {
    "service": "thumbnails",
    "provider": {"name": "aws", "runtime": "python3.13", "stage": "dev", "region": "us-east-1"},
    "functions": {"resize": {"handler": "handler.resize", "events": [{"s3": "with-osls"}]}},
}

type Osls = Callable[..., str]


@pytest.fixture
def osls(installation: Path, target: EmbeddedTarget, tmp_path: Path) -> Osls:
    """Run it in a folder with a service, and return what it prints; a failure fails the test."""
    packages = npm_packages(LOCK, installation / "tools" / "osls")
    (tmp_path / "serverless.yml").write_text(yaml.safe_dump(SERVICE))
    (tmp_path / "handler.py").write_text("def resize(event, context):\n    return 'resized'\n")
    environment = variables(tmp_path, AWS_ENDPOINT_URL=target.endpoint)
    program = packages / "node_modules" / ".bin" / "osls"
    return partial(output_of, program, env=environment, cwd=tmp_path)


def test_a_service_is_deployed_invoked_and_removed(osls: Osls, target: EmbeddedTarget) -> None:
    """`remove` asks ECR for a repository of the service's images; nothing is left after it."""
    osls("deploy")
    assert "resized" in osls("invoke", "--function", "resize")
    osls("remove")
    with pytest.raises(ClientError, match="does not exist"):
        target.client("cloudformation").describe_stacks(StackName="thumbnails-dev")
    assert target.client("s3").list_buckets()["Buckets"] == []
