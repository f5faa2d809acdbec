"""A stack's events: to which operation each belongs, and how DescribeEvents returns them.

AWS: CloudFormation API Reference, DescribeEvents, OperationEvent and StackEvent. Each operation
begins and ends with an event of its own, and a rollback is an operation of its own. So recorded on
AWS on 30 September 2026, for a stack whose validation failed: the public repository
radkawar/stackd, testdata/aws/cloudformation/function_resource_policy_validation.json.
"""

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from localstack.aws.api.cloudformation import ChangeSetStatus, ExecutionStatus, StackStatus
from localstack.services.cloudformation.v2.entities import ChangeSet, Stack
from localstack.utils.patch import patch

from localstack_parity.cloudformation.validation import Finding

type Event = dict[str, Any]

_VALIDATION_FAILED = "Validation failure detected. See the operation's FAILED event for details."

# What a change set's reason calls a validation that failed.
_HOOKS = {
    "NAME_CONFLICT_VALIDATION": "AWS::EarlyValidation::ResourceExistenceCheck",
    "PROPERTY_VALIDATION": "AWS::EarlyValidation::PropertyValidation",
}

_KINDS = {
    "CREATE": "CREATE_STACK",
    "DELETE": "DELETE_STACK",
    "ROLLBACK": "ROLLBACK",
    "UPDATE": "UPDATE_STACK",
    "UPDATE_ROLLBACK": "ROLLBACK",
}
_ROLLBACKS = (StackStatus.ROLLBACK_IN_PROGRESS, StackStatus.UPDATE_ROLLBACK_IN_PROGRESS)


def install() -> None:
    """Give each event the token of the request that led to it, and the id of its operation."""

    @patch(Stack._store_event)
    def store_event(original: Callable[..., None], stack: Stack, *args: Any, **more: Any) -> None:
        original(stack, *args, **more)
        event: Event = stack.events[0]
        if not _is_of_stack(event, stack):
            _name(event, {one["EventId"] for one in stack.events[1:]})
        if token := getattr(stack, "token", None):
            event["ClientRequestToken"] = token
        if getattr(stack, "operation_id", None):
            begins = event["ResourceStatus"] in _ROLLBACKS and _is_of_stack(event, stack)
            if begins and _last_kind(stack) != "ROLLBACK":
                begin(stack, event["ResourceStatus"])
            # Not in the event: DescribeStackEvents has no member for it, and would log that.
            _operations(stack)[event["EventId"]] = stack.operation_id


def begin(stack: Stack, status: StackStatus) -> None:
    """Begin an operation of a stack by the status that it has during it.

    The operation's events have its id, and DescribeStacks shows it, and what a rollback goes back
    from. AWS: CloudFormation API Reference, Stack, LastOperations.
    """
    stack.operation_id = str(uuid.uuid4())
    kind = _KINDS[status.removesuffix("_IN_PROGRESS")]
    former = _last_operations(stack)[-1:] if kind == "ROLLBACK" else []
    stack.last_operations = [*former, {"OperationType": kind, "OperationId": stack.operation_id}]


def _last_operations(stack: Stack) -> list[dict[str, str]]:
    found: list[dict[str, str]] = getattr(stack, "last_operations", [])
    return found


def _last_kind(stack: Stack) -> str:
    return next((one["OperationType"] for one in reversed(_last_operations(stack))), "")


def _name(event: Event, taken: Collection[str]) -> None:
    """Give an event of a resource its id: of resource, status and time, as recorded on AWS.

    LocalStack v4.14.0, cloudformation/api/test_stacks.py, test_list_events_after_deployment.
    """
    head = f"{event['LogicalResourceId']}-{event['ResourceStatus']}-"
    while (name := head + _time(event["Timestamp"])) in taken:
        event["Timestamp"] += timedelta(milliseconds=1)
    event["EventId"] = name
    event["PhysicalResourceId"] = event["PhysicalResourceId"] or ""


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refusal(change_set: ChangeSet) -> str | None:
    """Tell what was found in the template of CreateStack or UpdateStack; None if nothing was."""
    if found := getattr(change_set, "findings", ()):
        tell_findings(change_set.stack, found)
        return _VALIDATION_FAILED
    return None


def refuse(change_set: ChangeSet) -> None:
    """Fail a change set for the findings in its template, which DescribeEvents returns."""
    change_set.set_change_set_status(ChangeSetStatus.FAILED)
    change_set.set_execution_status(ExecutionStatus.UNAVAILABLE)
    failed = {_HOOKS[one.validation] for one in change_set.findings}
    change_set.status_reason = (
        f"The following hook(s)/validation failed: [{', '.join(sorted(failed))}]. To troubleshoot "
        "Early Validation errors, use the DescribeEvents API for detailed failure information."
    )
    tell_findings(change_set.stack, change_set.findings, change_set.change_set_id)


def tell_findings(
    stack: Stack, findings: Sequence[Finding], change_set_id: str | None = None
) -> None:
    """Note what was found in the template of a change set, or of the operation under way.

    The latter fails by an event of the stack, whose status that is not.
    """
    operation = str(uuid.uuid4()) if change_set_id else stack.operation_id
    for found in findings:
        _validation_errors(stack).insert(
            0,
            {
                "EventId": str(uuid.uuid4()),
                "StackId": stack.stack_id,
                "OperationId": operation,
                "OperationType": "CREATE_CHANGESET" if change_set_id else None,
                "EventType": "VALIDATION_ERROR",
                "LogicalResourceId": found.resource,
                "PhysicalResourceId": "",
                "ResourceType": found.resource_type,
                "Timestamp": datetime.now(tz=UTC),
                "ValidationFailureMode": found.mode,
                "ValidationName": found.validation,
                "ValidationStatus": "FAILED",
                "ValidationStatusReason": found.message,
                "ValidationPath": found.path,
                "ChangeSetId": change_set_id,
            },
        )
    if change_set_id is None:
        kind = "CREATE" if stack.status == StackStatus.CREATE_IN_PROGRESS else "UPDATE"
        stack._store_event(
            resource_id=stack.stack_name,
            resource_type="AWS::CloudFormation::Stack",
            physical_resource_id=stack.stack_id,
            status=StackStatus(f"{kind}_FAILED"),
            status_reason=(
                f"Validation failed with {len(findings)} error(s). Call DescribeEvents to retrieve "
                "the full list of issues with resource and property details, resolve each error, "
                "then retry the operation."
            ),
        )
        stack.events[0]["DetailedStatus"] = "VALIDATION_FAILED"


def of_change_set(stack: Stack, change_set_id: str) -> list[Event]:
    """Return what was found in the template of a change set."""
    return [
        _without_none(event, but="ChangeSetId")
        for event in _validation_errors(stack)
        if event["ChangeSetId"] == change_set_id
    ]


def described(stack: Stack, operation_id: str | None, only_failed: bool) -> list[Event]:
    """Return the events of all or one of a stack's operations as DescribeEvents returns them.

    The newest come first.
    """
    operations = _operations(stack)
    listed = [_listed(stack, event, operations.get(event["EventId"])) for event in stack.events]
    found = [event for event in _validation_errors(stack) if not event["ChangeSetId"]]
    together = sorted([*listed, *found], key=lambda event: event["Timestamp"], reverse=True)
    under_way = getattr(stack, "operation_id", None) if _in_progress(stack.status) else None
    events = [
        event
        for operation, group in groupby(together, key=lambda event: event["OperationId"])
        if operation_id in (None, operation)
        for event in _operation(stack, list(group), ended=operation != under_way)
    ]
    return [
        _without_none(event, but="ChangeSetId")
        for event in events
        if not only_failed or event["EventType"] in ("PROVISIONING_ERROR", "VALIDATION_ERROR")
    ]


def _operation(stack: Stack, events: list[Event], *, ended: bool) -> Iterator[Event]:
    """Yield the events of one operation between those of its end and its beginning."""
    operation = events[0]["OperationId"]
    of_stack = [str(one["ResourceStatus"]) for one in events if _is_of_stack(one, stack)]
    kind = _KINDS.get(of_stack[-1].removesuffix("_IN_PROGRESS")) if of_stack else None
    if kind is None:  # a review is none
        yield from events
        return
    began, last = events[-1]["Timestamp"], events[0]["Timestamp"]

    def of_operation(status: str, time: datetime, **more: Any) -> Event:
        return {
            "EventId": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{operation} {status}")),
            "StackId": stack.stack_id,
            "OperationId": operation,
            "OperationType": kind,
            "OperationStatus": status,
            "EventType": "STACK_EVENT",
            "Timestamp": time,
            "StartTime": began,
            **more,
        }

    if ended:
        succeeded = of_stack[0].endswith("_COMPLETE")
        yield of_operation("SUCCEEDED" if succeeded else "FAILED", last, EndTime=last)
    for event in events:
        is_finding = event["EventType"] == "VALIDATION_ERROR"
        yield {**event, "OperationType": kind} if is_finding else event
    yield of_operation("IN_PROGRESS", began)


def _listed(stack: Stack, event: Event, operation: str | None) -> Event:
    failed = str(event["ResourceStatus"]).endswith("_FAILED")
    listed = {name: value for name, value in event.items() if name != "StackName"}
    return {
        **listed,
        "OperationId": operation,
        "EventType": "PROVISIONING_ERROR" if failed else "PROGRESS",
    }


def _is_of_stack(event: Event, stack: Stack) -> bool:
    return bool(event.get("PhysicalResourceId") == stack.stack_id)


def _in_progress(status: str) -> bool:
    return status.endswith("_IN_PROGRESS")


def _without_none(event: Event, *, but: str) -> Event:
    return {name: value for name, value in event.items() if value is not None and name != but}


def _operations(stack: Stack) -> dict[str, str]:
    """The ids of operations by those of their events."""
    found: dict[str, str] = stack.__dict__.setdefault("operations_of_events", {})
    return found


def _validation_errors(stack: Stack) -> list[Event]:
    """What was found in templates before they were deployed, the newest first."""
    found: list[Event] = stack.__dict__.setdefault("validation_errors", [])
    return found
