"""The plain AWS CLI, as the template is deployed without this project's own command line."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from harness.polling import wait_until
from harness.settings import read_settings
from harness.stack.package import build
from harness.stack.template import load_template, resource_types
from harness.targets.embedded import EmbeddedTarget
from tests.integration.tools.running import output_of, variables

# Not the default, so that nothing in the template can be tied to it.
REGION = "eu-central-1"
STACK = "tapstack-cli"
PACKAGES = "tapstack-cli-packages"

type Aws = Callable[..., str]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTarget]:
    """An emulator of this module's own."""
    options = {"state_dir": tmp_path_factory.mktemp("state"), "port": "0", "region": REGION}
    running = EmbeddedTarget(read_settings(options, env={}))
    running.start(background=False)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def aws(
    target: EmbeddedTarget, project_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Aws:
    """Run `aws ARGUMENTS` in the checkout and return what it prints; a failure fails the test."""
    environment = variables(
        tmp_path_factory.mktemp("home"),
        AWS_ENDPOINT_URL=target.endpoint,
        AWS_DEFAULT_REGION=REGION,
        AWS_DEFAULT_OUTPUT="json",
    )
    program = Path(sys.executable).with_name("aws")
    return partial(output_of, program, env=environment, cwd=project_root)


@dataclass(frozen=True)
class Deployed:
    """A stack that the AWS CLI made."""

    packaged: Path
    outputs: dict[str, str]


@pytest.fixture(scope="module")
def deployed(
    aws: Aws, target: EmbeddedTarget, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    """Package and deploy; empty the buckets and delete the stack at the end."""
    build(read_settings(env={}), target.architecture)
    packaged = tmp_path_factory.mktemp("packaged") / "TapStack.yml"
    aws("s3", "mb", f"s3://{PACKAGES}")
    aws(
        *("cloudformation", "package", "--template-file", "infra/TapStack.yml"),
        *("--s3-bucket", PACKAGES, "--output-template-file", packaged),
    )
    deploy(aws, packaged, target.architecture)
    [stack] = described(aws)
    yield Deployed(packaged, {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]})
    for output in stack["Outputs"]:
        if output["OutputKey"].endswith("BucketName"):
            empty(target.client("s3"), output["OutputValue"])
    aws("cloudformation", "delete-stack", "--stack-name", STACK)
    wait_until(
        lambda: target.client("cloudformation").describe_stacks(StackName=stack["StackId"]),
        until=lambda answer: answer["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE",
        deadline_s=60,
        describe="the end of the stack's deletion",
    )


def deploy(aws: Aws, packaged: Path, architecture: str) -> str:
    """The command of the README."""
    return aws(
        *("cloudformation", "deploy", "--template-file", packaged, "--stack-name", STACK),
        *("--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset"),
        *("--parameter-overrides", "EnvironmentSuffix=cli", f"Architecture={architecture}"),
    )


def described(aws: Aws) -> list[dict[str, Any]]:
    """What CloudFormation says about the stack."""
    answer = aws("cloudformation", "describe-stacks", "--stack-name", STACK)
    found: list[dict[str, Any]] = json.loads(answer)["Stacks"]
    return found


def empty(s3: Any, bucket: str) -> None:
    """Remove all versions of everything: CloudFormation deletes a bucket only when it is empty."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def test_package_and_deploy_reach_create_complete(aws: Aws, deployed: Deployed) -> None:
    """Every output has a value and is exported under the stack's name."""
    [stack] = described(aws)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    exports = json.loads(aws("cloudformation", "list-exports"))["Exports"]
    assert {export["Name"]: export["Value"] for export in exports} == {
        f"{STACK}-{name}": value for name, value in deployed.outputs.items()
    }
    assert all(deployed.outputs.values())
    assert "unknown" not in deployed.outputs.values()


def test_every_resource_is_made(aws: Aws, deployed: Deployed, project_root: Path) -> None:
    """All that the template names is there."""
    expected = resource_types(load_template(project_root / "infra" / "TapStack.yml"))
    answer = aws("cloudformation", "describe-stack-resources", "--stack-name", STACK)
    made = {
        resource["LogicalResourceId"]: resource["ResourceType"]
        for resource in json.loads(answer)["StackResources"]
        if resource["ResourceStatus"] == "CREATE_COMPLETE"
    }
    assert made == dict(expected)


def test_names_and_arns_are_those_of_the_region_and_environment(deployed: Deployed) -> None:
    """Nothing points to another Region."""
    outputs = deployed.outputs
    assert outputs["UploadBucketName"] == "image-upload-bucket-cli-000000000000"
    assert outputs["ProcessedBucketName"] == "processed-images-bucket-cli-000000000000"
    assert outputs["FunctionArn"] == (
        f"arn:aws:lambda:{REGION}:000000000000:function:image-processor-cli"
    )
    assert outputs["LogGroupName"] == "/aws/lambda/image-processor-cli"
    assert outputs["DashboardUrl"] == (
        f"https://{REGION}.console.aws.amazon.com/cloudwatch/home"
        f"?region={REGION}#dashboards/dashboard/image-processing-cli"
    )


def test_deploying_again_changes_nothing(
    aws: Aws, deployed: Deployed, target: EmbeddedTarget
) -> None:
    """The same template and parameters make an empty change set."""
    assert "No changes to deploy" in deploy(aws, deployed.packaged, target.architecture)


def test_the_deployed_pipeline_processes_a_picture(
    deployed: Deployed, target: EmbeddedTarget
) -> None:
    """What the AWS CLI has put together works from end to end."""
    s3, picture = target.client("s3"), BytesIO()
    Image.new("RGB", (1600, 1200), "teal").save(picture, "JPEG")
    s3.put_object(
        Bucket=deployed.outputs["UploadBucketName"],
        Key="uploads/teal.jpg",
        Body=picture.getvalue(),
    )
    bucket = deployed.outputs["ProcessedBucketName"]
    [output] = wait_until(
        lambda: s3.list_objects_v2(Bucket=bucket).get("Contents", []),
        deadline_s=60,
        describe="a processed picture",
    )
    assert output["Key"] == "processed/teal.jpg"
    body = s3.get_object(Bucket=bucket, Key=output["Key"])["Body"].read()
    assert Image.open(BytesIO(body)).size == (1024, 768)
