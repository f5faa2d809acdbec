"""What an update changes, replaces and keeps.

AWS: CloudFormation User Guide, "Choose how to handle failures when provisioning resources",
"Understand update behaviors of stack resources", "DeletionPolicy attribute".
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.iam import LAMBDA, trust
from tests.emulator.queues import create_queue
from tests.emulator.stack_operations.resources import GOOD, board, group, groups_of
from tests.emulator.stacks import Stack


def test_nothing_to_update_is_an_error(stack: Stack) -> None:
    """UpdateStack with what is there already answers "No updates are to be performed."."""
    template = {"Resources": {"Group": group(stack.name)}}
    stack.create(template)

    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        stack.update(template)
    assert stack.settled() == "CREATE_COMPLETE"


def test_the_previous_template_may_be_used(emulator: Emulator, stack: Stack) -> None:
    """UsePreviousTemplate with other parameters, and UsePreviousValue for one of them."""
    template = {
        "Parameters": {"Days": {"Type": "Number"}, "Name": {"Type": "String"}},
        "Resources": {"Group": group({"Ref": "Name"}, RetentionInDays={"Ref": "Days"})},  # type: ignore[arg-type]
    }
    name = {"ParameterKey": "Name", "ParameterValue": stack.name}
    stack.create(template, Parameters=[name, {"ParameterKey": "Days", "ParameterValue": "7"}])

    stack.cloudformation.update_stack(
        StackName=stack.name,
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "Name", "UsePreviousValue": True},
            {"ParameterKey": "Days", "ParameterValue": "30"},
        ],
    )

    assert stack.settled() == "UPDATE_COMPLETE"
    assert groups_of(emulator, stack.name) == {stack.name: 30}


def test_a_condition_that_turns_false_removes_its_resource(
    emulator: Emulator, stack: Stack
) -> None:
    """A resource whose condition does not hold any more is deleted in the update."""
    template = {
        "Parameters": {"Want": {"Type": "String"}},
        "Conditions": {"Wanted": {"Fn::Equals": [{"Ref": "Want"}, "yes"]}},
        "Resources": {
            "Group": group(stack.name),
            "Extra": {**group(f"{stack.name}-extra"), "Condition": "Wanted"},
        },
    }
    stack.deploy(template, Want="yes")
    assert len(groups_of(emulator, stack.name)) == 2

    assert stack.deploy(template, Want="no") == "UPDATE_COMPLETE"

    assert list(groups_of(emulator, stack.name)) == [stack.name]


def test_the_new_resource_comes_before_the_old_one_goes(emulator: Emulator, stack: Stack) -> None:
    """A replacement is created first; the old resource goes when all else has been updated."""
    name = stack.name
    stack.create({"Resources": {"Group": group(f"{name}-a"), "Board": board(GOOD, "Group")}})

    stack.update(
        {
            "Resources": {
                "Group": group(f"{name}-b"),
                "Board": board('{"start": "-PT1H", "widgets": []}', "Group"),
            }
        }
    )

    assert list(groups_of(emulator, name)) == [f"{name}-b"]
    assert stack.resource("Group") == f"{name}-b"
    events = stack.events()
    assert events.index(("Group", "DELETE_COMPLETE")) > events.index(("Board", "UPDATE_COMPLETE"))
    assert events[-1] == (name, "UPDATE_COMPLETE")
    stack.delete()
    assert groups_of(emulator, name) == {}


@pytest.mark.parametrize(("stage", "left"), [("prod", True), ("dev", False)])
def test_a_condition_may_decide_what_is_kept(
    emulator: Emulator, stack: Stack, stage: str, left: bool
) -> None:
    """DeletionPolicy may be an Fn::If."""
    policy = {"DeletionPolicy": {"Fn::If": ["IsProd", "Retain", "Delete"]}}
    template = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {"Group": {**group(stack.name), **policy}},
    }
    stack.deploy(template, Stage=stage)

    stack.delete()

    assert bool(groups_of(emulator, stack.name)) is left
    if left:
        emulator.client("logs").delete_log_group(logGroupName=stack.name)


def test_what_is_replaced_may_be_kept(emulator: Emulator, stack: Stack) -> None:
    """UpdateReplacePolicy Retain keeps the old resource, as DELETE_SKIPPED."""
    name = stack.name
    policy = {"UpdateReplacePolicy": "Retain"}
    stack.create({"Resources": {"Group": {**group(f"{name}-a"), **policy}}})

    stack.update({"Resources": {"Group": {**group(f"{name}-b"), **policy}}})

    assert sorted(groups_of(emulator, name)) == [f"{name}-a", f"{name}-b"]
    assert "DELETE_SKIPPED" in stack.statuses("Group")
    emulator.client("logs").delete_log_group(logGroupName=f"{name}-a")


def test_a_change_in_place_replaces_nothing_that_refers_to_it(
    emulator: Emulator, stack: Stack
) -> None:
    """A bucket's policy stays what it is when only the bucket's tags change."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteBucket",
        "Resource": {"Fn::GetAtt": ["Bucket", "Arn"]},
    }

    def template(tag: str) -> dict[str, Any]:
        tags = [{"Key": "k", "Value": tag}]
        return {
            "Resources": {
                "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"Tags": tags}},
                "Policy": {
                    "Type": "AWS::S3::BucketPolicy",
                    "Properties": {
                        "Bucket": {"Ref": "Bucket"},
                        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
                    },
                },
            }
        }

    stack.create(template("one"))

    assert stack.update(template("two")) == "UPDATE_COMPLETE"

    assert stack.statuses("Policy") == [
        "CREATE_COMPLETE",
        "CREATE_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
    ]
    emulator.client("s3").get_bucket_policy(Bucket=stack.resource("Bucket"))


def test_a_resource_with_a_custom_name_is_not_replaced(emulator: Emulator, stack: Stack) -> None:
    """The update fails, for the new resource would need the name that the old one has.

    AWS: re:Post, "How do I update a CloudFormation stack that's stuck because of a custom-named
    resource", and the message it quotes.
    """

    def queue(**properties: Any) -> dict[str, Any]:
        return {
            "Resources": {
                "Role": {
                    "Type": "AWS::IAM::Role",
                    "Properties": {
                        "RoleName": stack.name,
                        "AssumeRolePolicyDocument": json.loads(trust(LAMBDA)),
                        **properties,
                    },
                }
            }
        }

    capability = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}
    stack.create(queue(), **capability)

    assert stack.update(queue(Path="/x/"), **capability) == "UPDATE_ROLLBACK_COMPLETE"

    assert stack.reasons("UPDATE_FAILED") == [
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        f"Rename {stack.name} and update the stack again."
    ]
    assert emulator.client("iam").get_role(RoleName=stack.name)["Role"]["Path"] == "/"


def test_a_resource_keeps_its_type(stack: Stack) -> None:
    """A template that gives a resource another type is refused; the stack stays as it is."""
    stack.create({"Resources": {"Thing": {"Type": "AWS::SNS::Topic"}}})

    with pytest.raises(ClientError, match=r"modifies resource type .*: \[Thing\]"):
        stack.update({"Resources": {"Thing": {"Type": "AWS::SQS::Queue"}}})


def test_change_sets_have_awss_pseudo_parameters(stack: Stack) -> None:
    """AWS::URLSuffix is amazonaws.com before the change is made, too.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_supported_pseudo_parameter.
    """
    topic: dict[str, Any] = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "before"}}
    stack.create({"Resources": {"Topic": topic}})
    topic["Properties"]["DisplayName"] = {"Fn::Sub": "sns.${AWS::URLSuffix}"}
    made = stack.cloudformation.create_change_set(
        StackName=stack.name,
        ChangeSetName="second",
        TemplateBody=json.dumps({"Resources": {"Topic": topic}}),
    )

    described = stack.cloudformation.describe_change_set(
        ChangeSetName=made["Id"], IncludePropertyValues=True
    )

    after = json.loads(described["Changes"][0]["ResourceChange"]["AfterContext"])
    assert after["Properties"] == {"DisplayName": "sns.amazonaws.com"}


def test_a_parameter_may_be_no_value(emulator: Emulator, stack: Stack) -> None:
    """A property that refers to it is left out, and conditions compare the text.

    Recorded on AWS: LocalStack's tests, v4.14.0, cloudformation/resources/test_logs.py,
    test_cfn_handle_log_group_resource.
    """
    parameter = {"Type": "String", "Default": "AWS::NoValue"}
    template: dict[str, Any] = {
        "Parameters": {"Name": parameter, "Days": {"Type": "String"}},
        "Conditions": {"Named": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, "AWS::NoValue"]}]}},
        "Resources": {
            "Group": {
                "Type": "AWS::Logs::LogGroup",
                "Properties": {"LogGroupName": {"Ref": "Name"}, "RetentionInDays": {"Ref": "Days"}},
            }
        },
        "Outputs": {"Named": {"Value": {"Fn::If": ["Named", "yes", "no"]}}},
    }
    stack.create(template, Parameters=[{"ParameterKey": "Days", "ParameterValue": "7"}])
    name = stack.resource("Group")

    stack.update(template, Parameters=[{"ParameterKey": "Days", "ParameterValue": "AWS::NoValue"}])

    groups = emulator.client("logs").describe_log_groups(logGroupNamePrefix=name)
    (group,) = groups["logGroups"]
    assert name.startswith(f"{stack.name}-Group-")
    assert "retentionInDays" not in group
    assert stack.outputs() == {"Named": "no"}


def test_a_stacks_tags_are_on_its_resources(emulator: Emulator, stack: Stack) -> None:
    """Tags of the stack go to the resources that take tags, beside the resources' own.

    AWS: CloudFormation User Guide, "Resource tag".
    """
    own = [{"Key": "own", "Value": "1"}, {"Key": "both", "Value": "resource"}]
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"Tags": own}}

    stack.create(
        {"Resources": {"Topic": topic, "Bucket": {"Type": "AWS::S3::Bucket"}}},
        Tags=[{"Key": "team", "Value": "a"}, {"Key": "both", "Value": "stack"}],
    )

    tags = emulator.client("sns").list_tags_for_resource(ResourceArn=stack.resource("Topic"))
    assert {tag["Key"]: tag["Value"] for tag in tags["Tags"]} == {
        "own": "1",
        "both": "resource",
        "team": "a",
    }
    tags = emulator.client("s3").get_bucket_tagging(Bucket=stack.resource("Bucket"))
    assert {tag["Key"]: tag["Value"] for tag in tags["TagSet"]} == {"team": "a", "both": "stack"}


def test_new_tags_of_a_stack_are_an_update(emulator: Emulator, stack: Stack) -> None:
    """UpdateStack with the same template and other tags changes the tags of the resources."""
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    sns, seen = emulator.client("sns"), []
    stack.create(template, Tags=[{"Key": "a", "Value": "1"}])
    for tags in ([{"Key": "a", "Value": "2"}], [{"Key": "b", "Value": "3"}]):
        assert stack.update(template, Tags=tags) == "UPDATE_COMPLETE"
        seen.append(sns.list_tags_for_resource(ResourceArn=stack.resource("Topic"))["Tags"] == tags)

    assert seen == [True, True]
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stack.update(template)  # without tags they stay


def test_events_are_sent_to_topics(emulator: Emulator, stack: Stack) -> None:
    """Each event of a stack is a message to the topics of its NotificationARNs.

    AWS: CloudFormation API reference, CreateStack; Subject and lines as its messages have them.
    """
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topic = sns.create_topic(Name=stack.name)["TopicArn"]
    url = create_queue(sqs, "sns")
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue["QueueArn"])

    stack.create({"Resources": {"Group": group(stack.name)}}, NotificationARNs=[topic])

    told: list[str] = []
    while len(told) < 5:
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            assert body["Subject"] == "AWS CloudFormation Notification"
            told.append(body["Message"])
    assert all(f"StackName='{stack.name}'\n" in text for text in told)
    assert sum("ResourceStatus='CREATE_COMPLETE'\n" in text for text in told) == 2
    (described,) = stack.cloudformation.describe_stacks(StackName=stack.name)["Stacks"]
    assert described["NotificationARNs"] == [topic]
