"""ECR has the repositories that stacks made, and says of others that they do not exist."""

import uuid

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack


def test_a_repository_is_there_with_its_stack_and_others_do_not_exist(emulator: Emulator) -> None:
    """As osls asks before it removes a service; nothing can be put into one."""
    ecr, name = emulator.client("ecr"), f"assets-{uuid.uuid4().hex[:8]}"
    for missing in (name, "serverless-thumbnails-dev"):
        with pytest.raises(ecr.exceptions.RepositoryNotFoundException, match=missing) as error:
            ecr.describe_repositories(repositoryNames=[missing], registryId="000000000000")
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    stack = Stack(emulator.client("cloudformation"))
    properties = {"RepositoryName": name}
    resource = {"Type": "AWS::ECR::Repository", "Properties": properties}
    try:
        assert stack.deploy({"Resources": {"Assets": resource}}) == "CREATE_COMPLETE"
        (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
        assert found["repositoryArn"] == f"arn:aws:ecr:us-east-1:000000000000:repository/{name}"
        assert found in ecr.describe_repositories()["repositories"]
        with pytest.raises(ClientError, match="ListImages of ecr is not emulated here"):
            ecr.list_images(repositoryName=name)
    finally:
        stack.delete()
    assert name not in {
        each["repositoryName"] for each in ecr.describe_repositories()["repositories"]
    }
