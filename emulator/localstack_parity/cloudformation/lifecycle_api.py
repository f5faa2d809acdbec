"""Operations of a stack's life that LocalStack does not have.

What AWS would do and the emulator cannot is refused with one sentence; what a stack's state does
not allow is a ValidationError, as it is on AWS.
"""

import inspect
from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudformation import (
    AccountLimit,
    CancelUpdateStackInput,
    ChangeSetNotFoundException,
    CloudformationApi,
    ContinueUpdateRollbackInput,
    ContinueUpdateRollbackOutput,
    DescribeAccountLimitsOutput,
    DescribeEventsInput,
    DescribeEventsOutput,
    GetStackPolicyOutput,
    SignalResourceInput,
    StackStatus,
)
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2.provider import (
    CloudformationProviderV2,
    find_change_set_v2,
)

from localstack_parity.cloudformation import deployment, events, identity, operations, requests
from localstack_parity.cloudformation.stacks import existing_stack, store_of

# CloudFormation User Guide, "Understand CloudFormation quotas".
_LIMITS = {"StackLimit": 2000, "StackOutputsLimit": 200, "ConcurrentResourcesLimit": 2500}


class LifecycleProvider(CloudformationProviderV2):
    """CloudFormation with the operations that lead out of a stack's exceptional states."""

    @handler("CancelUpdateStack", expand=False)
    def cancel_update_stack(self, context: RequestContext, request: CancelUpdateStackInput) -> None:
        """Give an update up; the stack goes back to what it was."""
        stack = existing_stack(context, request["StackName"])
        mark = requests.mark_of("CancelUpdateStack", request)
        if requests.is_repeated(stack, mark):
            return
        course = operations.under_way(stack.stack_id)
        if stack.status != StackStatus.UPDATE_IN_PROGRESS or course is None:
            raise ValidationError("CancelUpdateStack cannot be called from current stack status")
        requests.grant(stack, mark)
        course.interrupt()

    @handler("ContinueUpdateRollback", expand=False)
    def continue_update_rollback(
        self, context: RequestContext, request: ContinueUpdateRollbackInput
    ) -> ContinueUpdateRollbackOutput:
        """Try again what a rollback could not restore, but for the resources to be skipped."""
        stack = existing_stack(context, request["StackName"])
        mark = requests.mark_of("ContinueUpdateRollback", request)
        if requests.is_repeated(stack, mark):
            return ContinueUpdateRollbackOutput()
        if stack.status != StackStatus.UPDATE_ROLLBACK_FAILED:
            raise ValidationError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not continue its "
                "update rollback."
            )
        skipped = frozenset(request.get("ResourcesToSkip") or [])
        unrestored = {one.step.name for one in stack.unfinished_rollback.unrestored}
        if unknown := sorted(skipped - unrestored):
            raise ValidationError(
                f"The following resources cannot be skipped: [{', '.join(unknown)}]. Only those "
                f"can whose rollback failed: [{', '.join(sorted(unrestored))}]."
            )
        key = identity.take(context, request, stack)
        requests.grant(stack, mark)
        deployment.continue_rollback(stack, skipped, key)
        return ContinueUpdateRollbackOutput()

    @handler("GetStackPolicy")
    def get_stack_policy(
        self, context: RequestContext, stack_name: str, **_: Any
    ) -> GetStackPolicyOutput:
        """Answer that a stack has no policy: none can be set here."""
        existing_stack(context, stack_name)
        return GetStackPolicyOutput()

    @handler("SignalResource", expand=False)
    def signal_resource(self, context: RequestContext, request: SignalResourceInput) -> None:
        """Refuse a signal: nothing waits for one here, as CreationPolicy is refused as well."""
        stack = existing_stack(context, request["StackName"])
        if not stack.status.endswith("_IN_PROGRESS"):
            raise ValidationError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be signaled."
            )
        raise ValidationError("Signals to resources are not emulated here.")

    @handler("RollbackStack", expand=False)
    def rollback_stack(self, context: RequestContext, request: Any) -> None:
        """Refuse to roll back by hand what failed with rollback disabled."""
        stack = existing_stack(context, request["StackName"])
        if stack.status not in (StackStatus.CREATE_FAILED, StackStatus.UPDATE_FAILED):
            raise ValidationError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be rolled back."
            )
        raise ValidationError("RollbackStack is not emulated here; update the stack, or delete it.")

    @handler("DescribeAccountLimits")
    def describe_account_limits(
        self, context: RequestContext, **_: Any
    ) -> DescribeAccountLimitsOutput:
        """Name the quotas that every account has at first."""
        limits = [AccountLimit(Name=name, Value=value) for name, value in _LIMITS.items()]
        return DescribeAccountLimitsOutput(AccountLimits=limits)

    @handler("DescribeEvents", expand=False)
    def describe_events(
        self, context: RequestContext, request: DescribeEventsInput
    ) -> DescribeEventsOutput:
        """Describe the events of a stack's operations, or the findings of a change set."""
        name, change_set = request.get("StackName"), request.get("ChangeSetName")
        if change_set:
            found = find_change_set_v2(store_of(context), change_set, name)
            if found is None:
                raise ChangeSetNotFoundException(f"ChangeSet [{change_set}] does not exist")
            return DescribeEventsOutput(
                OperationEvents=events.of_change_set(found.stack, found.change_set_id)
            )
        if not name:
            raise ValidationError("DescribeEvents needs a StackName or a ChangeSetName here.")
        stack = existing_stack(context, name)
        only_failed = bool((request.get("Filters") or {}).get("FailedEvents"))
        listed = events.described(stack, request.get("OperationId"), only_failed)
        return DescribeEventsOutput(OperationEvents=listed)


def refuse_the_rest(provider: type[CloudformationApi]) -> None:
    """Let every operation that a provider lacks be refused with one sentence."""
    for name, method in inspect.getmembers(CloudformationApi, inspect.isfunction):
        if getattr(provider, name) is method and hasattr(method, "operation"):
            setattr(provider, name, _refusal(name, method.operation))


def _refusal(name: str, operation: str) -> Callable[..., None]:
    def refuse(self: object, context: RequestContext, request: object) -> None:
        raise ValidationError(f"{operation} is not emulated here.")

    refuse.__name__ = name
    marked: Callable[..., None] = handler(operation, expand=False)(refuse)
    return marked
