"""What CloudFormation refuses before it creates anything, in AWS's words.

Each refusal is the answer to CreateStack and to CreateChangeSet, and no stack comes of it.
"""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack

TOPIC = {"Type": "AWS::SNS::Topic"}


def _refusal(emulator: Emulator, template: dict[str, Any], **request: Any) -> tuple[str, str]:
    """The error code and message with which CreateStack and CreateChangeSet answer."""
    cloudformation = emulator.client("cloudformation")
    name = f"test-{uuid.uuid4().hex}"
    request |= {"StackName": name, "TemplateBody": json.dumps(template)}
    with pytest.raises(ClientError) as direct:
        cloudformation.create_stack(**request)
    with pytest.raises(ClientError) as by_change_set:
        cloudformation.create_change_set(ChangeSetName="c", ChangeSetType="CREATE", **request)
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)
    error = direct.value.response["Error"]
    assert by_change_set.value.response["Error"] == error
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            {
                "Resources": {
                    "Topic": {**TOPIC, "DependsOn": "Queue"},
                    "Queue": {
                        "Type": "AWS::SQS::Queue",
                        "Properties": {"QueueName": {"Fn::GetAtt": ["Topic", "TopicName"]}},
                    },
                    "Other": TOPIC,
                }
            },
            "Circular dependency between resources: [Topic, Queue]",
        ),
        (
            {"Resources": {"One": {"Type": "AWS::Nope::X"}, "Two": {"Type": "AWS::SNS::Topik"}}},
            "Template format error: Unrecognized resource types: [AWS::Nope::X, AWS::SNS::Topik]",
        ),
        (
            {
                "Resources": {
                    "Topic": {**TOPIC, "Properties": {"DisplayName": {"Ref": "Gone"}}},
                }
            },
            "Template format error: Unresolved resource dependencies [Gone] in the Resources "
            "block of the template",
        ),
        (
            {"Resources": {"Topic": {**TOPIC, "DependsOn": ["Gone"]}}},
            "Template format error: Unresolved resource dependencies [Gone] in the Resources "
            "block of the template",
        ),
        (
            {"Resources": {"Topic": TOPIC}, "Outputs": {"O": {"Value": {"Fn::Sub": "${Gone}"}}}},
            "Template format error: Unresolved resource dependencies [Gone] in the Outputs "
            "block of the template",
        ),
        (
            {
                "Resources": {"Topic": TOPIC},
                "Outputs": {"O": {"Value": {"Fn::GetAtt": ["Gone", "Arn"]}}},
            },
            "Template error: instance of Fn::GetAtt references undefined resource Gone",
        ),
        (
            {
                "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
                "Outputs": {"O": {"Value": {"Fn::GetAtt": ["Bucket", "Arm"]}}},
            },
            "Template error: resource Bucket does not support attribute type Arm in Fn::GetAtt",
        ),
        (
            {
                "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
                "Outputs": {"O": {"Value": {"Fn::Sub": "${Bucket.Arm}"}}},
            },
            "Template error: resource Bucket does not support attribute type Arm in Fn::GetAtt",
        ),
        (
            {"Resources": {"Topic": {**TOPIC, "Condition": "IsProd"}}},
            "Template format error: Unresolved condition dependency IsProd in the Resources "
            "block of the template",
        ),
        (
            {"Resources": {"Topic": TOPIC}, "Outputs": {"O": {"Description": "no value"}}},
            "Template format error: Every Outputs member must contain a Value object",
        ),
        (
            {"Resources": {"Topic": {**TOPIC, "Propertys": {}}}},
            "Invalid template resource property 'Propertys'",
        ),
        (
            {"Resources": {"Topic": TOPIC}, "Ressources": {}},
            "Invalid template property or properties [Ressources]",
        ),
        (
            {"Description": "nothing"},
            "Template format error: At least one Resources member must be defined.",
        ),
    ],
)
def test_a_wrong_template_is_refused(
    emulator: Emulator, template: dict[str, Any], message: str
) -> None:
    """ValidationError, before anything is created.

    AWS: CloudFormation User Guide, "Troubleshooting CloudFormation", and the messages that people
    report, such as https://github.com/aws-samples/cookiecutter-aws-sam-dotnet/issues/1.
    """
    assert _refusal(emulator, template) == ("ValidationError", message)
    with pytest.raises(ClientError) as refusal:
        emulator.client("cloudformation").validate_template(TemplateBody=json.dumps(template))
    assert refusal.value.response["Error"]["Message"] == message


def test_the_length_of_a_template_is_looked_at_first(emulator: Emulator) -> None:
    """Before its form and the capabilities that it needs, and by ValidateTemplate as well."""
    client = emulator.client("cloudformation")
    role = {"Type": "AWS::IAM::Role", "Metadata": "x" * 51_200}
    for operation, body in (
        ("create_stack", json.dumps({"Resources": {"Role": role}})),
        ("create_stack", " " * 51_201),
        ("validate_template", " " * 51_201),
    ):
        named = {} if operation == "validate_template" else {"StackName": "long"}
        with pytest.raises(ClientError, match="length less than or equal to 51200") as refusal:
            getattr(client, operation)(**named, TemplateBody=body)
        assert refusal.value.response["Error"]["Code"] == "ValidationError"


def test_what_looks_like_a_reference_is_left_alone(emulator: Emulator) -> None:
    """Literals of Fn::Sub, its own variables, metadata and policy conditions are no references."""
    stack = Stack(emulator.client("cloudformation"))
    text = {"Fn::Sub": ["${!Gone} ${Mine} ${AWS::Region}", {"Mine": {"Ref": "Suffix"}}]}
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": {"Ref": "Topic"},
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    template = {
        "Parameters": {"Suffix": {"Type": "String", "Default": "x"}},
        "Resources": {
            "Topic": {**TOPIC, "Metadata": {"Ref": "Gone"}, "Properties": {"DisplayName": text}},
            "Policy": {
                "Type": "AWS::SNS::TopicPolicy",
                "Properties": {
                    "Topics": [{"Ref": "Topic"}],
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
                },
            },
        },
    }

    assert stack.deploy(template) == "CREATE_COMPLETE"

    topic = emulator.client("sns").get_topic_attributes(TopicArn=stack.resource("Topic"))
    assert topic["Attributes"]["DisplayName"] == "${Gone} x us-east-1"
    stack.delete()


ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}
NAMED = {**ROLE, "Properties": {**ROLE["Properties"], "RoleName": "mine"}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("role", "given", "needed"),
    [
        (ROLE, [], "CAPABILITY_IAM"),
        (NAMED, [], "CAPABILITY_NAMED_IAM"),
        (NAMED, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
    ],
)
def test_iam_resources_need_a_capability(
    emulator: Emulator, role: dict[str, Any], given: list[str], needed: str
) -> None:
    """InsufficientCapabilities, with the capability that is missing; ValidateTemplate tells it.

    AWS: CloudFormation User Guide, "Acknowledging IAM resources in CloudFormation templates".
    """
    body = json.dumps({"Resources": {"Role": role}})
    validated = emulator.client("cloudformation").validate_template(TemplateBody=body)
    assert validated["Capabilities"] == [needed]
    assert _refusal(emulator, {"Resources": {"Role": role}}, Capabilities=given) == (
        "InsufficientCapabilitiesException",
        f"Requires capabilities : [{needed}]",
    )


@pytest.mark.parametrize(
    ("declared", "value", "message"),
    [
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "a1", "Parameter 'P' must match pattern"),
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", "must be one of AllowedValues"),
        ({"Type": "String", "MinLength": 2}, "c", "must contain at least 2 characters"),
        ({"Type": "String", "MaxLength": "2"}, "ccc", "must contain at most 2 characters"),
        ({"Type": "Number", "MinValue": 2}, "1", "must be a number not less than 2"),
        ({"Type": "Number", "MaxValue": 2}, "2.5", "must be a number not greater than 2"),
        ({"Type": "Number"}, "two", "Parameter 'P' must be a number."),
        ({"Type": "List<Number>"}, "1,two", "Parameter 'P' must be a number."),
        ({"Type": "CommaDelimitedList", "AllowedPattern": "[a-z]+"}, "a, 1", "must match pattern"),
        ({"Type": "String"}, None, "Parameters: [P] must have values"),
        (
            {"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "letters."},
            "1",
            "Parameter P failed to satisfy constraint: letters.",
        ),
    ],
)
def test_parameters_have_to_satisfy_their_constraints(
    emulator: Emulator, declared: dict[str, Any], value: str | None, message: str
) -> None:
    """A value that the declaration does not allow is refused before anything is created.

    AWS: CloudFormation User Guide, "CloudFormation template Parameters syntax"; the words of the
    refusals as in https://github.com/bonusbits/cloudformation_templates/issues/6.
    """
    given = [{"ParameterKey": "P", "ParameterValue": value}] if value is not None else []

    code, text = _refusal(
        emulator, {"Parameters": {"P": declared}, "Resources": {"T": TOPIC}}, Parameters=given
    )

    assert code == "ValidationError"
    assert message in text


def test_unknown_parameters_are_refused(emulator: Emulator) -> None:
    """A parameter that the template does not declare is named."""
    template = {"Parameters": {"P": {"Type": "String"}}, "Resources": {"T": TOPIC}}
    given = [{"ParameterKey": name, "ParameterValue": "v"} for name in ("P", "Q", "R")]

    assert _refusal(emulator, template, Parameters=given)[1] == (
        "Parameters: [Q, R] do not exist in the template"
    )


def test_rules_have_to_hold(emulator: Emulator) -> None:
    """An assertion that is false under a condition that is true refuses the parameters.

    AWS: CloudFormation User Guide, "CloudFormation template Rules syntax".
    """
    template = {
        "Parameters": {"Stage": {"Type": "String"}, "Size": {"Type": "Number", "Default": 1}},
        "Rules": {
            "Production": {
                "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
                "Assertions": [
                    {
                        "Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Size"}, 1]}]},
                        "AssertDescription": "production needs more than one",
                    }
                ],
            }
        },
        "Resources": {"T": TOPIC},
    }
    given = [{"ParameterKey": "Stage", "ParameterValue": "prod"}]

    assert "production needs more than one" in _refusal(emulator, template, Parameters=given)[1]


_NEVER = {"Never": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}
_STAGE = {"Stage": {"Type": "String", "Default": "dev"}}


@pytest.mark.parametrize(
    ("block", "item"),
    [
        ("Outputs", {"Value": {"Ref": "Absent"}}),
        ("Outputs", {"Value": {"Fn::Sub": "${Absent}"}}),
        ("Outputs", {"Value": {"Fn::GetAtt": ["Absent", "Arn"]}}),
        ("Outputs", {"Value": {"Fn::If": ["Never", "x", {"Ref": "Absent"}]}}),
        ("Resources", {**TOPIC, "Properties": {"DisplayName": {"Ref": "Absent"}}}),
        ("Resources", {**TOPIC, "Properties": {"DisplayName": {"Fn::Sub": "${Absent.Arn}"}}}),
    ],
)
def test_what_a_condition_leaves_out_is_not_referred_to(
    emulator: Emulator, block: str, item: dict[str, Any]
) -> None:
    """A reference to a resource whose condition is false is refused, and no stack is made."""
    template: dict[str, Any] = {
        "Parameters": _STAGE,
        "Conditions": _NEVER,
        "Resources": {
            "Topic": TOPIC,
            "Absent": {"Type": "AWS::SQS::Queue", "Condition": "Never"},
        },
    }
    template.setdefault(block, {})["Item"] = item

    assert _refusal(emulator, template) == (
        "ValidationError",
        f"Template format error: Unresolved resource dependencies [Absent] in the {block} block "
        "of the template",
    )


def _tagged(value: Any) -> dict[str, Any]:
    return {"Tags": [{"Key": "refers-to", "Value": value}]}


def test_what_is_left_out_may_refer_to_what_is_left_out(emulator: Emulator) -> None:
    """Only the branches of Fn::If that are taken count, and DependsOn waits for what is there."""
    stack = Stack(emulator.client("cloudformation"))
    absent = {"Ref": "Absent"}
    template = {
        "Parameters": _STAGE,
        "Conditions": _NEVER,
        "Resources": {
            "Topic": {
                **TOPIC,
                "DependsOn": "Absent",
                "Properties": _tagged({"Fn::If": ["Never", absent, "shown"]}),
            },
            "Absent": {"Type": "AWS::SQS::Queue", "Condition": "Never"},
            "Other": {
                **TOPIC,
                "Condition": "Never",
                "Properties": _tagged(absent),
            },
        },
        "Outputs": {"Left": {"Condition": "Never", "Value": absent}},
    }

    assert stack.deploy(template) == "CREATE_COMPLETE"
    assert stack.deploy(template, Stage="prod") == "UPDATE_COMPLETE"
    stack.delete()


def _nested(levels: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return {"Resources": {"Topic": {**TOPIC, "Metadata": value}}}


_ALIASES = "\n".join(
    ["A0: &a0 [x, x]"]
    + [f"A{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    + ["Resources:", "  Topic:", "    Type: AWS::SNS::Topic"]
)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (json.dumps(_nested(900)), "more than 60 levels deep"),
        ("[" * 20_000, "more than 60 levels deep"),
        ('{"Resources":' * 3_000, "more than 60 levels deep"),
        (_ALIASES, "Template error: YAML aliases are not allowed in CloudFormation templates"),
        ("Resources:\n  My-Topic:\n    Type: AWS::SNS::Topic", "name My-Topic is non alphanumeric"),
        ("Resources: [1]", "Resources must be an object"),
        ("Resources: {T: x}", "Any Resources member must be an object"),
        ("Resources: {T: {Type: AWS::SNS::Topic}}\nOutputs: [1]", "Outputs must be an object"),
        ("Resources: {T: {Type: AWS::SNS::Topic}}\nParameters: {P: x}", "must be an object (P)"),
        ("Resources: {T: {Type: AWS::SNS::Topic}}\nTransform: {x: y}", "Key Name of transform"),
        ("Resources: {T: {Type: AWS::SNS::Topic, Properties: [1]}}", "Properties of T must be"),
        (
            "Resources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Nope x}}}",
            "Encountered unsupported function: Fn::Nope",
        ),
        (
            "Resources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Join x}}}",
            "every Fn::Join object requires",
        ),
        ("Resources: {T: {Type: AWS::SNS::Topic}}\nTransform: Mine", "000000000000::Mine found"),
        (
            "Resources: {T: {Type: AWS::SNS::Topic}}\nTransform: AWS::SecretsManager-2020-07-23",
            "not emulated here",
        ),
        ("Resources: {T: {Type: AWS::SNS::Topic, CreationPolicy: {}}}", "not emulated here"),
        ("Resources: {T: {Type: AWS::SNS::Topic}}\nGlobals: {}", "properties [Globals]"),
        ("text", "unsupported structure"),
        ('{"Resources"="x"}', "JSON not well-formed. (line 1, column 14)"),
        (
            "Resources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: !If [Gone, a, b]}}}",
            "Template error: unresolved condition dependency Gone in Fn::If",
        ),
    ],
)
def test_a_text_that_is_no_template_is_refused(emulator: Emulator, body: str, message: str) -> None:
    """One ValidationError, whatever the text: not an internal error, and not after minutes."""
    cloudformation = emulator.client("cloudformation")
    with pytest.raises(ClientError) as refusal:
        cloudformation.create_stack(
            StackName=f"test-{uuid.uuid4().hex}",
            TemplateBody=body,
            Capabilities=["CAPABILITY_AUTO_EXPAND"],
        )

    assert refusal.value.response["Error"]["Code"] == "ValidationError"
    assert message in refusal.value.response["Error"]["Message"]


def test_a_parameter_without_a_default_is_validated_without(emulator: Emulator) -> None:
    """Recorded: LocalStack v4.14.0, cloudformation/api, test_validate_template."""
    parameters = {"A": {"Type": "String"}, "B": {"Type": "String", "Default": ""}}
    body = json.dumps({"Parameters": parameters, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}})
    validated = emulator.client("cloudformation").validate_template(TemplateBody=body)
    found = {one["ParameterKey"]: one for one in validated["Parameters"]}
    assert "DefaultValue" not in found["A"]
    assert found["B"]["DefaultValue"] == ""


def test_keys_of_yaml_are_texts(emulator: Emulator) -> None:
    """A logical id may look like a number; depth that people write is no problem."""
    stack = Stack(emulator.client("cloudformation"))
    made = stack.cloudformation.create_stack(
        StackName=stack.name,
        TemplateBody="Resources:\n  123:\n    Type: AWS::SNS::Topic\n    Metadata: "
        + "[" * 50
        + "]" * 50,
    )
    stack.arn = made["StackId"]

    assert stack.settled() == "CREATE_COMPLETE"
    assert stack.resource("123")
    stack.delete()
