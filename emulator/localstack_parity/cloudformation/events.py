"""A stack's events: to which operation each belongs, and how DescribeEvents tells them.

AWS: CloudFormation API Reference, DescribeEvents, OperationEvent and StackEvent.
"""

from collections.abc import Callable, Iterator
from typing import Any

from localstack.services.cloudformation.v2.entities import Stack
from localstack.utils.patch import patch

_OPERATION = "Operation"
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
            event[_OPERATION] = operation  # DescribeStackEvents does not tell it


def described(
    stack: Stack, operation_id: str | None, only_failed: bool
) -> Iterator[dict[str, Any]]:
    """Yield the events of all or one of a stack's operations as DescribeEvents tells them."""
    for event in stack.events:
        failed = str(event["ResourceStatus"]).endswith("_FAILED")
        if (operation_id and event.get(_OPERATION) != operation_id) or (only_failed and not failed):
            continue
        told = {
            name: value for name, value in event.items() if name not in ("StackName", _OPERATION)
        }
        of_stack = event["PhysicalResourceId"] == stack.stack_id
        yield {
            **told,
            "OperationId": event.get(_OPERATION),
            "EventType": "PROVISIONING_ERROR" if failed and not of_stack else "STACK_EVENT",
            **({"OperationType": kind} if (kind := _kind(stack, event)) else {}),
        }


def _kind(stack: Stack, event: dict[str, Any]) -> str | None:
    """The kind of operation that an event belongs to, by the status which that began with."""
    of_operation = [one for one in stack.events if one.get(_OPERATION) == event.get(_OPERATION)]
    return _KINDS.get(str(of_operation[-1]["ResourceStatus"]).split("_")[0])
