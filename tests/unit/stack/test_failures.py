"""What is said of a stack that could not be deployed or deleted, by its events."""

from harness.stack.failures import deletion_failure, deployment_failure

FAILED = {
    "LogicalResourceId": "Role",
    "ResourceType": "AWS::IAM::Role",
    "ResourceStatus": "DELETE_FAILED",
    "ResourceStatusReason": "It was never made.",
}


def test_what_has_no_physical_id_yet_is_named_by_its_logical_one() -> None:
    """An event's PhysicalResourceId is not required: CloudFormation API Reference, "StackEvent"."""
    problem = deletion_failure("stack", [FAILED], "emulator.log")
    assert problem.happened == (
        "stack became DELETE_FAILED: Role (AWS::IAM::Role) Role: It was never made."
    )
    with_id = deletion_failure("stack", [FAILED | {"PhysicalResourceId": "role-1"}], "emulator.log")
    assert with_id.remedy == "Remove what keeps role-1, and delete it again; see emulator.log."


def test_a_full_disk_is_not_the_templates_fault() -> None:
    """What cannot be written for want of space names the disk as what to correct."""
    event = {
        "LogicalResourceId": "Function",
        "ResourceType": "AWS::Lambda::Function",
        "ResourceStatus": "CREATE_FAILED",
        "ResourceStatusReason": "[Errno 28] No space left on device: '/state/handler.py'",
    }
    problem = deployment_failure(
        "stack", "ROLLBACK_COMPLETE", {"Resources": {"Function": {}}}, [event], "the.log"
    )
    assert problem.remedy.startswith("Free some space")
