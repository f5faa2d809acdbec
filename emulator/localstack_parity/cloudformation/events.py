"""A stack's events: to which operation each belongs, and how DescribeEvents tells them.

AWS: CloudFormation API Reference, DescribeEvents, OperationEvent and StackEvent.
"""

from collections.abc import Callable, Iterator
from typing import Any

from localstack.services.cloudformation.v2.entities import Stack
from localstack.utils.patch import patch

_KINDS = {"CREATE": "CREATE_STACK", "DELETE": "DELETE_STACK", "UPDATE": "UPDATE_STACK"}


def install() -> None:
    """Give each event the token of the request that led to it, and the id of its operation."""

    @patch(Stack._store_event)
    def store_event(original: Callable[..., None], stack: Stack, *args: Any, **more: Any) -> None:
        original(stack, *args, **more)
        event: dict[str, Any] = stack.events[0]
        if token := getattr(stack, "token", None):
            event["ClientRequestToken"] = token
        if operation := getattr(stack, "operation_id", None):
            # Not in the event: DescribeStackEvents has no member for it, and would log that.
            _operations(stack)[event["EventId"]] = operation


def described(
    stack: Stack, operation_id: str | None, only_failed: bool
) -> Iterator[dict[str, Any]]:
    """Yield the events of all or one of a stack's operations as DescribeEvents tells them."""
    for event in stack.events:
        failed = str(event["ResourceStatus"]).endswith("_FAILED")
        operation = _operations(stack).get(event["EventId"])
        if (operation_id and operation != operation_id) or (only_failed and not failed):
            continue
        told = {name: value for name, value in event.items() if name != "StackName"}
        of_stack = event["PhysicalResourceId"] == stack.stack_id
        yield {
            **told,
            "OperationId": operation,
            "EventType": "PROVISIONING_ERROR" if failed and not of_stack else "STACK_EVENT",
            **({"OperationType": kind} if (kind := _kind(stack, event)) else {}),
        }


def _kind(stack: Stack, event: dict[str, Any]) -> str | None:
    """The kind of operation that an event belongs to, by the status which that began with."""
    operations = _operations(stack)
    wanted = operations.get(event["EventId"])
    of_operation = [one for one in stack.events if operations.get(one["EventId"]) == wanted]
    return _KINDS.get(str(of_operation[-1]["ResourceStatus"]).split("_")[0])


def _operations(stack: Stack) -> dict[str, str]:
    """The ids of operations by those of their events."""
    found: dict[str, str] = stack.__dict__.setdefault("operations_of_events", {})
    return found
