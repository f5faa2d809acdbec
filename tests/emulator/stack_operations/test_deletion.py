"""In which order stacks are deleted, and what stays.

AWS: CloudFormation User Guide, "Choose how to handle failures when provisioning resources",
"Understand update behaviors of stack resources", "DeletionPolicy attribute".
"""

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.stack_operations.resources import BAD, board, group, groups_of
from tests.emulator.stacks import Stack


def test_what_an_update_added_is_deleted_with_the_stack(emulator: Emulator, stack: Stack) -> None:
    """UpdateStack's new resources belong to the stack like all others."""
    stack.create({"Resources": {"Group": group(stack.name)}})
    added = group(f"{stack.name}-added")
    stack.update({"Resources": {"Group": group(stack.name), "Added": added}})

    assert stack.delete() == "DELETE_COMPLETE"

    assert groups_of(emulator, stack.name) == {}


def test_dependents_are_deleted_first(stack: Stack) -> None:
    """The order of deletion is that of creation reversed, also for what an update added."""
    first, second = group(f"{stack.name}-1"), group(f"{stack.name}-2")
    stack.create({"Resources": {"Second": {**second, "DependsOn": "First"}, "First": first}})
    third = {**group(f"{stack.name}-3"), "DependsOn": "Second"}
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
    stack.create({"Resources": {"Group": {**group(stack.name), "DeletionPolicy": policy}}})

    assert stack.delete() == "DELETE_COMPLETE"

    assert stack.statuses("Group")[0] == "DELETE_SKIPPED"
    emulator.client("logs").delete_log_group(logGroupName=stack.name)


def test_retain_except_on_create_goes_when_the_creation_fails(
    emulator: Emulator, stack: Stack
) -> None:
    """RetainExceptOnCreate deletes what a rollback of its creation would otherwise leave."""
    kept = {**group(stack.name), "DeletionPolicy": "RetainExceptOnCreate"}

    stack.create({"Resources": {"Group": kept, "Board": board(BAD, "Group")}})

    assert groups_of(emulator, stack.name) == {}


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
    stack.create({"Resources": {"Group": group(stack.name)}}, EnableTerminationProtection=True)

    with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is"):
        cloudformation.delete_stack(StackName=stack.name)

    assert stack.settled() == "CREATE_COMPLETE"
    cloudformation.update_termination_protection(
        StackName=stack.name, EnableTerminationProtection=False
    )


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
