"""The way back: what becomes of a stack whose creation or update failed.

In: the executor, with the steps it has taken, and why it could not go on. Out: the resources, the
events and the status that the stack has on AWS afterwards. The executor calls ``go_back``.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html, for
what is kept "DeletionPolicy attribute" in the same guide.
"""

from typing import Any

from localstack.aws.api.cloudformation import ChangeAction, ResourceStatus, StackStatus
from localstack.services.cloudformation.resource_provider import OperationStatus

from localstack_parity.cloudformation.deletion import discard
from localstack_parity.cloudformation.replacement import properties_of
from localstack_parity.cloudformation.steps import Discarded, Operation, Step


def go_back(executor: Operation, failure: str) -> None:
    """Undo the steps, or leave everything as it is if the caller of the operation wished so."""
    reason = _reason(executor, failure)
    match executor.operation, executor.options.on_failure:
        case operation, "DO_NOTHING":
            executor.stack.set_stack_status(StackStatus(f"{operation}_FAILED"), reason)
            _describe_what_is_there(executor)
        case "CREATE", "DELETE":
            _undo_creation(executor, "DELETE", reason)
        case "CREATE", _:
            _undo_creation(executor, "ROLLBACK", reason)
        case _:
            _undo_update(executor, reason)


def _reason(executor: Operation, failure: str) -> str:
    if not executor.failed:  # an output, an export
        return failure
    verb = "update" if executor.failed[0] in executor.existed else "create"
    return f"The following resource(s) failed to {verb}: [{', '.join(executor.failed)}]. "


def _undo_creation(executor: Operation, prefix: str, reason: str) -> None:
    executor.stack.set_stack_status(StackStatus(f"{prefix}_IN_PROGRESS"), reason)
    unwanted = [_created(executor, step) for step in reversed(_made(executor))]
    stayed = discard(executor, unwanted)
    for name in set(executor.resources) - set(stayed):
        del executor.resources[name]
    end = "FAILED" if stayed else "COMPLETE"
    executor.stack.set_stack_status(StackStatus(f"{prefix}_{end}"))


def _undo_update(executor: Operation, reason: str) -> None:
    """Give changed resources their old properties, then delete what was added or replaced.

    The first in the order of dependencies, as in every update, the second in the reverse order.
    """
    stack = executor.stack
    stack.tags = list(executor.options.former_tags)
    stack.set_stack_status(StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, reason)
    unwanted, unrestored = [], []
    for step in executor.steps:
        if step.before is None or step.replaces:
            if step in _made(executor):
                unwanted.append(_created(executor, step))
            if step.replaces:
                _restore_replaced(executor, step.name)
        else:
            abandoned, restored = _restore(executor, step)
            unwanted += abandoned
            unrestored += [] if restored else [step.name]
    if unwanted and not unrestored:
        stack.set_stack_status(StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS)
    discard(executor, reversed(unwanted))
    _describe_as_before(executor)
    end = "FAILED" if unrestored else "COMPLETE"
    stack.set_stack_status(StackStatus(f"UPDATE_ROLLBACK_{end}"))


def _made(executor: Operation) -> list[Step]:
    """The steps that led to a physical resource which was not there before."""
    return [
        step
        for step in executor.steps
        if (step.before is None or step.replaces)
        and executor.resources.get(step.name, {}).get("PhysicalResourceId")
    ]


def _created(executor: Operation, step: Step) -> Discarded:
    """What a step made, to be deleted, unless the template wants to keep it even then."""
    policy = step.after.deletion_policy
    kept = policy == "Retain" and not executor.options.retain_except_on_create
    return Discarded(
        step.name,
        dict(executor.resources[step.name]),
        kept=kept and not step.replaces,
        superseded=step.replaces,
    )


def _restore_replaced(executor: Operation, name: str) -> None:
    existed = executor.existed[name]
    executor.resources[name] = existed
    executor.stack.set_resource_status(
        logical_resource_id=name,
        physical_resource_id=existed["PhysicalResourceId"],
        resource_type=existed["Type"],
        status=ResourceStatus.UPDATE_COMPLETE,
    )


def _restore(executor: Operation, step: Step) -> tuple[list[Discarded], bool]:
    """Give a resource its old properties; return what was made of it in vain, and if it worked."""
    assert step.before is not None
    name, existed = step.name, executor.existed[step.name]
    now = {**existed, **executor.resources.get(name, {})}
    now["Properties"] = {**existed["Properties"], **(now["Properties"] or {})}
    executor.failed.clear()
    executor.report(name, existed["Type"], ChangeAction.Modify, "IN_PROGRESS")
    event, then = executor.act(name, ChangeAction.Modify, now, properties_of(step.before))
    restored = event.status == OperationStatus.SUCCESS
    # The stack tells the physical id that it has when this is reported.
    executor.resources[name] = {**existed, **then} if restored else existed
    executor.report(name, existed["Type"], ChangeAction.Modify, event.status.name, event.message)
    if not restored:
        return [], False
    if now["PhysicalResourceId"] == then["PhysicalResourceId"]:
        return [], True
    return [Discarded(name, now, superseded=True)], True


def _describe_as_before(executor: Operation) -> None:
    """Let the stack stay described by its old template, and know all of its resources.

    What was not visited before the failure is still there; the next change set has to be
    compared with what is there, not with what failed.
    """
    there = {name: executor.resources.get(name, one) for name, one in executor.existed.items()}
    executor.resources.clear()
    executor.resources.update(there)
    for field in ("template", "processed_template", "template_body", "resolved_parameters"):
        setattr(executor.change_set, field, getattr(executor.stack, field))


def _describe_what_is_there(executor: Operation) -> None:
    """Let the stack be described by the new template as far as it was carried out.

    The next update starts from there: it makes what is missing and changes what was not changed.
    """
    done = {
        name
        for name, resource in executor.resources.items()
        if resource.get("PhysicalResourceId") and name not in executor.failed
    }
    for name, existed in executor.existed.items():
        if name not in done:
            executor.resources[name] = existed
    for name in set(executor.resources) - done - executor.existed.keys():
        del executor.resources[name]
    old: dict[str, Any] = executor.stack.processed_template or {"Resources": {}}
    new: dict[str, Any] = executor.change_set.processed_template
    resources = {
        name: (new if name in done else old)["Resources"][name] for name in executor.resources
    }
    executor.change_set.template = executor.change_set.processed_template = {
        **new,
        "Resources": resources,
    }
