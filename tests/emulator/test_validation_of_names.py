"""Names that are taken, and buckets that are not empty, are found before a deployment.

AWS: CloudFormation User Guide, "Validate stack deployments". The answers are those that AWS gave on
30 September 2026 (radkawar/stackd, testdata/aws/cloudformation/function_resource_policy_validation.
json) and to https://github.com/aws-cloudformation/rain/pull/744.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.stacks import Stack


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    s3, name = emulator.client("s3"), f"taken-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    yield name
    s3.delete_bucket(Bucket=name)


def _template(name: str) -> dict[str, Any]:
    return {
        "Parameters": {"Name": {"Type": "String", "Default": name}},
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Photos": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "Name"}}},
        },
    }


def _findings(stack: Stack, **which: str) -> list[dict[str, str]]:
    events = stack.cloudformation.describe_events(**which)["OperationEvents"]
    return [one for one in events if one["EventType"] == "VALIDATION_ERROR"]


def test_a_creation_fails_before_anything_is_made(stack: Stack, bucket: str) -> None:
    assert stack.create(_template(bucket)) == "ROLLBACK_COMPLETE"

    (found,) = _findings(stack, StackName=stack.arn)
    assert found["ValidationName"] == "NAME_CONFLICT_VALIDATION"
    assert (found["ValidationFailureMode"], found["ValidationStatus"]) == ("FAIL", "FAILED")
    assert found["ValidationPath"] == "/Resources/Photos"
    assert found["ValidationStatusReason"] == (
        f"Resource of type 'AWS::S3::Bucket' with identifier '{bucket}' already exists."
    )
    assert stack.statuses("Topic") == []


def test_a_change_set_fails_with_the_name_of_the_check(stack: Stack, bucket: str) -> None:
    client = stack.cloudformation
    stack.arn = client.create_change_set(
        StackName=stack.name,
        ChangeSetName="taken",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(_template(bucket)),
    )["StackId"]
    described = client.describe_change_set(StackName=stack.name, ChangeSetName="taken")
    assert described["StatusReason"] == (
        "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. "
        "To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure "
        "information."
    )
    assert len(_findings(stack, StackName=stack.name, ChangeSetName="taken")) == 1


def test_an_update_that_takes_a_name_fails_and_one_that_keeps_it_does_not(
    stack: Stack, bucket: str
) -> None:
    own = f"own-{uuid.uuid4().hex[:12]}"
    assert stack.create(_template(own)) == "CREATE_COMPLETE"
    assert stack.update(_template(bucket)) == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.reasons("UPDATE_FAILED")[0].startswith("Validation failed with 1 error(s).")
    titled = _template(own)
    titled["Resources"]["Topic"]["Properties"] = {"DisplayName": "t"}
    assert stack.update(titled) == "UPDATE_COMPLETE"


def test_functions_groups_and_roles_have_names_too(emulator: Emulator, stack: Stack) -> None:
    logs, group = emulator.client("logs"), f"/test/{uuid.uuid4().hex}"
    code = zipped("def handler(event, context):\n    return 1\n")
    with role_for(emulator) as role, function_of(emulator, code, role) as function:
        logs.create_log_group(logGroupName=group)
        names = {
            "Function": ("AWS::Lambda::Function", "FunctionName", function.rsplit(":", 1)[1]),
            "Group": ("AWS::Logs::LogGroup", "LogGroupName", group),
            "Role": ("AWS::IAM::Role", "RoleName", role.rsplit("/", 1)[1]),
        }
        more: dict[str, dict[str, Any]] = {
            "Function": {"Role": role, "Code": {"ZipFile": "x"}},
            "Role": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
        }
        more["Function"] |= {"Runtime": "python3.13", "Handler": "index.handler"}
        resources = {
            key: {"Type": kind, "Properties": {member: name, **more.get(key, {})}}
            for key, (kind, member, name) in names.items()
        }
        status = stack.create({"Resources": resources}, Capabilities=["CAPABILITY_NAMED_IAM"])
        logs.delete_log_group(logGroupName=group)
    assert status == "ROLLBACK_COMPLETE"
    assert {
        one["LogicalResourceId"]
        for one in _findings(stack, StackName=stack.arn)
        if one["ValidationName"] == "NAME_CONFLICT_VALIDATION"
    } == {"Function", "Group", "Role"}


def test_a_bucket_that_is_not_empty_is_a_warning(emulator: Emulator, stack: Stack) -> None:
    """The change set can be executed all the same."""
    name, client = f"full-{uuid.uuid4().hex[:12]}", stack.cloudformation
    assert stack.create(_template(name)) == "CREATE_COMPLETE"
    s3 = emulator.client("s3")
    s3.put_object(Bucket=name, Key="photo.jpg", Body=b"x")
    without = _template(name)
    del without["Resources"]["Photos"]
    which = {"StackName": stack.name, "ChangeSetName": "without"}
    client.create_change_set(**which, TemplateBody=json.dumps(without))
    described = client.describe_change_set(**which)
    (found,) = _findings(stack, **which)
    s3.delete_object(Bucket=name, Key="photo.jpg")
    assert (described["Status"], described["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert found["ValidationName"] == "BUCKET_EMPTINESS_VALIDATION"
    assert found["ValidationFailureMode"] == "WARN"
    assert found["ValidationStatusReason"].startswith(f"The bucket '{name}' is not empty.")
