"""What a template has CloudFormation read, invoke and publish takes the rights of who acts.

AWS: CloudFormation User Guide, "Using macros", "Dynamic references"; CloudFormation Template
Reference, "AWS::Include transform".
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.iam import Statement, allow, bucket_of, deny, role_of, session_of, trust
from tests.emulator.stacks import Stack

CLOUDFORMATION = trust({"Service": "cloudformation.amazonaws.com"})
EXPAND = {"Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
MAY_MAKE = allow(["cloudformation:*", "sns:*"])


@pytest.fixture
def name() -> str:
    """A name that nothing else has."""
    return f"test-{uuid.uuid4().hex[:8]}"


@contextmanager
def stack_of(emulator: Emulator, *statements: Statement) -> Iterator[Stack]:
    """A stack of somebody who has these rights, deleted in the end by the account."""
    with session_of(emulator, *statements) as (_, client):
        stack = Stack(client("cloudformation"))
        yield stack
        emulator.client("cloudformation").delete_stack(StackName=stack.name)


def topic_with(text: Any) -> dict[str, Any]:
    """A template of a topic whose display name is a text."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": text}}
    return {"Resources": {"Topic": topic}}


def display_name(emulator: Emulator, stack: Stack) -> str:
    """The display name that the topic of a stack has."""
    found = emulator.client("sns").get_topic_attributes(TopicArn=stack.resource("Topic"))
    return str(found["Attributes"]["DisplayName"])


def refusal(stack: Stack, template: dict[str, Any], **request: Any) -> str:
    """What CreateStack says, which makes no stack."""
    with pytest.raises(ClientError) as refused:
        stack.create(template, **request)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError, match="does not exist"):
        stack.cloudformation.describe_stacks(StackName=stack.name)
    return str(refused.value.response["Error"]["Message"])


# Parameter Store


@pytest.fixture
def parameter(emulator: Emulator, name: str) -> Iterator[str]:
    """A parameter with the value `stored`."""
    ssm = emulator.client("ssm")
    ssm.put_parameter(Name=name, Value="stored", Type="String")
    yield name
    ssm.delete_parameter(Name=name)


def of_type(name: str) -> dict[str, Any]:
    """A template with a parameter that means one of the Parameter Store."""
    kind = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}
    return {"Parameters": {"Stored": kind}, **topic_with({"Ref": "Stored"})}


@pytest.mark.parametrize("written", ["reference", "type"])
def test_a_stored_parameter_is_read_by_who_asks(
    emulator: Emulator, parameter: str, written: str
) -> None:
    """The words are those of https://github.com/aws/aws-cdk/issues/20959."""
    references = topic_with(f"{{{{resolve:ssm:{parameter}:1}}}}")
    template = references if written == "reference" else of_type(parameter)
    with stack_of(emulator, MAY_MAKE) as stack:
        said = refusal(stack, template)
        assert said == "AccessDenied. User doesn't have permission to call ssm:GetParameters"
    with stack_of(emulator, MAY_MAKE, allow("ssm:GetParameters")) as stack:
        assert stack.create(template) == "CREATE_COMPLETE"
        assert display_name(emulator, stack) == "stored"


def test_a_parameter_that_is_not_there_makes_no_stack(emulator: Emulator, name: str) -> None:
    """What the former template refers to may be gone."""
    ssm = emulator.client("ssm")
    ssm.put_parameter(Name=name, Value="stored", Type="String")
    with stack_of(emulator, MAY_MAKE, allow("ssm:*")) as stack:
        assert stack.create(topic_with(f"{{{{resolve:ssm:{name}}}}}")) == "CREATE_COMPLETE"
        ssm.delete_parameter(Name=name)
        assert stack.update(topic_with("plain")) == "UPDATE_COMPLETE"
        assert display_name(emulator, stack) == "plain"
        gone = refusal(Stack(stack.cloudformation), topic_with(f"{{{{resolve:ssm:{name}}}}}"))
        assert gone == f"Parameters: [ssm:{name}] cannot be found."
        # Recorded: LocalStack v4.14.0, test_resolve_ssm_missing_parameter.
        typed = topic_with({"Ref": "P"})
        typed["Parameters"] = {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}}
        assert refusal(Stack(stack.cloudformation), typed) == (
            "Parameter P should either have input value or default value"
        )


# Secrets Manager


@pytest.fixture
def secret(emulator: Emulator, name: str) -> Iterator[str]:
    """A secret with a field `word`."""
    secrets = emulator.client("secretsmanager")
    secrets.create_secret(Name=name, SecretString=json.dumps({"word": "hidden"}))
    yield name
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_a_secret_is_read_when_a_resource_needs_it(emulator: Emulator, secret: str) -> None:
    """By the service role, if there is one, and by nobody who only describes the change set.

    The words are those of
    https://github.com/aws-samples/cdk-assume-role-credential-plugin/issues/49.
    """
    template = topic_with(f"{{{{resolve:secretsmanager:{secret}:SecretString:word}}}}")
    read = allow("secretsmanager:GetSecretValue")
    with ExitStack() as ends:
        poor = ends.enter_context(role_of(emulator, allow("sns:*"), trusting=CLOUDFORMATION))
        rich = ends.enter_context(role_of(emulator, allow("sns:*"), read, trusting=CLOUDFORMATION))
        mine = [allow("cloudformation:*"), allow("iam:PassRole")]
        stack = ends.enter_context(stack_of(emulator, *mine, read))
        assert stack.create(template, RoleARN=poor) == "ROLLBACK_COMPLETE"
        (reason,) = stack.reasons("CREATE_FAILED")
        assert "is not authorized to perform: secretsmanager:GetSecretValue" in reason
        stack.delete()
        stack = ends.enter_context(stack_of(emulator, *mine))
        plan = {"StackName": stack.name, "ChangeSetName": "c", "ChangeSetType": "CREATE"}
        stack.arn = stack.cloudformation.create_change_set(
            **plan, TemplateBody=json.dumps(template), RoleARN=rich
        )["StackId"]
        told = stack.cloudformation.describe_change_set(
            StackName=stack.name, ChangeSetName="c", IncludePropertyValues=True
        )
        assert "hidden" not in json.dumps(told, default=str)
        stack.cloudformation.execute_change_set(StackName=stack.name, ChangeSetName="c")
        assert stack.settled() == "CREATE_COMPLETE"
        assert display_name(emulator, stack) == "hidden"


# Macros


MACRO = """
def handler(event, context):
    made = event["fragment"]
    made["Resources"]["Topic"]["Properties"]["DisplayName"] = " and ".join(["expanded", *made])
    return {"requestId": event["requestId"], "status": "success", "fragment": made}
"""


def test_a_macro_is_invoked_by_who_asks(emulator: Emulator, name: str) -> None:
    """ "the user must have Invoke permissions for the underlying Lambda function" """
    template = {"Transform": name, **topic_with("plain")}
    with ExitStack() as ends:
        role = ends.enter_context(role_for(emulator))
        function = ends.enter_context(function_of(emulator, zipped(MACRO), role))
        macros = Stack(emulator.client("cloudformation"))
        ends.callback(macros.delete)
        made = {"Name": name, "FunctionName": function}
        macro = {"Type": "AWS::CloudFormation::Macro", "Properties": made}
        assert macros.create({"Resources": {"Macro": macro}}) == "CREATE_COMPLETE"

        stack = ends.enter_context(stack_of(emulator, MAY_MAKE))
        stack.arn = stack.cloudformation.create_change_set(
            StackName=stack.name,
            ChangeSetName="c",
            ChangeSetType="CREATE",
            TemplateBody=json.dumps(template),
            **EXPAND,
        )["StackId"]
        told = stack.cloudformation.describe_change_set(StackName=stack.name, ChangeSetName="c")
        assert told["Status"] == "FAILED"
        assert f"::{name} failed with: User: " in told["StatusReason"]
        assert "is not authorized to perform: lambda:InvokeFunction" in told["StatusReason"]

        may = [MAY_MAKE, allow("lambda:InvokeFunction")]
        stack = ends.enter_context(stack_of(emulator, *may))
        assert stack.create(template, **EXPAND) == "CREATE_COMPLETE"
        # The macro gets the template without its section Transform, as recorded:
        # cloudformation/test_template_engine.py::TestMacros::test_validate_lambda_internals.
        assert display_name(emulator, stack) == "expanded and Resources"


# AWS::Include


def test_what_is_included_is_read_by_who_asks(emulator: Emulator) -> None:
    """A bucket that is not there is named, as in an answer of AWS that stas keeps in its tests."""
    with bucket_of(emulator) as bucket:
        emulator.client("s3").put_object(
            Bucket=bucket, Key="part", Body=json.dumps({"DisplayName": "included"})
        )

        def template(place: str) -> dict[str, Any]:
            part = {"Name": "AWS::Include", "Parameters": {"Location": f"s3://{place}"}}
            topic = {"Type": "AWS::SNS::Topic", "Properties": {"Fn::Transform": part}}
            return {"Resources": {"Topic": topic}}

        with stack_of(emulator, MAY_MAKE) as stack:
            assert stack.create(template(f"{bucket}/part"), **EXPAND) == "CREATE_FAILED"
            (said,) = stack.reasons("ROLLBACK_IN_PROGRESS")
            assert said.startswith("Transform AWS::Include failed with: User: ")
            assert "is not authorized to perform: s3:GetObject" in said
        with stack_of(emulator, MAY_MAKE, allow("s3:GetObject")) as stack:
            assert stack.create(template(f"{bucket}/part"), **EXPAND) == "CREATE_COMPLETE"
            assert display_name(emulator, stack) == "included"
        with stack_of(emulator, MAY_MAKE, allow("s3:GetObject")) as stack:
            stack.create(template(f"no-{bucket}/part"), **EXPAND)
            (said,) = stack.reasons("ROLLBACK_IN_PROGRESS")
            missing = f"S3 bucket [no-{bucket}] does not exist."
            assert said == f"Transform AWS::Include failed with: {missing}"


# Notifications


def test_who_may_not_publish_notifies_nobody(emulator: Emulator, name: str) -> None:
    """The words: https://github.com/awslabs/aws-service-catalog-puppet/issues/19."""
    sns = emulator.client("sns")
    topic = sns.create_topic(Name=name)["TopicArn"]
    quiet = [MAY_MAKE, deny("sns:Publish", topic)]
    with stack_of(emulator, *quiet) as stack:
        said = refusal(stack, topic_with("x"), NotificationARNs=[topic])
        assert f"is not authorized to perform: SNS:Publish on resource: {topic}" in said
        assert "(Service: AmazonSNS; Status Code: 403; Error Code: AuthorizationError;" in said
        assert stack.create(topic_with("x")) == "CREATE_COMPLETE"
    with (
        role_of(emulator, *quiet, trusting=CLOUDFORMATION) as role,
        stack_of(emulator, MAY_MAKE, allow("iam:PassRole")) as stack,
    ):
        said = refusal(stack, topic_with("x"), NotificationARNs=[topic], RoleARN=role)
        assert "SNS:Publish" in said
        assert stack.create(topic_with("x"), NotificationARNs=[topic]) == "CREATE_COMPLETE"
    sns.delete_topic(TopicArn=topic)
