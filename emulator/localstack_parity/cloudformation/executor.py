"""Carries out a change set, and goes back when that fails.

In: the change set that LocalStack's CloudFormation has computed. Out: the stack's resources, its
events and its status: after a failure everything is as it was before. Takes the place of
LocalStack's executor, which leaves behind what it did until the failure and says the stack was
rolled back or deleted although it was not. ``install`` is called once, when the emulator starts.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localstack.aws.api.cloudformation import ChangeAction, ResourceStatus, StackStatus
from localstack.services.cloudformation.engine.v2.change_set_model import is_nothing
from localstack.services.cloudformation.engine.v2.change_set_model_executor import (
    ChangeSetModelExecutor,
    ChangeSetModelExecutorResult,
    EventOperationFromAction,
    TriggerRollback,
)
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    PreprocProperties,
    PreprocResource,
)
from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent
from localstack.services.cloudformation.v2 import provider
from localstack.services.cloudformation.v2.entities import ChangeSet, Stack
from localstack.utils.patch import patch


def install() -> None:
    """Let LocalStack carry out change sets with this executor."""
    provider.ChangeSetModelExecutor = Executor

    @patch(Stack.set_stack_status)
    def set_stack_status(
        original: Callable[..., None], stack: Stack, status: StackStatus, *args: Any
    ) -> None:
        # Only a stack that does not exist yet is under review while a change set is made.
        rolled_back = stack.status == StackStatus.UPDATE_ROLLBACK_COMPLETE
        if not (rolled_back and status == StackStatus.REVIEW_IN_PROGRESS):
            original(stack, status, *args)


class DeletionFailedError(Exception):
    """Some resources of a stack that was to be deleted are still there."""


@dataclass(frozen=True)
class Step:
    """One resource that was changed: how it was before and how it was to become."""

    name: str
    before: PreprocResource | None
    after: PreprocResource | None


class Executor(ChangeSetModelExecutor):
    """Creates, updates or deletes the resources of one stack."""

    def __init__(self, change_set: ChangeSet) -> None:
        super().__init__(change_set)
        self._stack = change_set.stack
        self._operation = StackStatus(self._stack.status)
        # What exists has a physical id. The template also names what a failure kept from existing.
        self._existed = {
            name: resource
            for name, resource in self._stack.resolved_resources.items()
            if resource.get("PhysicalResourceId")
        }
        self._steps: list[Step] = []
        self._failed: list[str] = []

    def execute(self) -> ChangeSetModelExecutorResult:
        """Do what the change set says; on failure undo it, and say why in the result."""
        failure = self._attempt()
        if self._operation == StackStatus.DELETE_IN_PROGRESS:
            self._run_deferred()
            self._check_deleted()
        elif failure is None:
            if self._deferred_actions:
                self._stack.set_stack_status(StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS)
            self._run_deferred()
        elif self._stays_failed():
            self._stack.set_stack_status(StackStatus(f"{self._operation.split('_')[0]}_FAILED"))
        elif self._operation == StackStatus.CREATE_IN_PROGRESS:
            self._roll_back("ROLLBACK", "create", self._undo_creation)
        else:
            self._roll_back("UPDATE_ROLLBACK", "update", self._undo_update)
            self._keep_description()
        return ChangeSetModelExecutorResult(
            resources=self.resources, outputs=self.outputs, failure_message=failure
        )

    def _attempt(self) -> str | None:
        """Visit every resource; return why that came to an end, None if it reached the last."""
        try:
            self.process()
        except TriggerRollback as stop:
            return stop.reason or f"Resource {stop.logical_resource_id} failed"
        except Exception as error:
            return str(error) or type(error).__name__
        return None

    def _run_deferred(self) -> None:
        """Delete what is no longer wanted, in reverse order."""
        for deferred in reversed(self._deferred_actions):
            deferred.action()

    # Deleting a stack

    def _check_deleted(self) -> None:
        if self._failed:
            reason = f"The following resource(s) failed to delete: [{', '.join(self._failed)}]. "
            self._stack.status_reason = reason
            raise DeletionFailedError(reason)

    def _absent(self, action: ChangeAction, name: str) -> bool:
        return action == ChangeAction.Remove and name not in self._existed

    # Going back

    def _stays_failed(self) -> bool:
        """Say whether the stack was created with the wish to be left as it is by a failure."""
        wishes = self._stack.request_payload
        on_failure = wishes.get("OnStackFailure") or wishes.get("OnFailure")
        return on_failure == "DO_NOTHING" or bool(wishes.get("DisableRollback"))

    def _roll_back(self, prefix: str, verb: str, undo: Callable[[Step], None]) -> None:
        failed, self._failed = self._failed, []
        self._deferred_actions.clear()
        reason = f"The following resource(s) failed to {verb}: [{', '.join(failed)}]. "
        self._stack.set_stack_status(StackStatus(f"{prefix}_IN_PROGRESS"), reason)
        for step in reversed(self._steps):
            if step.name not in failed or step.before:
                undo(step)
        end = "FAILED" if self._failed else "COMPLETE"
        self._stack.set_stack_status(StackStatus(f"{prefix}_{end}"))

    def _undo_creation(self, step: Step) -> None:
        """Delete what was created, unless the template wants to keep it."""
        resource = self.resources[step.name]
        template = self._change_set.template["Resources"].get(step.name, {})
        self._existed[step.name] = resource
        if template.get("DeletionPolicy") == "Retain":
            self._report(step, ChangeAction.Remove, custom_status=ResourceStatus.DELETE_SKIPPED)
        else:
            self._report(step, ChangeAction.Remove, OperationStatus.IN_PROGRESS)
            event = self._act(step, ChangeAction.Remove, before=resource["Properties"], after=None)
            self._report(step, ChangeAction.Remove, event.status, reason=event.message)
            if event.status != OperationStatus.SUCCESS:
                return
        del self.resources[step.name]
        del self._existed[step.name]

    def _undo_update(self, step: Step) -> None:
        """Delete what was added, take back replacements, give the rest its old properties."""
        before, after, existed = step.before, step.after, self._existed.get(step.name)
        now = self.resources.get(step.name, {})
        if before is None or existed is None:
            self._undo_creation(step)
            return
        if after and (after.requires_replacement or after.resource_type != before.resource_type):
            if now.get("PhysicalResourceId"):
                self._undo_creation(step)
        elif after:
            self._report(step, ChangeAction.Modify, OperationStatus.IN_PROGRESS)
            event = self._act(
                step,
                ChangeAction.Modify,
                before={**existed["Properties"], **(now.get("Properties") or {})},
                after=before.properties.properties,
            )
            self._report(step, ChangeAction.Modify, event.status, reason=event.message)
            if event.status == OperationStatus.SUCCESS:
                existed = {**existed, "Properties": event.resource_model}
        self.resources[step.name] = self._existed[step.name] = existed

    def _keep_description(self) -> None:
        """Let the stack stay described by its old template, and know all of its resources.

        What was not visited before the failure is still there; the next change set has to be
        compared with what is there, not with what failed.
        """
        for name, resource in self._existed.items():
            self.resources.setdefault(name, resource)
        for field in ("template", "processed_template", "template_body", "resolved_parameters"):
            setattr(self._change_set, field, getattr(self._stack, field))

    def _act(
        self, step: Step, action: ChangeAction, *, before: Any, after: Any
    ) -> ProgressEvent[Any]:
        """Call the resource's provider without recording the outcome."""
        recorded = dict(self.resources)
        event = self._execute_resource_action(
            action=action,
            logical_resource_id=step.name,
            resource_type=self._type_of(step),
            before_properties=PreprocProperties(properties=before),
            after_properties=None if after is None else PreprocProperties(properties=after),
            part_of_replacement=action == ChangeAction.Remove,
        )
        self.resources.clear()
        self.resources.update(recorded)
        return event

    def _report(
        self,
        step: Step,
        action: ChangeAction,
        event_status: OperationStatus = OperationStatus.SUCCESS,
        **more: Any,
    ) -> None:
        self._process_event(
            action=action,
            logical_resource_id=step.name,
            event_status=event_status,
            resource_type=self._type_of(step),
            **more,
        )

    def _type_of(self, step: Step) -> str:
        resource = step.after or step.before
        return str(resource.resource_type) if resource else ""

    # What the base class calls on its way

    def _execute_resource_change(
        self, name: str, before: PreprocResource | None, after: PreprocResource | None
    ) -> None:
        super()._execute_resource_change(name, before, after)
        self._steps.append(
            Step(
                name,
                None if is_nothing(before) else before,
                None if is_nothing(after) else after,
            )
        )

    def _execute_resource_action(
        self, action: ChangeAction, logical_resource_id: str, *args: Any, **kwargs: Any
    ) -> ProgressEvent[Any]:
        if self._absent(action, logical_resource_id):
            return ProgressEvent(OperationStatus.SUCCESS, resource_model={})
        return super()._execute_resource_action(action, logical_resource_id, *args, **kwargs)

    def _process_event(
        self,
        *,
        action: ChangeAction,
        logical_resource_id: str,
        event_status: OperationStatus,
        custom_status: ResourceStatus | str | None = None,
        **more: Any,
    ) -> None:
        """Record an event of a resource; the base class would give the stack its status, too."""
        if self._absent(action, logical_resource_id):
            return
        if event_status == OperationStatus.FAILED:
            self._failed.append(logical_resource_id)
            custom_status = f"{EventOperationFromAction[action.value]}_FAILED"
            event_status = OperationStatus.IN_PROGRESS
        super()._process_event(
            action=action,
            logical_resource_id=logical_resource_id,
            event_status=event_status,
            custom_status=custom_status,
            **more,
        )
        deleted = action == ChangeAction.Remove and event_status == OperationStatus.SUCCESS
        if deleted and self._operation == StackStatus.DELETE_IN_PROGRESS:
            # Should another resource fail, the next attempt to delete leaves this one alone.
            self._stack.resolved_resources.pop(logical_resource_id, None)
