"""What becomes of a stack: a change set is executed, a rollback continued, the stack deleted.

Each begins an operation; the stack is described by its outcome before it has its last status.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api.cloudformation import (
    ChangeSetStatus,
    ChangeSetType,
    ExecutionStatus,
    StackStatus,
)
from localstack.services.cloudformation.stores import get_cloudformation_store
from localstack.services.cloudformation.v2.entities import ChangeSet, Stack

from localstack_parity.cloudformation import conditions, deletion, operations, rollback
from localstack_parity.cloudformation.executor import Executor
from localstack_parity.cloudformation.operations import Course
from localstack_parity.cloudformation.options import choose

# Such a change set can still be described by its ARN, and its name be used again.
_EXECUTED = (ExecutionStatus.EXECUTE_COMPLETE, ExecutionStatus.EXECUTE_FAILED)


def is_executed(change_set: ChangeSet) -> bool:
    """Say whether a change set has been carried out."""
    return change_set.execution_status in _EXECUTED


def is_direct(change_set: ChangeSet) -> bool:
    """Say whether a change set only stands for CreateStack or UpdateStack."""
    return bool(getattr(change_set, "direct", False))


def execute(change_set: ChangeSet) -> None:
    """Carry out a change set; the stack's others are no longer valid.

    AWS: CloudFormation API Reference, ExecuteChangeSet: "CloudFormation deletes all other change
    sets associated with the stack because they aren't valid for the updated stack".
    """
    stack = change_set.stack
    kind = "CREATE" if change_set.change_set_type == ChangeSetType.CREATE else "UPDATE"
    change_set.set_execution_status(ExecutionStatus.EXECUTE_IN_PROGRESS)
    for other in _others(change_set):
        other.set_execution_status(ExecutionStatus.OBSOLETE)
    stack.tags = change_set.tags
    if kind == "UPDATE" or not is_direct(change_set):
        stack.updated_at = datetime.now(tz=UTC)

    def work(course: Course) -> None:
        executor = Executor(change_set, kind, course)
        outcome = executor.execute()
        _describe(stack, executor, succeeded=outcome.failure is None)
        change_set.set_execution_status(
            ExecutionStatus.EXECUTE_FAILED if outcome.failure else ExecutionStatus.EXECUTE_COMPLETE
        )
        _forget(_others(change_set))
        if outcome.status:
            course.say(outcome.status, outcome.reason)

    operations.begin(stack, StackStatus(f"{kind}_IN_PROGRESS"), work)


def delete(stack: Stack) -> None:
    """Delete a stack and all that is there of it, also of a creation that is under way."""
    if stack.status == StackStatus.REVIEW_IN_PROGRESS:
        _forget(_change_sets(stack))
        stack.deletion_time = datetime.now(tz=UTC)
        stack.set_stack_status(StackStatus.DELETE_COMPLETE)
        return

    def work(course: Course) -> None:
        change_set = ChangeSet(stack, {"ChangeSetName": "deletion"}, template_body="")
        executor = Executor(change_set, "DELETE", course)
        course.close()
        failed = deletion.delete_stack(executor)
        _forget([one for one in _change_sets(stack) if not is_executed(one)])
        if failed:
            reason = f"The following resource(s) failed to delete: [{', '.join(failed)}]. "
            course.say(StackStatus.DELETE_FAILED, reason)
            return
        stack.resolved_exports = {}
        stack.deletion_time = datetime.now(tz=UTC)
        course.say(StackStatus.DELETE_COMPLETE)

    operations.begin(stack, StackStatus.DELETE_IN_PROGRESS, work)


def continue_rollback(stack: Stack, skipped: frozenset[str], key: str) -> None:
    """Try again what the rollback of an update could not restore, but for what is skipped.

    `key` is the access key with whose rights that is done, see options.py.
    """

    executor: Executor = stack.unfinished_rollback
    executor.options = replace(executor.options, key=key)
    choose(stack, executor.options)

    def work(course: Course) -> None:
        course.close()
        executor.course = course
        outcome = rollback.resume(executor, skipped)
        stack.resolved_resources = executor.resources
        course.say(outcome)

    operations.begin(stack, StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, work)


def _describe(stack: Stack, executor: Executor, *, succeeded: bool) -> None:
    """Let the stack have the resources, and be described by the template, of an operation."""
    change_set = executor.change_set
    stack.resolved_resources = executor.resources
    stack.resolved_parameters = change_set.resolved_parameters
    stack.template = change_set.template
    stack.processed_template = change_set.processed_template
    stack.template_body = change_set.template_body
    stack.description = (change_set.template or {}).get("Description")
    stack.unfinished_rollback = executor
    made_by = change_set.processed_template or {"Resources": {}}
    policies = conditions.deletion_policies(change_set, made_by)
    kept = {} if succeeded else getattr(stack, "deletion_policies", {})
    stack.deletion_policies = policies | kept
    if succeeded:
        outputs: list[Any] = executor.outputs
        stack.resolved_outputs = outputs
        stack.resolved_exports = {
            output["ExportName"]: output["OutputValue"]
            for output in outputs
            if output.get("ExportName")
        }
        stack.change_set_id = change_set.change_set_id
        stack.direct = is_direct(change_set)


def _change_sets(stack: Stack) -> list[ChangeSet]:
    sets = get_cloudformation_store(stack.account_id, stack.region_name).change_sets
    return [sets[name] for name in list(stack.change_set_ids) if name in sets]


def _others(change_set: ChangeSet) -> list[ChangeSet]:
    return [
        one
        for one in _change_sets(change_set.stack)
        if one is not change_set and not is_executed(one)
    ]


def _forget(change_sets: list[ChangeSet]) -> None:
    for one in change_sets:
        stack = one.stack
        if one.status != ChangeSetStatus.DELETE_COMPLETE:
            one.set_change_set_status(ChangeSetStatus.DELETE_COMPLETE)
        stack.change_set_ids.discard(one.change_set_id)
        get_cloudformation_store(stack.account_id, stack.region_name).change_sets.pop(
            one.change_set_id, None
        )
