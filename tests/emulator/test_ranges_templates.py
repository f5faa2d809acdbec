"""A stack fails where a service refuses what its template says, and nothing is left without effect.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-reference.html
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack

NOBODY = "arn:aws:sqs:us-east-1:000000000000:nobody"
TRUST = {
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
}


def _function(**properties: Any) -> dict[str, Any]:
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
        "It": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": "def handler(event, context): pass"},
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.13",
                **properties,
            },
        },
    }


def _one(kind: str, **properties: Any) -> dict[str, Any]:
    return {"It": {"Type": kind, "Properties": properties}}


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        (
            _one(
                "AWS::SQS::Queue",
                RedrivePolicy={"deadLetterTargetArn": NOBODY, "maxReceiveCount": 3},
            ),
            "Dead letter target does not exist.",
        ),
        (
            _one("AWS::CloudWatch::CompositeAlarm", AlarmName="a", AlarmRule="junk"),
            "AlarmRule is not a valid expression.",
        ),
        (_one("AWS::SNS::Topic", SignatureVersion="9"), "SignatureVersion: Invalid value [9]."),
        (_function(ImageConfig={"Command": ["c"]}), "ImageConfig is for functions of the package"),
    ],
)
def test_a_resource_that_its_service_refuses_fails(
    stack: Stack, resources: dict[str, Any], said: str
) -> None:
    created = stack.create({"Resources": resources}, Capabilities=["CAPABILITY_IAM"])
    assert created == "ROLLBACK_COMPLETE"
    assert any(said in reason for reason in stack.reasons("CREATE_FAILED"))


def test_a_user_has_the_policies_and_the_password_of_the_template(
    emulator: Emulator, stack: Stack
) -> None:
    """AWS::IAM::User, Policies and LoginProfile."""
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [allowed]}
    user = _one(
        "AWS::IAM::User",
        Policies=[{"PolicyName": "reads", "PolicyDocument": document}],
        LoginProfile={"Password": "correct-Horse-7", "PasswordResetRequired": True},
    )
    template = {"Resources": user, "Outputs": {"Name": {"Value": {"Ref": "It"}}}}
    created = stack.create(template, Capabilities=["CAPABILITY_IAM"])
    assert created == "CREATE_COMPLETE", stack.reasons("CREATE_FAILED")

    iam, name = emulator.client("iam"), stack.outputs()["Name"]
    policy = iam.get_user_policy(UserName=name, PolicyName="reads")["PolicyDocument"]
    assert (json.loads(policy) if isinstance(policy, str) else policy) == document
    assert iam.get_login_profile(UserName=name)["LoginProfile"]["UserName"] == name


def test_hooks_are_refused(stack: Stack) -> None:
    """CloudFormation User Guide, "Perform ECS blue/green deployments": they change an update."""
    hooks = {"Deploy": {"Type": "AWS::CodeDeploy::BlueGreen", "Properties": {}}}
    with pytest.raises(ClientError, match="The section Hooks is not emulated here"):
        stack.create({"Resources": _one("AWS::SNS::Topic"), "Hooks": hooks})
