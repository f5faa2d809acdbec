"""Templates that are rewritten before they are deployed: SAM, language extensions, nested stacks.

AWS: CloudFormation Template Reference, "Transform macros"; SAM Developer Guide, "Globals section".
"""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack

QUEUE = {"Type": "AWS::SQS::Queue"}
EXPAND = {"Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]}


# SAM

_FUNCTION = {
    "Type": "AWS::Serverless::Function",
    "Properties": {"InlineCode": "def handler(event, context): return 1"},
}


def _sam(**properties: Any) -> dict[str, Any]:
    function = {**_FUNCTION, "Properties": {**_FUNCTION["Properties"], **properties}}  # type: ignore[dict-item]
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {
            "Function": {"Runtime": "python3.13", "Handler": "index.handler", "Timeout": 7}
        },
        "Resources": {"Function": function},
        "Outputs": {"Name": {"Value": {"Ref": "Function"}}},
    }


def test_globals_are_for_every_function(emulator: Emulator, stack: Stack) -> None:
    """The section Globals belongs to the transform, and its values to the functions."""
    assert stack.create(_sam(), **EXPAND) == "CREATE_COMPLETE"

    function = emulator.client("lambda").get_function_configuration(
        FunctionName=stack.outputs()["Name"]
    )
    assert function["Timeout"] == 7


def test_the_same_template_again_is_no_change(stack: Stack) -> None:
    """SAM's CLI and that of AWS then have nothing to deploy; UpdateStack updates all the same.

    The latter is recorded: LocalStack v4.14.0, cloudformation/api/test_stacks.py,
    test_update_stack_with_same_template_withoutchange_transformation.
    """
    request = {"StackName": stack.name, "TemplateBody": json.dumps(_sam()), **EXPAND}
    stack.create(_sam(), **EXPAND)

    made = stack.cloudformation.create_change_set(ChangeSetName="again", **request)
    found = stack.cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"].startswith("The submitted information didn't contain changes.")
    assert stack.update(_sam(), **EXPAND) == "UPDATE_COMPLETE"
    assert stack.update(_sam(Timeout=9), **EXPAND) == "UPDATE_COMPLETE"


def test_a_transform_has_to_be_acknowledged(stack: Stack) -> None:
    """Without CAPABILITY_AUTO_EXPAND nothing is created; the role that SAM makes needs its own."""
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_AUTO_EXPAND\]"):
        stack.create(_sam(), Capabilities=["CAPABILITY_IAM"])
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_IAM\]"):
        stack.create(_sam(), Capabilities=["CAPABILITY_AUTO_EXPAND"])


def test_a_transform_that_fails_does_not_touch_the_stack(stack: Stack) -> None:
    """The change set has failed, the stack is what it was and can be updated."""
    stack.create(_sam(), **EXPAND)

    made = stack.cloudformation.create_change_set(
        StackName=stack.name, ChangeSetName="c", TemplateBody=json.dumps(_sam(Nope=1)), **EXPAND
    )

    described = stack.cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert described["Status"] == "FAILED"
    assert "Nope" in described["StatusReason"]
    assert stack.settled() == "CREATE_COMPLETE"
    assert stack.update(_sam(Timeout=8), **EXPAND) == "UPDATE_COMPLETE"


# Language extensions


def test_resources_and_outputs_are_made_in_loops(emulator: Emulator, stack: Stack) -> None:
    """Fn::ForEach over a parameter's list, in loops within loops, and what changes with it."""
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Names": {"Type": "CommaDelimitedList"}},
        "Resources": {
            "Fn::ForEach::Each": [
                "Name",
                {"Ref": "Names"},
                {
                    "Fn::ForEach::Kind": [
                        "Kind",
                        ["Fast", "Slow"],
                        {
                            "Queue${Kind}&{Name}": {
                                "Type": "AWS::SQS::Queue",
                                "Properties": {
                                    "QueueName": {"Fn::Sub": f"{stack.name}-${{Name}}-${{Kind}}"},
                                    "DelaySeconds": {"Fn::Length": {"Ref": "Names"}},
                                },
                            }
                        },
                    ]
                },
            ]
        },
        "Outputs": {
            "Fn::ForEach::Outs": [
                "Kind",
                ["Fast", "Slow"],
                {"${Kind}": {"Value": {"Fn::GetAtt": ["Queue${Kind}a", "QueueName"]}}},
            ]
        },
    }

    def given(names: str) -> dict[str, Any]:
        return {"Parameters": [{"ParameterKey": "Names", "ParameterValue": names}], **EXPAND}

    assert stack.create(template, **given("a,b-1")) == "CREATE_COMPLETE"

    assert stack.outputs() == {"Fast": f"{stack.name}-a-Fast", "Slow": f"{stack.name}-a-Slow"}
    assert f"{stack.name}-b-1-Slow" in stack.resource("QueueSlowb1")
    assert stack.update(template, **given("a,c")) == "UPDATE_COMPLETE"
    sqs = emulator.client("sqs")
    urls = sqs.list_queues(QueueNamePrefix=stack.name)["QueueUrls"]
    assert sorted(url.rsplit(stack.name)[1] for url in urls) == [
        "-a-Fast",
        "-a-Slow",
        "-c-Fast",
        "-c-Slow",
    ]
    body = stack.cloudformation.get_template(StackName=stack.name)["TemplateBody"]
    assert "Fn::ForEach::Each" in body["Resources"]


def test_texts_in_loops_are_joined_by_the_transform(stack: Stack) -> None:
    """The processed template has the text, where all of its parts are texts by then.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_transform_foreach.
    """
    named = {"QueueName": {"Fn::Join": ["-", [stack.name, {"Ref": "Name"}]]}}
    loop = ["Name", ["a"], {"Queue${Name}": {**QUEUE, "Properties": named}}]
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Resources": {"Fn::ForEach::Each": loop},
    }
    assert stack.create(template, **EXPAND) == "CREATE_COMPLETE"

    made = stack.cloudformation.get_template(StackName=stack.name, TemplateStage="Processed")

    properties = made["TemplateBody"]["Resources"]["Queuea"]["Properties"]
    assert properties == {"QueueName": f"{stack.name}-a"}


def test_values_are_made_into_texts_and_looked_up(stack: Stack) -> None:
    """Fn::ToJsonString with references in it, and Fn::FindInMap with a default."""
    outputs = {
        "Json": {"Fn::ToJsonString": {"a": [1, {"Fn::GetAtt": ["Queue", "QueueName"]}]}},
        "Default": {"Fn::FindInMap": ["Map", "x", "y", {"DefaultValue": "default"}]},
        "Found": {"Fn::FindInMap": ["Map", {"Ref": "Key"}, "v", {"DefaultValue": "default"}]},
    }
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Key": {"Type": "String", "Default": "k"}},
        "Mappings": {"Map": {"k": {"v": "found"}}},
        "Resources": {"Queue": {**QUEUE, "Properties": {"QueueName": stack.name}}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }

    assert stack.create(template, **EXPAND) == "CREATE_COMPLETE"

    assert stack.outputs() == {
        "Json": f'{{"a":[1,"{stack.name}"]}}',
        "Default": "default",
        "Found": "found",
    }


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"Fn::ForEach::Q": ["N", {"Q${N}": QUEUE}]}, "Fn::ForEach::Q layout is incorrect"),
        ({"Fn::ForEach::Q": ["N", {"Ref": "Q"}, {"Q${N}": QUEUE}]}, "Ref cannot be resolved"),
        ({"Fn::ForEach::Q": ["N", ["a", "b"], {"Q": QUEUE}]}, "the key Q more than once"),
    ],
)
def test_a_loop_that_cannot_be_unrolled_is_refused(
    stack: Stack, resources: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        stack.create({"Transform": "AWS::LanguageExtensions", "Resources": resources}, **EXPAND)


# Nested stacks


@pytest.fixture
def bucket(emulator: Emulator) -> str:
    name = f"test-{uuid.uuid4().hex}"
    emulator.client("s3").create_bucket(Bucket=name)
    return name


def _url(emulator: Emulator, bucket: str, template: dict[str, Any]) -> str:
    key = uuid.uuid4().hex
    emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(template))
    return f"{emulator.endpoint}/{bucket}/{key}"


def _nested(url: str, **parameters: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": url, "Parameters": parameters},
    }


def test_outputs_of_nested_stacks_are_there(emulator: Emulator, stack: Stack, bucket: str) -> None:
    """A nested stack is complete when it has its outputs; an update changes it in place."""
    child = {
        "Parameters": {"P": {"Type": "CommaDelimitedList"}},
        "Resources": {"Queue": QUEUE},
        "Outputs": {"X": {"Value": {"Fn::Join": ["+", {"Ref": "P"}]}}},
    }
    url = _url(emulator, bucket, child)

    def template(last: str) -> dict[str, Any]:
        return {
            "Resources": {f"N{n}": _nested(url, P=[str(n), last]) for n in range(8)},
            "Outputs": {
                f"O{n}": {"Value": {"Fn::GetAtt": [f"N{n}", "Outputs.X"]}} for n in range(8)
            },
        }

    assert stack.create(template("a")) == "CREATE_COMPLETE"
    assert stack.outputs() == {f"O{n}": f"{n}+a" for n in range(8)}
    assert stack.update(template("b")) == "UPDATE_COMPLETE"
    assert stack.outputs() == {f"O{n}": f"{n}+b" for n in range(8)}


def test_a_nested_stack_that_fails_names_its_resource(
    emulator: Emulator, stack: Stack, bucket: str
) -> None:
    """The parent says which stack failed and why, and nothing of it is left."""
    bad = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "not..a.bucket"}}
    url = _url(emulator, bucket, {"Resources": {"Queue": QUEUE, "Bad": bad}})

    assert stack.create({"Resources": {"Nested": _nested(url)}}) == "ROLLBACK_COMPLETE"

    (reason,) = stack.reasons("CREATE_FAILED")
    assert reason.startswith("Embedded stack arn:aws:cloudformation:us-east-1:000000000000:stack/")
    assert "The following resource(s) failed to create: [Bad]" in reason
    pages = stack.cloudformation.get_paginator("describe_stacks").paginate()
    there = [one["StackName"] for page in pages for one in page["Stacks"]]
    assert [name for name in there if name.startswith(f"{stack.name}-")] == []


def test_a_nested_stack_that_stays_is_named(emulator: Emulator, stack: Stack, bucket: str) -> None:
    """A child in DELETE_FAILED fails the parent's deletion, with the child's reason."""
    s3, name = emulator.client("s3"), f"{stack.name}-full"
    full = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}
    stack.create(
        {"Resources": {"Nested": _nested(_url(emulator, bucket, {"Resources": {"B": full}}))}}
    )
    s3.put_object(Bucket=name, Key="k", Body=b"x")

    assert stack.delete() == "DELETE_FAILED"

    of_the_stack, of_the_resource = stack.reasons("DELETE_FAILED")
    assert "[Nested]" in of_the_stack
    assert "The following resource(s) failed to delete: [B]" in of_the_resource
    s3.delete_object(Bucket=name, Key="k")
    assert stack.delete() == "DELETE_COMPLETE"
