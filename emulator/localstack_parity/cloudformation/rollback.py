"""The way back: what becomes of a stack whose creation or update failed.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html, for
what is kept "DeletionPolicy attribute" in the same guide.
"""

from datetime import UTC, datetime
from typing import Any

from localstack.aws.api.cloudformation import ChangeAction, ResourceStatus, StackStatus
from localstack.services.cloudformation.resource_provider import OperationStatus

from localstack_parity.cloudformation.deletion import discard
from localstack_parity.cloudformation.operations import TIMED_OUT
from localstack_parity.cloudformation.replacement import properties_of
from localstack_parity.cloudformation.steps import (
    Discarded,
    Operation,
    Outcome,
    Step,
    Unrestored,
)

_REQUESTED = {"ROLLBACK": "Rollback requested by user.", "DELETE": "Delete requested by user."}


def go_back(executor: Operation, failure: str) -> Outcome:
    """Undo the steps, or leave everything as it is if the caller of the operation wished so."""
    reason = _reason(executor, failure)
    match executor.operation, executor.options.on_failure:
        case operation, "DO_NOTHING":
            _describe_what_is_there(executor)
            return Outcome(StackStatus(f"{operation}_FAILED"), reason, failure)
        case "CREATE", "DELETE":
            return _undo_creation(executor, "DELETE", reason, failure)
        case "CREATE", _:
            return _undo_creation(executor, "ROLLBACK", reason, failure)
        case _:
            return Outcome(_undo_update(executor, reason), failure=failure)


def resume(executor: Operation, skipped: frozenset[str]) -> StackStatus:
    """Try again what could not be restored; what is skipped counts as restored.

    AWS: CloudFormation API Reference, ContinueUpdateRollback: "CloudFormation sets the status of
    the specified resources to UPDATE_COMPLETE and continues to roll back the stack".
    """
    again, executor.unrestored = executor.unrestored, []
    for one in again:
        if one.step.name in skipped:
            _call_restored(executor, one.step.name)
        else:
            _restore(executor, one.step, one.now)
    return _end_of_update_rollback(executor)


def _reason(executor: Operation, failure: str) -> str:
    if executor.course.why == TIMED_OUT:
        wish = executor.options.on_failure
        return TIMED_OUT + _REQUESTED.get(wish, "")
    if executor.course.interrupted:
        return executor.course.why
    if not executor.failed:  # an output, an export
        return failure
    verb = "update" if executor.failed[0] in executor.existed else "create"
    return f"The following resource(s) failed to {verb}: [{', '.join(executor.failed)}]. "


def _undo_creation(executor: Operation, prefix: str, reason: str, failure: str) -> Outcome:
    """Delete what was created. The stack says when that began, and what could not be deleted.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_handle_existing_log_group and
    test_deletion_of_failed_nested_stack.
    """
    executor.stack.deletion_time = datetime.now(tz=UTC)
    executor.course.say(StackStatus(f"{prefix}_IN_PROGRESS"), reason)
    unwanted = [_created(executor, step) for step in reversed(_made(executor))]
    stayed = discard(executor, unwanted)
    for name in set(executor.resources) - set(stayed):
        del executor.resources[name]
    if stayed:
        left = f"The following resource(s) failed to delete: [{', '.join(stayed)}]. "
        return Outcome(StackStatus(f"{prefix}_FAILED"), left, failure)
    return Outcome(StackStatus(f"{prefix}_COMPLETE"), failure=failure)


def _undo_update(executor: Operation, reason: str) -> StackStatus:
    """Give changed resources their old properties, then delete what was added or replaced.

    The first in the order of dependencies, as in every update, the second in the reverse order.
    """
    stack = executor.stack
    stack.tags = list(executor.options.former_tags)
    executor.course.say(StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, reason)
    unwanted = []
    for step in executor.steps:
        if step.before is None or step.replaces:
            if step in _made(executor):
                unwanted.append(_created(executor, step))
            if step.replaces:
                _call_restored(executor, step.name)
        else:
            unwanted += _restore(executor, step, _as_it_is(executor, step.name))
    if unwanted and not executor.unrestored:
        executor.course.say(StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS)
    discard(executor, reversed(unwanted))
    _describe_as_before(executor)
    return _end_of_update_rollback(executor)


def _end_of_update_rollback(executor: Operation) -> StackStatus:
    return StackStatus(f"UPDATE_ROLLBACK_{'FAILED' if executor.unrestored else 'COMPLETE'}")


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


def _call_restored(executor: Operation, name: str) -> None:
    """Say of a resource that it is as it was before the update."""
    existed = executor.existed[name]
    executor.resources[name] = existed
    executor.stack.set_resource_status(
        logical_resource_id=name,
        physical_resource_id=existed["PhysicalResourceId"],
        resource_type=existed["Type"],
        status=ResourceStatus.UPDATE_COMPLETE,
    )


def _as_it_is(executor: Operation, name: str) -> dict[str, Any]:
    """Return a resource as the update left it."""
    existed = executor.existed[name]
    now: dict[str, Any] = {**existed, **executor.resources.get(name, {})}
    now["Properties"] = {**existed["Properties"], **(now["Properties"] or {})}
    return now


def _restore(executor: Operation, step: Step, now: dict[str, Any]) -> list[Discarded]:
    """Give a resource its old properties; return what had been made in its place."""
    assert step.before is not None
    name, existed = step.name, executor.existed[step.name]
    executor.failed.clear()
    executor.report(name, existed["Type"], ChangeAction.Modify, "IN_PROGRESS")
    event, then = executor.act(name, ChangeAction.Modify, now, properties_of(step.before))
    restored = event.status == OperationStatus.SUCCESS
    # The stack has the physical id that it has when this is reported.
    executor.resources[name] = {**existed, **then} if restored else existed
    executor.report(name, existed["Type"], ChangeAction.Modify, event.status.name, event.message)
    if not restored:
        executor.unrestored.append(Unrestored(step, now))
        return []
    if now["PhysicalResourceId"] == then["PhysicalResourceId"]:
        return []
    return [Discarded(name, now, superseded=True)]


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
        # A nested stack that failed is there, and goes with its parent.
        if not executor.resources[name].get("PhysicalResourceId"):
            del executor.resources[name]
    old: dict[str, Any] = executor.stack.processed_template or {"Resources": {}}
    new: dict[str, Any] = executor.change_set.processed_template
    resources = {
        name: (new if name in done else old)["Resources"][name]
        for name in executor.resources
        if name in done or name in executor.existed
    }
    executor.change_set.template = executor.change_set.processed_template = {
        **new,
        "Resources": resources,
    }
