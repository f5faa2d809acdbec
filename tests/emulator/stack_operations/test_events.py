"""What a stack's events say of its resources.

Recorded: LocalStack v4.14.0, cloudformation/api/test_stacks.py, test_list_events_after_deployment,
and test_immutable_property_update_causes_resource_replacement in test_change_set_ref.py.
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack


@pytest.fixture
def stack(emulator: Emulator) -> Iterator[Stack]:
    made = Stack(emulator.client("cloudformation"))
    yield made
    made.delete()


def _topic(name: str) -> dict[str, Any]:
    return {"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}}}


def _events(stack: Stack) -> list[dict[str, Any]]:
    """The events of the topic, the oldest first."""
    found = stack.cloudformation.describe_stack_events(StackName=stack.arn)["StackEvents"]
    return [event for event in reversed(found) if event["LogicalResourceId"] == "T"]


def test_a_creation_is_initiated_and_completed(stack: Stack) -> None:
    """The first event has no physical id; each has the id of resource, status and time."""
    stack.create(_topic(name := f"t-{uuid.uuid4().hex}"))
    events = _events(stack)
    assert [(it["ResourceStatus"], it.get("ResourceStatusReason")) for it in events] == [
        ("CREATE_IN_PROGRESS", None),
        ("CREATE_IN_PROGRESS", "Resource creation Initiated"),
        ("CREATE_COMPLETE", None),
    ]
    assert [it["PhysicalResourceId"].rpartition(":")[2] for it in events] == ["", name, name]
    for event in events:
        status = event["ResourceStatus"]
        assert re.fullmatch(rf"T-{status}-\d{{4}}-\d\d-\d\dT[\d:]{{8}}\.\d{{3}}Z", event["EventId"])
    assert len({it["EventId"] for it in events}) == 3


def test_a_replacement_is_initiated_under_its_own_id(stack: Stack) -> None:
    """Between the announcement and the end of the update."""
    old, new = (f"t-{uuid.uuid4().hex}" for _ in range(2))
    stack.create(_topic(old))
    stack.update(_topic(new))
    updated = [it for it in _events(stack) if it["ResourceStatus"].startswith("UPDATE")]
    assert [it["PhysicalResourceId"].rpartition(":")[2] for it in updated] == [old, new, new]
    assert [it.get("ResourceStatusReason") for it in updated] == [
        "Requested update requires the creation of a new physical resource; hence creating one.",
        "Resource creation Initiated",
        None,
    ]


def test_a_stack_says_what_was_done_last(stack: Stack) -> None:
    """Recorded: LocalStack v4.14.0, `cloudformation/test_change_set_mappings.py`."""
    stack.create(_topic(f"t-{uuid.uuid4().hex}"))

    def kinds() -> list[str]:
        (found,) = stack.cloudformation.describe_stacks(StackName=stack.arn)["Stacks"]
        assert all(uuid.UUID(one["OperationId"]) for one in found["LastOperations"])
        return [one["OperationType"] for one in found["LastOperations"]]

    assert kinds() == ["CREATE_STACK"]
    stack.update(_topic(f"t-{uuid.uuid4().hex}"))
    assert kinds() == ["UPDATE_STACK"]
    stack.update(_topic("not a name"))
    assert kinds() == ["UPDATE_STACK", "ROLLBACK"]
