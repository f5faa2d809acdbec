"""Creating, updating and deleting stacks directly; what is replaced, kept and in which order.

AWS: CloudFormation User Guide, "Choose how to handle failures when provisioning resources",
"Understand update behaviors of stack resources", "DeletionPolicy attribute".
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.iam import LAMBDA, allow, trust
from tests.emulator.queues import create_queue
from tests.emulator.stacks import Stack


@pytest.fixture
def stack(emulator: Emulator) -> Iterator[Stack]:
    """A stack of its own, deleted at the end."""
    one = Stack(emulator.client("cloudformation"))
    yield one
    one.delete()


def _group(name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, **properties}}


def _board(body: str, *others: str) -> dict[str, Any]:
    properties = {"DashboardBody": body}
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "DependsOn": list(others),
        "Properties": properties,
    }


GOOD, BAD = '{"widgets": []}', "{"


def _groups(emulator: Emulator, prefix: str) -> dict[str, int | None]:
    """The log groups whose names start so, and their retention."""
    found = emulator.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return {group["logGroupName"]: group.get("retentionInDays") for group in found}


# Failures


def test_a_failed_create_stack_rolls_back(emulator: Emulator, stack: Stack) -> None:
    """Without a wish, what was created is deleted and the stack is ROLLBACK_COMPLETE."""
    status = stack.create(
        {"Resources": {"Group": _group(stack.name), "Board": _board(BAD, "Group")}}
    )

    assert status == "ROLLBACK_COMPLETE"
    assert _groups(emulator, stack.name) == {}
    assert [status for name, status in stack.events() if name == stack.name] == [
        "CREATE_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
    ]


@pytest.mark.parametrize("wish", [{"OnFailure": "DO_NOTHING"}, {"DisableRollback": True}])
def test_a_failed_create_stack_may_stay(
    emulator: Emulator, stack: Stack, wish: dict[str, Any]
) -> None:
    """The stack is CREATE_FAILED, what is there stays, and an update goes on from there."""
    resources = {"Group": _group(stack.name), "Board": _board(BAD, "Group")}

    assert stack.create({"Resources": resources}, **wish) == "CREATE_FAILED"

    assert _groups(emulator, stack.name) == {stack.name: None}
    resources["Board"] = _board(GOOD, "Group")
    assert stack.update({"Resources": resources}) == "UPDATE_COMPLETE"
    assert stack.delete() == "DELETE_COMPLETE"
    assert _groups(emulator, stack.name) == {}


def test_a_failed_create_stack_may_be_deleted(emulator: Emulator, stack: Stack) -> None:
    """OnFailure DELETE leaves neither resources nor the stack."""
    resources = {"Group": _group(stack.name), "Board": _board(BAD, "Group")}

    assert stack.create({"Resources": resources}, OnFailure="DELETE") == "DELETE_COMPLETE"

    assert _groups(emulator, stack.name) == {}
    assert stack.create({"Resources": {"Group": _group(stack.name)}}) == "CREATE_COMPLETE"


def test_a_failed_update_stack_rolls_back(emulator: Emulator, stack: Stack) -> None:
    """Everything is as before, and the events tell the way there and back."""
    stack.create({"Resources": {"Group": _group(stack.name, RetentionInDays=7)}})

    status = stack.update(
        {
            "Resources": {
                "Group": _group(stack.name, RetentionInDays=30),
                "Added": _group(f"{stack.name}-added"),
                "Board": _board(BAD, "Group", "Added"),
            }
        }
    )

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert _groups(emulator, stack.name) == {stack.name: 7}
    assert [status for name, status in stack.events() if name == stack.name] == [
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]
    assert stack.reasons("UPDATE_ROLLBACK_IN_PROGRESS") == [
        "The following resource(s) failed to create: [Board]. "
    ]


def test_a_failed_update_may_stay(emulator: Emulator, stack: Stack) -> None:
    """With DisableRollback the stack is UPDATE_FAILED; the next update does what is missing."""
    stack.create({"Resources": {"Group": _group(stack.name, RetentionInDays=7)}})
    resources = {
        "Group": _group(stack.name, RetentionInDays=30),
        "Added": _group(f"{stack.name}-added"),
        "Board": _board(BAD, "Group", "Added"),
        "Last": {**_group(f"{stack.name}-last"), "DependsOn": "Board"},
    }

    assert stack.update({"Resources": resources}, DisableRollback=True) == "UPDATE_FAILED"

    assert _groups(emulator, stack.name) == {stack.name: 30, f"{stack.name}-added": None}
    resources["Board"] = _board(GOOD, "Group", "Added")
    assert stack.update({"Resources": resources}) == "UPDATE_COMPLETE"
    assert len(_groups(emulator, stack.name)) == 3
    stack.delete()
    assert _groups(emulator, stack.name) == {}


def test_a_change_set_may_be_executed_without_rollback(emulator: Emulator, stack: Stack) -> None:
    """ExecuteChangeSet with DisableRollback leaves the stack CREATE_FAILED."""
    cloudformation = emulator.client("cloudformation")
    resources = {"Group": _group(stack.name), "Board": _board(BAD, "Group")}
    made = cloudformation.create_change_set(
        StackName=stack.name,
        ChangeSetName="c",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": resources}),
    )
    stack.arn = made["StackId"]

    cloudformation.execute_change_set(ChangeSetName=made["Id"], DisableRollback=True)

    assert stack.settled() == "CREATE_FAILED"
    assert _groups(emulator, stack.name) == {stack.name: None}


def test_only_the_resource_at_fault_fails(stack: Stack) -> None:
    """A resource that waited for the one that failed has no events of its own."""
    waits = {"Type": "AWS::SNS::Topic", "DependsOn": "Board"}

    stack.create({"Resources": {"Waits": waits, "Board": _board(BAD)}})

    assert stack.statuses("Waits") == []
    assert stack.reasons("ROLLBACK_IN_PROGRESS") == [
        "The following resource(s) failed to create: [Board]. "
    ]


def test_a_type_that_is_not_emulated_fails(stack: Stack) -> None:
    """A type that AWS has and the emulator has not is said to be so, never made up."""
    routing = {"Type": "TERMINAL", "Message": "closed"}
    alias = {
        "Type": "AWS::GameLift::Alias",
        "Properties": {"Name": "a", "RoutingStrategy": routing},
    }

    assert stack.create({"Resources": {"Alias": alias}}) == "ROLLBACK_COMPLETE"

    (reason,) = stack.reasons("CREATE_FAILED")
    assert "AWS::GameLift::Alias is not emulated here" in reason


def test_a_failed_change_has_the_services_reason(emulator: Emulator, stack: Stack) -> None:
    """What a service answered is in the events, also when it says that something is not found."""
    document = {"Statement": allow("sqs:SendMessage", Principal="*")}
    policy = {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": document},
    }
    template: dict[str, Any] = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, "P": policy}}
    stack.create(template)
    gone = stack.resource("Queue").replace("Queue", "Gone")
    policy["Properties"] = {"Queues": [gone], "PolicyDocument": document}

    assert stack.update(template) == "UPDATE_ROLLBACK_COMPLETE"

    (reason,) = stack.reasons("UPDATE_FAILED")
    assert "does not exist" in reason


@pytest.mark.parametrize(
    ("kind", "name", "more"),
    [
        ("AWS::SNS::Topic", "TopicName", {}),
        ("AWS::SQS::Queue", "QueueName", {}),
        ("AWS::Logs::LogGroup", "LogGroupName", {}),
        ("AWS::CloudWatch::Dashboard", "DashboardName", {"DashboardBody": GOOD}),
        (
            "AWS::CloudWatch::Alarm",
            "AlarmName",
            {
                "Namespace": "Test",
                "MetricName": "m",
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanThreshold",
            },
        ),
    ],
)
def test_what_exists_is_not_taken_over(
    emulator: Emulator, stack: Stack, kind: str, name: str, more: dict[str, Any]
) -> None:
    """A second stack with a resource of the same name fails; the first one keeps it."""
    template = {"Resources": {"It": {"Type": kind, "Properties": {name: stack.name, **more}}}}
    stack.create(template)
    second = Stack(emulator.client("cloudformation"))

    assert second.create(template) == "ROLLBACK_COMPLETE"

    (reason,) = second.reasons("CREATE_FAILED")
    assert "exist" in reason
    second.delete()
    assert stack.update({"Resources": {**template["Resources"], "B": _board(GOOD)}}) == (
        "UPDATE_COMPLETE"
    )


# Updates


def test_what_an_update_added_is_deleted_with_the_stack(emulator: Emulator, stack: Stack) -> None:
    """UpdateStack's new resources belong to the stack like all others."""
    stack.create({"Resources": {"Group": _group(stack.name)}})
    added = _group(f"{stack.name}-added")
    stack.update({"Resources": {"Group": _group(stack.name), "Added": added}})

    assert stack.delete() == "DELETE_COMPLETE"

    assert _groups(emulator, stack.name) == {}


def test_nothing_to_update_is_an_error(stack: Stack) -> None:
    """UpdateStack with what is there already answers "No updates are to be performed."."""
    template = {"Resources": {"Group": _group(stack.name)}}
    stack.create(template)

    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        stack.update(template)
    assert stack.settled() == "CREATE_COMPLETE"


def test_the_previous_template_may_be_used(emulator: Emulator, stack: Stack) -> None:
    """UsePreviousTemplate with other parameters, and UsePreviousValue for one of them."""
    template = {
        "Parameters": {"Days": {"Type": "Number"}, "Name": {"Type": "String"}},
        "Resources": {"Group": _group({"Ref": "Name"}, RetentionInDays={"Ref": "Days"})},  # type: ignore[arg-type]
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
    assert _groups(emulator, stack.name) == {stack.name: 30}


def test_a_condition_that_turns_false_removes_its_resource(
    emulator: Emulator, stack: Stack
) -> None:
    """A resource whose condition does not hold any more is deleted in the update."""
    template = {
        "Parameters": {"Want": {"Type": "String"}},
        "Conditions": {"Wanted": {"Fn::Equals": [{"Ref": "Want"}, "yes"]}},
        "Resources": {
            "Group": _group(stack.name),
            "Extra": {**_group(f"{stack.name}-extra"), "Condition": "Wanted"},
        },
    }
    stack.deploy(template, Want="yes")
    assert len(_groups(emulator, stack.name)) == 2

    assert stack.deploy(template, Want="no") == "UPDATE_COMPLETE"

    assert list(_groups(emulator, stack.name)) == [stack.name]


def test_the_new_resource_comes_before_the_old_one_goes(emulator: Emulator, stack: Stack) -> None:
    """A replacement is created first; the old resource goes when all else has been updated."""
    name = stack.name
    stack.create({"Resources": {"Group": _group(f"{name}-a"), "Board": _board(GOOD, "Group")}})

    stack.update(
        {
            "Resources": {
                "Group": _group(f"{name}-b"),
                "Board": _board('{"start": "-PT1H", "widgets": []}', "Group"),
            }
        }
    )

    assert list(_groups(emulator, name)) == [f"{name}-b"]
    assert stack.resource("Group") == f"{name}-b"
    events = stack.events()
    assert events.index(("Group", "DELETE_COMPLETE")) > events.index(("Board", "UPDATE_COMPLETE"))
    assert events[-1] == (name, "UPDATE_COMPLETE")
    stack.delete()
    assert _groups(emulator, name) == {}


@pytest.mark.parametrize(("stage", "left"), [("prod", True), ("dev", False)])
def test_a_condition_may_decide_what_is_kept(
    emulator: Emulator, stack: Stack, stage: str, left: bool
) -> None:
    """DeletionPolicy may be an Fn::If."""
    policy = {"DeletionPolicy": {"Fn::If": ["IsProd", "Retain", "Delete"]}}
    template = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {"Group": {**_group(stack.name), **policy}},
    }
    stack.deploy(template, Stage=stage)

    stack.delete()

    assert bool(_groups(emulator, stack.name)) is left
    if left:
        emulator.client("logs").delete_log_group(logGroupName=stack.name)


def test_what_is_replaced_may_be_kept(emulator: Emulator, stack: Stack) -> None:
    """UpdateReplacePolicy Retain keeps the old resource, as DELETE_SKIPPED."""
    name = stack.name
    policy = {"UpdateReplacePolicy": "Retain"}
    stack.create({"Resources": {"Group": {**_group(f"{name}-a"), **policy}}})

    stack.update({"Resources": {"Group": {**_group(f"{name}-b"), **policy}}})

    assert sorted(_groups(emulator, name)) == [f"{name}-a", f"{name}-b"]
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

    assert stack.statuses("Policy") == ["CREATE_COMPLETE", "CREATE_IN_PROGRESS"]
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


def test_a_stack_that_was_rolled_back_cannot_be_updated(stack: Stack) -> None:
    """A stack in ROLLBACK_COMPLETE can only be deleted."""
    stack.create({"Resources": {"Board": _board(BAD)}})

    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        stack.update({"Resources": {"Board": _board(GOOD)}})


# Deletions


def test_dependents_are_deleted_first(stack: Stack) -> None:
    """The order of deletion is that of creation reversed, also for what an update added."""
    first, second = _group(f"{stack.name}-1"), _group(f"{stack.name}-2")
    stack.create({"Resources": {"Second": {**second, "DependsOn": "First"}, "First": first}})
    third = {**_group(f"{stack.name}-3"), "DependsOn": "Second"}
    stack.update(
        {
            "Resources": {
                "Third": third,
                "Second": {**second, "DependsOn": "First"},
                "First": first,
            }
        }
    )

    stack.delete()

    deleted = [name for name, status in stack.events() if status == "DELETE_COMPLETE"]
    assert deleted == ["Third", "Second", "First", stack.name]


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_what_is_to_be_kept_is_kept(emulator: Emulator, stack: Stack, policy: str) -> None:
    """Deleting the stack leaves a resource with this DeletionPolicy, as DELETE_SKIPPED."""
    stack.create({"Resources": {"Group": {**_group(stack.name), "DeletionPolicy": policy}}})

    assert stack.delete() == "DELETE_COMPLETE"

    assert stack.statuses("Group")[0] == "DELETE_SKIPPED"
    emulator.client("logs").delete_log_group(logGroupName=stack.name)


def test_retain_except_on_create_goes_when_the_creation_fails(
    emulator: Emulator, stack: Stack
) -> None:
    """RetainExceptOnCreate deletes what a rollback of its creation would otherwise leave."""
    kept = {**_group(stack.name), "DeletionPolicy": "RetainExceptOnCreate"}

    stack.create({"Resources": {"Group": kept, "Board": _board(BAD, "Group")}})

    assert _groups(emulator, stack.name) == {}


def test_a_deletion_may_leave_what_it_cannot_delete(emulator: Emulator, stack: Stack) -> None:
    """RetainResources ends a DELETE_FAILED stack without the resources that are in the way."""
    s3 = emulator.client("s3")
    stack.create({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}})
    bucket = stack.resource("Bucket")
    s3.put_object(Bucket=bucket, Key="k", Body=b"precious")
    with pytest.raises(ClientError, match="only when the stack is in the DELETE_FAILED state"):
        stack.cloudformation.delete_stack(StackName=stack.name, RetainResources=["Bucket"])
    assert stack.delete() == "DELETE_FAILED"

    stack.cloudformation.delete_stack(StackName=stack.name, RetainResources=["Bucket"])

    assert stack.settled() == "DELETE_COMPLETE"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)


def test_a_protected_stack_is_not_deleted(emulator: Emulator, stack: Stack) -> None:
    """DeleteStack is refused while termination protection is on.

    AWS: CloudFormation User Guide, "Protect CloudFormation stacks from being deleted".
    """
    cloudformation = emulator.client("cloudformation")
    stack.create({"Resources": {"Group": _group(stack.name)}}, EnableTerminationProtection=True)

    with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is"):
        cloudformation.delete_stack(StackName=stack.name)

    assert stack.settled() == "CREATE_COMPLETE"
    cloudformation.update_termination_protection(
        StackName=stack.name, EnableTerminationProtection=False
    )


# Exports


def _exporting(name: str, value: Any = "v") -> dict[str, Any]:
    return {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"Out": {"Value": value, "Export": {"Name": name}}},
    }


def _importing(name: str) -> dict[str, Any]:
    properties = {"DisplayName": {"Fn::ImportValue": {"Fn::Sub": name}}}
    return {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": properties}}}


@pytest.fixture
def importer(emulator: Emulator, stack: Stack) -> Iterator[Stack]:
    """A stack that imports the export of `stack`, which has the stack's name."""
    stack.create(_exporting(stack.name))
    one = Stack(emulator.client("cloudformation"))
    assert one.create(_importing(stack.name)) == "CREATE_COMPLETE"
    yield one
    one.delete()


def test_an_export_in_use_stays(stack: Stack, importer: Stack) -> None:
    """It cannot be changed or removed, nor its stack deleted, until nobody imports it any more.

    AWS: re:Post, "Remediating Cannot delete/update export <EXPORT_NAME> as it is in use by
    <IMPORTING_STACK>", and the status that https://github.com/rlister/stax/issues/40 reports.
    """
    imports = stack.cloudformation.list_imports(ExportName=stack.name)["Imports"]
    assert imports == [importer.name]
    in_use = f"export {stack.name} as it is in use by {importer.name}."

    for template, verb in (
        (_exporting(stack.name, "other"), "update"),
        (_exporting(f"{stack.name}-other"), "delete"),
    ):
        assert stack.update(template) == "UPDATE_ROLLBACK_COMPLETE"
        assert stack.reasons("UPDATE_ROLLBACK_IN_PROGRESS")[0] == f"Cannot {verb} {in_use}"
    assert stack.delete() == "UPDATE_ROLLBACK_COMPLETE"
    assert f"Delete canceled. Cannot delete {in_use}" in stack.reasons("UPDATE_ROLLBACK_COMPLETE")

    importer.delete()
    with pytest.raises(ClientError, match="is not imported by any stack"):
        stack.cloudformation.list_imports(ExportName=stack.name)
    assert stack.update(_exporting(stack.name, "other")) == "UPDATE_COMPLETE"
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_name_is_exported_once(emulator: Emulator, stack: Stack) -> None:
    """A second stack with the same export name is rolled back.

    AWS: CloudFormation User Guide, "Outputs section": export names are unique within a Region.
    """
    stack.create(_exporting(stack.name))
    second = Stack(emulator.client("cloudformation"))

    assert second.create(_exporting(stack.name)) == "ROLLBACK_COMPLETE"

    assert second.reasons("ROLLBACK_IN_PROGRESS") == [
        f"Export with name {stack.name} is already exported by stack {stack.name}"
    ]
    second.delete()


def test_a_template_exports_a_name_once(stack: Stack) -> None:
    """Two outputs of one stack cannot have the same export name."""
    template = _exporting(stack.name)
    template["Outputs"]["Second"] = template["Outputs"]["Out"]

    assert stack.create(template) == "ROLLBACK_COMPLETE"

    assert stack.reasons("ROLLBACK_IN_PROGRESS") == [f"Duplicate Export names: [{stack.name}]"]


def test_an_import_needs_an_export(stack: Stack) -> None:
    """Fn::ImportValue of what nobody exports fails the resource that wants it."""
    assert stack.create(_importing("nobody-exports-this")) == "ROLLBACK_COMPLETE"

    assert stack.reasons("CREATE_FAILED") == ["No export named nobody-exports-this found."]


# Descriptions


def test_a_deleted_stack_is_found_by_its_id_alone(emulator: Emulator, stack: Stack) -> None:
    """Among all stacks a deleted one is not described, and by its id it is.

    AWS: "DescribeStacks", StackName: of deleted stacks the unique id has to be specified.
    """
    cloudformation = emulator.client("cloudformation")
    stack.deploy({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    assert stack.delete() == "DELETE_COMPLETE"

    pages = cloudformation.get_paginator("describe_stacks").paginate()
    assert stack.name not in [one["StackName"] for page in pages for one in page["Stacks"]]
    (found,) = cloudformation.describe_stacks(StackName=stack.arn)["Stacks"]
    assert found["StackStatus"] == "DELETE_COMPLETE"


def test_outputs_keep_their_descriptions(stack: Stack) -> None:
    """DescribeStacks tells what the template says about each output."""
    template = _exporting(stack.name)
    template["Outputs"]["Out"]["Description"] = "what it is"
    stack.create(template)

    (described,) = stack.cloudformation.describe_stacks(StackName=stack.name)["Stacks"]

    assert described["Outputs"][0]["Description"] == "what it is"
    assert "DeletionTime" not in described


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

    stack.create({"Resources": {"Group": _group(stack.name)}}, NotificationARNs=[topic])

    told: list[str] = []
    while len(told) < 4:
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            assert body["Subject"] == "AWS CloudFormation Notification"
            told.append(body["Message"])
    assert all(f"StackName='{stack.name}'\n" in text for text in told)
    assert sum("ResourceStatus='CREATE_COMPLETE'\n" in text for text in told) == 2
    (described,) = stack.cloudformation.describe_stacks(StackName=stack.name)["Stacks"]
    assert described["NotificationARNs"] == [topic]
