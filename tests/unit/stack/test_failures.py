"""What is said of a stack that could not be deployed or deleted, by its events."""

from harness.stack.failures import deletion_failure

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
