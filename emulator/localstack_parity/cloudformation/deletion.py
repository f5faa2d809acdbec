"""What a stack operation deletes: replaced and removed resources, or the whole stack.

AWS: CloudFormation User Guide, "DeletionPolicy attribute" and "UpdateReplacePolicy attribute".
"""

from collections.abc import Iterable

from localstack.aws.api.cloudformation import ChangeAction, ResourceStatus, StackStatus
from localstack.services.cloudformation.resource_provider import OperationStatus

from localstack_parity.cloudformation.steps import Discarded, Operation

KEPT = ("Retain", "RetainExceptOnCreate")


def clean_up(executor: Operation) -> None:
    """Delete what was replaced and what the template no longer has, dependents first."""
    removed = [
        Discarded(name, resource, kept=_deletion_policy(executor, name) in KEPT)
        for name, resource in executor.existed.items()
        if name not in executor.resources
    ]
    order = list(executor.existed)
    unwanted = sorted(executor.discarded + removed, key=lambda one: order.index(one.name))
    if unwanted:
        executor.course.say(StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS)
    discard(executor, reversed(unwanted))


def delete_stack(executor: Operation) -> list[str]:
    """Delete the stack's resources, the last one first; return the names of those that stay."""
    return discard(
        executor,
        (
            Discarded(
                name,
                resource,
                kept=_deletion_policy(executor, name) in KEPT or name in executor.options.retained,
            )
            for name, resource in reversed(executor.existed.items())
        ),
    )


def _deletion_policy(executor: Operation, name: str) -> str | None:
    """The policy in the template by which the resource was made."""
    policy: str | None = getattr(executor.stack, "deletion_policies", {}).get(name)
    return policy


def discard(executor: Operation, unwanted: Iterable[Discarded]) -> list[str]:
    """Delete resources, each unless it is to be kept; return the names of those that stay."""
    failed = []
    for one in unwanted:
        if one.kept:
            _tell(executor, one, "SKIPPED")
            continue
        _tell(executor, one, "IN_PROGRESS")
        event, _ = executor.act(one.name, ChangeAction.Remove, one.resource)
        if event.status != OperationStatus.SUCCESS and executor.options.forced:
            # AWS: CloudFormation User Guide, "Delete a stack": what cannot be deleted is retained.
            _tell(executor, one, "SKIPPED", event.message)
            continue
        if event.status != OperationStatus.SUCCESS:
            _tell(executor, one, "FAILED", event.message)
            failed.append(one.name)
            continue
        _tell(executor, one, "COMPLETE")
        if executor.operation == "DELETE":
            # Should another resource fail, the next attempt to delete leaves this one alone.
            executor.stack.resolved_resources.pop(one.name, None)
    return failed


def _tell(executor: Operation, one: Discarded, status: str, reason: str | None = None) -> None:
    stack, physical_id = executor.stack, one.resource["PhysicalResourceId"]
    status = ResourceStatus(f"DELETE_{status}")
    if one.superseded:  # the name's own status is that of the resource that has it now
        stack._store_event(one.name, one.resource["Type"], physical_id, status, reason or "")
    else:
        stack.set_resource_status(
            logical_resource_id=one.name,
            physical_resource_id=physical_id,
            resource_type=one.resource["Type"],
            status=status,
            resource_status_reason=reason,
        )
