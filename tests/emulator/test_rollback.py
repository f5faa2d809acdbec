"""A stack operation that fails leaves nothing half-made, and its status says what is true."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.stack_operations.resources import group
from tests.emulator.stacks import Stack


def _bucket(name: str, **attributes: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}, **attributes}


def _last(valid: bool, *others: str) -> dict[str, Any]:
    """A resource that comes after the others and fails unless it is valid."""
    body = json.dumps({"widgets": [], "start": f"-PT{uuid.uuid4().int % 99}H"}) if valid else "{"
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "DependsOn": list(others),
        "Properties": {"DashboardBody": body},
    }


def _retention(emulator: Emulator, name: str) -> int | None:
    found = emulator.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return found[0].get("retentionInDays") if found else None


def _groups(emulator: Emulator, prefix: str) -> list[str]:
    found = emulator.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return [group["logGroupName"] for group in found]


def test_a_failed_create_leaves_nothing(emulator: Emulator, stack: Stack) -> None:
    """What was created before the failure is deleted; the stack is ROLLBACK_COMPLETE."""
    status = stack.deploy(
        {
            "Resources": {
                "Group": group(stack.name),
                "Bucket": _bucket(stack.name),
                "Board": _last(False, "Group", "Bucket"),
                "Never": {"Type": "AWS::SNS::Topic", "DependsOn": "Board"},
            }
        }
    )

    assert status == "ROLLBACK_COMPLETE"
    assert _groups(emulator, stack.name) == []
    with pytest.raises(ClientError, match="404"):
        emulator.client("s3").head_bucket(Bucket=stack.name)
    assert stack.reasons("ROLLBACK_IN_PROGRESS") == [
        "The following resource(s) failed to create: [Board]. "
    ]


def test_a_stack_that_went_back_says_when_and_not_why(stack: Stack) -> None:
    """Why is the reason of ROLLBACK_IN_PROGRESS, an event; ROLLBACK_COMPLETE has none.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_handle_existing_log_group.
    """
    stack.deploy({"Resources": {"Group": group(stack.name), "Board": _last(False, "Group")}})

    (described,) = stack.cloudformation.describe_stacks(StackName=stack.name)["Stacks"]

    assert described["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "StackStatusReason" not in described
    assert described["DeletionTime"] > described["CreationTime"]


def test_a_stack_that_failed_can_be_deleted_and_deployed_again(stack: Stack) -> None:
    """Deleting a ROLLBACK_COMPLETE stack succeeds, also with resources that never existed."""
    never = {"Type": "AWS::SNS::Topic", "DependsOn": "Board"}
    resources = {"Group": group(stack.name), "Board": _last(False, "Group"), "Never": never}
    stack.deploy({"Resources": resources})

    assert stack.delete() == "DELETE_COMPLETE"

    resources["Board"] = _last(True, "Group")
    assert stack.deploy({"Resources": resources}) == "CREATE_COMPLETE"


def test_rollback_keeps_what_the_template_retains(emulator: Emulator, stack: Stack) -> None:
    """A resource with DeletionPolicy Retain stays after a failed create, as DELETE_SKIPPED."""
    bucket = _bucket(stack.name, DeletionPolicy="Retain")

    stack.deploy({"Resources": {"Bucket": bucket, "Board": _last(False, "Bucket")}})

    emulator.client("s3").head_bucket(Bucket=stack.name)
    assert "DELETE_SKIPPED" in stack.statuses("Bucket")
    emulator.client("s3").delete_bucket(Bucket=stack.name)


def test_a_failing_property_does_not_leave_the_resource(emulator: Emulator, stack: Stack) -> None:
    """A bucket with a property that S3 refuses is not left behind."""
    bucket = _bucket(stack.name)
    bucket["Properties"]["BucketEncryption"] = {
        "ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "rot13"}}
        ]
    }

    assert stack.deploy({"Resources": {"Bucket": bucket}}) == "ROLLBACK_COMPLETE"

    with pytest.raises(ClientError, match="404"):
        emulator.client("s3").head_bucket(Bucket=stack.name)


def test_a_failed_update_goes_back(emulator: Emulator, stack: Stack) -> None:
    """Changed resources have their old properties again; added ones are gone."""
    name = stack.name
    board = _last(True, "Group")
    stack.deploy({"Resources": {"Group": group(name, RetentionInDays=7), "Board": board}})

    status = stack.deploy(
        {
            "Resources": {
                "Group": group(name, RetentionInDays=30),
                "Added": group(f"{name}-added"),
                "Board": _last(False, "Group", "Added"),
            }
        }
    )

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert _retention(emulator, name) == 7
    assert _groups(emulator, name) == [name]
    dashboard = emulator.client("cloudwatch").get_dashboard(DashboardName=stack.resource("Board"))
    assert dashboard["DashboardBody"] == board["Properties"]["DashboardBody"]


def test_a_failed_update_goes_back_in_the_order_of_dependencies(stack: Stack) -> None:
    """What others depend on has its old properties again before they are given theirs.

    A rollback is an update to the old template; a custom resource may need the rights that its
    role had. Source: AWS CloudFormation User Guide, "Stack failure options".
    """
    name = stack.name
    after = {"DependsOn": "First"}
    stack.deploy(
        {
            "Resources": {
                "First": group(f"{name}-1", RetentionInDays=7),
                "Second": {**group(f"{name}-2", RetentionInDays=7), **after},
                "Board": _last(True, "Second"),
            }
        }
    )
    stack.deploy(
        {
            "Resources": {
                "First": group(f"{name}-1", RetentionInDays=30),
                "Second": {**group(f"{name}-2", RetentionInDays=30), **after},
                "Board": _last(False, "Second"),
            }
        }
    )

    events = stack.events()
    back = events[events.index((name, "UPDATE_ROLLBACK_IN_PROGRESS")) :]
    assert back.index(("First", "UPDATE_COMPLETE")) < back.index(("Second", "UPDATE_IN_PROGRESS"))


def test_after_a_failed_update_the_next_one_applies(emulator: Emulator, stack: Stack) -> None:
    """The next update starts from what is there, not from the template that failed."""
    name = stack.name
    stack.deploy(
        {"Resources": {"Group": group(name, RetentionInDays=7), "Board": _last(True, "Group")}}
    )
    changed = group(name, RetentionInDays=30)
    stack.deploy({"Resources": {"Group": changed, "Board": _last(False, "Group")}})

    status = stack.deploy({"Resources": {"Group": changed, "Board": _last(True, "Group")}})

    assert status == "UPDATE_COMPLETE"
    assert _retention(emulator, name) == 30
    assert stack.delete() == "DELETE_COMPLETE"
    assert _groups(emulator, name) == []


def test_a_failed_update_takes_back_replacements(emulator: Emulator, stack: Stack) -> None:
    """The resource that was to be replaced is still the stack's; its replacement is gone."""
    name = stack.name
    stack.deploy({"Resources": {"Group": group(f"{name}-a"), "Board": _last(True, "Group")}})

    stack.deploy({"Resources": {"Group": group(f"{name}-b"), "Board": _last(False, "Group")}})

    assert _groups(emulator, name) == [f"{name}-a"]
    assert stack.resource("Group") == f"{name}-a"


def test_a_failed_update_deletes_nothing(emulator: Emulator, stack: Stack) -> None:
    """A resource that the failed template no longer has stays, and goes with the stack."""
    name = stack.name
    stack.deploy({"Resources": {"Group": group(name), "Board": _last(True)}})

    stack.deploy({"Resources": {"Board": _last(False)}})

    assert _groups(emulator, name) == [name]
    stack.delete()
    assert _groups(emulator, name) == []


def test_a_stack_that_cannot_be_deleted_says_so(emulator: Emulator, stack: Stack) -> None:
    """One resource that stays makes it DELETE_FAILED; deleting again takes what was left."""
    s3 = emulator.client("s3")
    stack.deploy({"Resources": {"Bucket": _bucket(stack.name), "Group": group(stack.name)}})
    s3.put_object(Bucket=stack.name, Key="k", Body=b"precious")

    assert stack.delete() == "DELETE_FAILED"

    assert _groups(emulator, stack.name) == []
    s3.delete_object(Bucket=stack.name, Key="k")
    assert stack.delete() == "DELETE_COMPLETE"
    assert stack.statuses("Group").count("DELETE_COMPLETE") == 1
