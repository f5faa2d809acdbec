"""What a failed creation or update leaves.

AWS: CloudFormation User Guide, "Choose how to handle failures when provisioning resources",
"Understand update behaviors of stack resources", "DeletionPolicy attribute".
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.iam import allow
from tests.emulator.stack_operations.resources import BAD, GOOD, board, group, groups_of
from tests.emulator.stacks import Stack


def test_a_failed_create_stack_rolls_back(emulator: Emulator, stack: Stack) -> None:
    """Without a wish, what was created is deleted and the stack is ROLLBACK_COMPLETE."""
    status = stack.create({"Resources": {"Group": group(stack.name), "Board": board(BAD, "Group")}})

    assert status == "ROLLBACK_COMPLETE"
    assert groups_of(emulator, stack.name) == {}
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
    resources = {"Group": group(stack.name), "Board": board(BAD, "Group")}

    assert stack.create({"Resources": resources}, **wish) == "CREATE_FAILED"

    assert groups_of(emulator, stack.name) == {stack.name: None}
    resources["Board"] = board(GOOD, "Group")
    assert stack.update({"Resources": resources}) == "UPDATE_COMPLETE"
    assert stack.delete() == "DELETE_COMPLETE"
    assert groups_of(emulator, stack.name) == {}


def test_a_failed_create_stack_may_be_deleted(emulator: Emulator, stack: Stack) -> None:
    """OnFailure DELETE leaves neither resources nor the stack."""
    resources = {"Group": group(stack.name), "Board": board(BAD, "Group")}

    assert stack.create({"Resources": resources}, OnFailure="DELETE") == "DELETE_COMPLETE"

    assert groups_of(emulator, stack.name) == {}
    assert stack.create({"Resources": {"Group": group(stack.name)}}) == "CREATE_COMPLETE"


def test_a_failed_update_stack_rolls_back(emulator: Emulator, stack: Stack) -> None:
    """Everything is as before, and the events tell the way there and back."""
    stack.create({"Resources": {"Group": group(stack.name, RetentionInDays=7)}})

    status = stack.update(
        {
            "Resources": {
                "Group": group(stack.name, RetentionInDays=30),
                "Added": group(f"{stack.name}-added"),
                "Board": board(BAD, "Group", "Added"),
            }
        }
    )

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert groups_of(emulator, stack.name) == {stack.name: 7}
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
    stack.create({"Resources": {"Group": group(stack.name, RetentionInDays=7)}})
    resources = {
        "Group": group(stack.name, RetentionInDays=30),
        "Added": group(f"{stack.name}-added"),
        "Board": board(BAD, "Group", "Added"),
        "Last": {**group(f"{stack.name}-last"), "DependsOn": "Board"},
    }

    assert stack.update({"Resources": resources}, DisableRollback=True) == "UPDATE_FAILED"

    assert groups_of(emulator, stack.name) == {stack.name: 30, f"{stack.name}-added": None}
    resources["Board"] = board(GOOD, "Group", "Added")
    assert stack.update({"Resources": resources}) == "UPDATE_COMPLETE"
    assert len(groups_of(emulator, stack.name)) == 3
    stack.delete()
    assert groups_of(emulator, stack.name) == {}


def test_a_change_set_may_be_executed_without_rollback(emulator: Emulator, stack: Stack) -> None:
    """ExecuteChangeSet with DisableRollback leaves the stack CREATE_FAILED."""
    cloudformation = emulator.client("cloudformation")
    resources = {"Group": group(stack.name), "Board": board(BAD, "Group")}
    made = cloudformation.create_change_set(
        StackName=stack.name,
        ChangeSetName="c",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": resources}),
    )
    stack.arn = made["StackId"]

    cloudformation.execute_change_set(ChangeSetName=made["Id"], DisableRollback=True)

    assert stack.settled() == "CREATE_FAILED"
    assert groups_of(emulator, stack.name) == {stack.name: None}


def test_only_the_resource_at_fault_fails(stack: Stack) -> None:
    """A resource that waited for the one that failed has no events of its own."""
    waits = {"Type": "AWS::SNS::Topic", "DependsOn": "Board"}

    stack.create({"Resources": {"Waits": waits, "Board": board(BAD)}})

    assert stack.statuses("Waits") == []
    assert stack.reasons("ROLLBACK_IN_PROGRESS") == [
        "The following resource(s) failed to create: [Board]. "
    ]


@pytest.mark.parametrize(
    ("resource_type", "properties"),
    [
        (
            "AWS::GameLift::Alias",
            {"Name": "a", "RoutingStrategy": {"Type": "TERMINAL", "Message": "closed"}},
        ),
        # LocalStack has providers of these, which do nothing.
        ("AWS::SecretsManager::RotationSchedule", {"SecretId": "secret"}),
        (
            "AWS::SecretsManager::SecretTargetAttachment",
            {"SecretId": "s", "TargetId": "db", "TargetType": "AWS::RDS::DBInstance"},
        ),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_type_that_is_not_emulated_fails(
    stack: Stack, resource_type: str, properties: dict[str, Any]
) -> None:
    """A type that AWS has and the emulator has not is said to be so, never made up."""
    resource = {"Type": resource_type, "Properties": properties}

    assert stack.create({"Resources": {"Resource": resource}}) == "ROLLBACK_COMPLETE"

    (reason,) = stack.reasons("CREATE_FAILED")
    assert f"{resource_type} is not emulated here" in reason


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
    """A second stack with a resource of the same name fails; the first one keeps it.

    Some of them are found before that (test_validation_of_names.py).
    """
    template = {"Resources": {"It": {"Type": kind, "Properties": {name: stack.name, **more}}}}
    stack.create(template)
    second = Stack(emulator.client("cloudformation"))

    assert second.create(template, DisableValidation=True) == "ROLLBACK_COMPLETE"

    (reason,) = second.reasons("CREATE_FAILED")
    assert "exist" in reason
    second.delete()
    assert stack.update({"Resources": {**template["Resources"], "B": board(GOOD)}}) == (
        "UPDATE_COMPLETE"
    )


def test_a_stack_that_was_rolled_back_cannot_be_updated(stack: Stack) -> None:
    """A stack in ROLLBACK_COMPLETE can only be deleted."""
    stack.create({"Resources": {"Board": board(BAD)}})

    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        stack.update({"Resources": {"Board": board(GOOD)}})
