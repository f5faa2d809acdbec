"""Carries out a change set, or the deletion of a stack.

Takes the place of LocalStack's executor, which leaves behind what it did until a failure and says
that the stack was rolled back or deleted although it was not. The way back from a failure is in
rollback.py, deleting in deletion.py.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
"""

from collections.abc import Callable
from typing import Any

from localstack.aws.api.cloudformation import ChangeAction, ResourceStatus, StackStatus
from localstack.services.cloudformation.engine.v2.change_set_model import (
    NodeOutput,
    NodeResource,
    NodeResources,
    is_nothing,
)
from localstack.services.cloudformation.engine.v2.change_set_model_executor import (
    EventOperationFromAction,
    TriggerRollback,
)
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    PreprocEntityDelta,
    PreprocProperties,
)
from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent
from localstack.services.cloudformation.v2.entities import ChangeSet, Stack
from localstack.utils.patch import patch

from localstack_parity.cloudformation import (
    deletion,
    events,
    exports,
    property_checks,
    replacement,
    resource_types,
    rollback,
)
from localstack_parity.cloudformation.handlers import Handlers, is_emulated
from localstack_parity.cloudformation.operations import Course
from localstack_parity.cloudformation.options import options_of
from localstack_parity.cloudformation.resolving import StrictResolver, UnresolvedError
from localstack_parity.cloudformation.steps import Discarded, Outcome, Step, Unrestored

CANCELLED = "The operation was cancelled."
_STACK = "AWS::CloudFormation::Stack"
_WAIT_CONDITION = "AWS::CloudFormation::WaitCondition"
_NOT_BEGUN = "The operation was cancelled before this was begun."


def install() -> None:
    """Have a stack's status change as on AWS: its event first, and no review of one that exists."""

    @patch(Stack.set_stack_status)
    def set_stack_status(
        _original: Callable[..., None],
        stack: Stack,
        status: StackStatus,
        reason: str | None = None,
    ) -> None:
        # Only a stack that does not exist yet is under review while a change set is made.
        if status == StackStatus.REVIEW_IN_PROGRESS and stack.status != status:
            return
        # The event first: with the status the next operation may begin, and the one that begins
        # an update puts the events back as it has found them.
        stack._store_event(
            resource_id=stack.stack_name,
            resource_type=_STACK,
            physical_resource_id=stack.stack_id,
            status=status,
            status_reason=reason,
        )
        if reason:
            stack.status_reason = reason
        stack.status = status


class InterruptedOperationError(Exception):
    """The operation was cancelled. No RuntimeError: LocalStack passes over those."""


class Executor(StrictResolver):
    """Creates, updates or deletes the resources of one stack."""

    def __init__(self, change_set: ChangeSet, operation: str, course: Course) -> None:
        super().__init__(change_set)
        self.stack = change_set.stack
        self.change_set = change_set
        self.operation = operation
        self.course = course
        self.options = options_of(self.stack)
        self.resource_provider_executor = Handlers(
            self.stack, self._is_giving_up, imports=getattr(change_set, "imports", False)
        )
        # What exists has a physical id. The template also names what a failure kept from existing.
        self.existed = {
            name: resource
            for name, resource in self.stack.resolved_resources.items()
            if resource.get("PhysicalResourceId")
        }
        self.steps: list[Step] = []
        self.failed: list[str] = []
        self.discarded: list[Discarded] = []
        self.unrestored: list[Unrestored] = []

    def execute(self) -> Outcome:
        """Do what the change set says; on failure, or if it is cancelled, undo it."""
        with self.course.limited(self.options.timeout_s):
            failure = events.refusal(self.change_set) or self._attempt()
        cancelled = self.course.close()
        if failure is None and not cancelled:
            self.stack.imports = self.imports
            deletion.clean_up(self)
            return Outcome(StackStatus(f"{self.operation}_COMPLETE"))
        if self.course.withdrawn:  # the stack is being deleted: what is there goes with it
            return Outcome(None, failure=CANCELLED)
        return rollback.go_back(self, CANCELLED if cancelled else str(failure))

    def _is_giving_up(self) -> bool:
        return self.course.giving_up

    def _attempt(self) -> str | None:
        """Visit every resource and output; return why that came to an end, None if it did not."""
        try:
            self.process()
            self._check_interruption()
            exports.check_update(self.stack, self.outputs)
        except TriggerRollback as stop:
            return stop.reason or f"Resource {stop.logical_resource_id} failed"
        except Exception as error:
            return str(error) or type(error).__name__
        return None

    def act(
        self, name: str, action: ChangeAction, resource: dict[str, Any], after: Any = None
    ) -> tuple[ProgressEvent[Any], dict[str, Any]]:
        """Change or delete a resource outside the plan; return the outcome, recording nothing."""
        recorded = dict(self.resources)
        event = self._execute_resource_action(
            action=action,
            logical_resource_id=name,
            resource_type=resource["Type"],
            before_properties=PreprocProperties(properties=resource["Properties"]),
            after_properties=None if after is None else PreprocProperties(properties=after),
            part_of_replacement=action == ChangeAction.Remove,
        )
        outcome = dict(self.resources.get(name, {}))
        self.resources.clear()
        self.resources.update(recorded)
        return event, outcome

    # What the base class calls on its way

    def _execute_resource_change(self, name: str, before: Any, after: Any) -> None:
        """Create, change or replace a resource; what is gone from the template goes at the end."""
        if is_nothing(after):
            return
        existed = self.existed.get(name)
        if is_nothing(before) or existed is None:
            self._change(Step(name, None, after), ChangeAction.Add)
        elif not replacement.is_needed(before, after):
            self._change(Step(name, before, after), ChangeAction.Modify)
        elif refusal := replacement.refusal(before, after):
            self.report(name, after.resource_type, ChangeAction.Modify, "FAILED", refusal)
            raise TriggerRollback(name, refusal)
        else:
            self._change(Step(name, before, after, replaces=True), ChangeAction.Modify)
        now = self.resources[name].get("PhysicalResourceId")
        if existed and now and now != existed["PhysicalResourceId"]:
            # Also a custom resource that answered an update with another id.
            kept = after.update_replace_policy in deletion.KEPT
            self.discarded.append(Discarded(name, existed, kept=kept, superseded=True))

    def visit_node_resources(self, node_resources: NodeResources) -> None:
        """Wait last for signals: on AWS all that needs none of them is made meanwhile."""
        node_resources.resources.sort(key=lambda resource: resource.type_.value == _WAIT_CONDITION)
        super().visit_node_resources(node_resources)

    def visit_node_resource(self, node_resource: NodeResource) -> PreprocEntityDelta:
        """Give a resource that is otherwise unchanged the stack's new tags."""
        delta = super().visit_node_resource(node_resource)
        name, before, after = node_resource.name, delta.before, delta.after
        if (
            self.operation == "UPDATE"
            and list(self.options.former_tags) != self.stack.tags
            and not is_nothing(after)
            and before == after
            and resource_types.kind_of_tags(after.resource_type)
            and name in self.existed
        ):
            self._change(Step(name, before, after), ChangeAction.Modify)
            if name in self.failed:
                raise TriggerRollback(name, "its tags could not be changed")
        return delta

    def _check_interruption(self) -> None:
        if self.course.giving_up:
            raise InterruptedOperationError(_NOT_BEGUN)

    def _change(self, step: Step, action: ChangeAction) -> None:
        self._check_interruption()
        name, resource_type = step.name, step.after.resource_type
        reason = (
            "Requested update requires the creation of a new physical resource; hence creating one."
            if step.replaces
            else None
        )
        self.report(name, resource_type, action, "IN_PROGRESS", reason)
        event = self._execute_resource_action(
            action=ChangeAction.Add if step.replaces else action,
            logical_resource_id=name,
            resource_type=resource_type,
            before_properties=self._merge_before_properties(name, step.before)
            if step.before
            else None,
            after_properties=PreprocProperties(properties=replacement.properties_of(step.after)),
        )
        if event.status == OperationStatus.SUCCESS and (
            action == ChangeAction.Add or step.replaces
        ):
            self.report(name, resource_type, action, "IN_PROGRESS", "Resource creation Initiated")
        self.report(name, resource_type, action, event.status.name, event.message)
        self.steps.append(step)

    def report(
        self,
        name: str,
        resource_type: str,
        action: ChangeAction,
        status: str,
        reason: str | None = None,
    ) -> None:
        """Record an event of a resource; `status` is a name of LocalStack's OperationStatus."""
        self._process_event(
            action=action,
            logical_resource_id=name,
            event_status=OperationStatus[status],
            resource_type=resource_type,
            reason=reason,
        )

    def _refusal(
        self, action: ChangeAction, name: str, resource_type: str, change: dict[str, Any]
    ) -> str | None:
        """Say why a resource is not made or changed as it is wished; None if it may be."""
        if action == ChangeAction.Remove:
            return None
        if not is_emulated(resource_type):
            return f"{resource_type} is not emulated here, so it was not created."
        wanted: PreprocProperties = change["after_properties"]
        return property_checks.problem(name, resource_type, wanted.properties)

    def _execute_resource_action(
        self, action: ChangeAction, logical_resource_id: str, resource_type: str, **more: Any
    ) -> ProgressEvent[Any]:
        if reason := self._refusal(action, logical_resource_id, resource_type, more):
            self.resources[logical_resource_id] = {
                "LogicalResourceId": logical_resource_id,
                "Type": resource_type,
                "Properties": {},
                "ResourceStatus": ResourceStatus.CREATE_FAILED,
                "ResourceStatusReason": reason,
            }
            return ProgressEvent(OperationStatus.FAILED, resource_model={}, message=reason)
        event = super()._execute_resource_action(
            action=action,
            logical_resource_id=logical_resource_id,
            resource_type=resource_type,
            **more,
        )
        if action == ChangeAction.Add and event.status == OperationStatus.FAILED:
            nested = (event.resource_model or {}).get("Id")
            if resource_type == _STACK and nested:
                # A stack that failed is there all the same, and has to be deleted.
                self.resources[logical_resource_id]["PhysicalResourceId"] = nested
        return event

    def create_resource_provider_payload(self, **change: Any) -> Any:
        """Add the stack's tags to those of a resource that takes tags, and with whose rights."""
        payload = super().create_resource_provider_payload(**change)
        if self.options.key:
            payload["requestData"]["callerCredentials"]["accessKeyId"] = self.options.key
        if change["action"] != ChangeAction.Remove:
            data = payload["requestData"]
            data["resourceProperties"] = resource_types.with_tags(
                change["resource_type"], data["resourceProperties"], self.stack.tags
            )
        return payload

    def _process_event(
        self,
        *,
        event_status: OperationStatus,
        logical_resource_id: str,
        action: ChangeAction,
        custom_status: ResourceStatus | str | None = None,
        **more: Any,
    ) -> None:
        """Record an event of a resource; the base class would give the stack its status, too."""
        if event_status == OperationStatus.FAILED:
            if self.failed or more.get("reason") == _NOT_BEGUN:
                return  # a resource that waited for the one that failed, or was not begun
            self.failed.append(logical_resource_id)
            custom_status = f"{EventOperationFromAction[action.value]}_FAILED"
            event_status = OperationStatus.IN_PROGRESS
        super()._process_event(
            action=action,
            logical_resource_id=logical_resource_id,
            event_status=event_status,
            custom_status=custom_status,
            **more,
        )

    def visit_node_output(self, node_output: NodeOutput) -> PreprocEntityDelta:
        """Resolve an output, which has to be a text."""
        delta = super().visit_node_output(node_output)
        if self.outputs and self.outputs[-1]["OutputKey"] == node_output.name:
            value = self.outputs[-1]["OutputValue"]
            if is_nothing(value) or isinstance(value, (dict, list)) or value is None:
                raise UnresolvedError(
                    f"Template format error: Output {node_output.name} is malformed. The Value "
                    "field of every Outputs member must evaluate to a String."
                )
            self.outputs[-1]["OutputValue"] = (
                str(value).lower() if isinstance(value, bool) else str(value)
            )
        return delta
