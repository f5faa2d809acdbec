"""The CloudFormation service with what LocalStack's lacks, as a subclass.

In: requests, as LocalStack hands them to a provider. Out: its answers. Refuses what AWS refuses
before anything is created, and carries out CreateStack and UpdateStack as change sets, the one way
in which LocalStack reports failures. Loaded through the entry point ``cloudformation:parity``.
"""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudformation import (
    AlreadyExistsException,
    ChangeSetStatus,
    CreateStackOutput,
    DescribeStacksOutput,
    ExecutionStatus,
    ListImportsOutput,
    StackStatus,
    UpdateStackOutput,
)
from localstack.services.cloudformation import api_utils
from localstack.services.cloudformation.engine import template_preparer
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.stores import get_cloudformation_store
from localstack.services.cloudformation.v2.entities import ChangeSet, Stack
from localstack.services.cloudformation.v2.provider import (
    CloudformationProviderV2,
    find_change_set_v2,
    find_stack_v2,
)

from localstack_parity.cloudformation import exports, parameters, template_checks
from localstack_parity.cloudformation.options import Options, choose, options_of

type Request = dict[str, Any]

_STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*")

# From these a stack can be updated: it is as some template says, or was left as a failure left it
# because the caller wanted that.
_UPDATABLE = {
    StackStatus.CREATE_COMPLETE,
    StackStatus.CREATE_FAILED,
    StackStatus.IMPORT_COMPLETE,
    StackStatus.REVIEW_IN_PROGRESS,
    StackStatus.UPDATE_COMPLETE,
    StackStatus.UPDATE_FAILED,
    StackStatus.UPDATE_ROLLBACK_COMPLETE,
}


class ParityCloudformationProvider(CloudformationProviderV2):
    """CloudFormation that validates, rolls back and protects as AWS does."""

    @handler("CreateStack", expand=False)
    def create_stack(self, context: RequestContext, request: Request) -> CreateStackOutput:
        """Create a stack; a failure rolls it back unless the request says otherwise."""
        name = request["StackName"]
        if self._stack(context, name):
            raise AlreadyExistsException(f"Stack [{name}] already exists")
        if "OnFailure" in request and "DisableRollback" in request:
            raise ValidationError("You cannot specify both DisableRollback and OnFailure")
        change_set = self._change_set(context, request, "CREATE")
        stack = change_set.stack
        stack.events.clear()  # of a review that was none
        stack.enable_termination_protection = bool(request.get("EnableTerminationProtection"))
        if change_set.status != ChangeSetStatus.FAILED:
            self.execute_change_set(
                context,
                change_set.change_set_id,
                disable_rollback=request.get("DisableRollback"),
                retain_except_on_create=request.get("RetainExceptOnCreate"),
            )
        return CreateStackOutput(StackId=stack.stack_id)

    @handler("UpdateStack", expand=False)
    def update_stack(self, context: RequestContext, request: Request) -> UpdateStackOutput:
        """Update a stack; a failure rolls back unless the request disables that."""
        change_set = self._change_set(context, request, "UPDATE")
        if change_set.status == ChangeSetStatus.FAILED:
            self.delete_change_set(context, change_set.change_set_id)
            if "didn't contain changes" in (change_set.status_reason or ""):
                raise ValidationError("No updates are to be performed.")
            raise ValidationError(change_set.status_reason)
        self.execute_change_set(
            context,
            change_set.change_set_id,
            disable_rollback=request.get("DisableRollback"),
            retain_except_on_create=request.get("RetainExceptOnCreate"),
        )
        return UpdateStackOutput(StackId=change_set.stack.stack_id)

    def _change_set(self, context: RequestContext, request: Request, kind: str) -> ChangeSet:
        """Make the change set that stands for CreateStack or UpdateStack."""
        made = self.create_change_set(
            context,
            {
                **request,
                "ChangeSetName": f"{kind.lower()}-{uuid.uuid4().hex}",
                "ChangeSetType": kind,
                "OnStackFailure": request.get("OnFailure"),
            },
        )
        return find_change_set_v2(self._store(context), made["Id"])

    @handler("CreateChangeSet", expand=False)
    def create_change_set(self, context: RequestContext, request: Request) -> Any:
        """Check the template and the parameters, then make the change set."""
        name = request.get("StackName") or ""
        stack = self._stack(context, name)
        is_new = stack is None or stack.status == StackStatus.REVIEW_IN_PROGRESS
        self._check_request(request, name, stack)
        if request.pop("UsePreviousTemplate", False) and stack:
            request["TemplateBody"] = stack.template_body
        if stack and "Tags" not in request:
            request["Tags"] = stack.tags
        template = template_preparer.parse_template(api_utils.extract_template_body(request))
        template_checks.check(template)
        template_checks.check_capabilities(template, request.get("Capabilities") or [])
        if stack and stack.template:
            template_checks.check_types_stay(stack.template, template)
        parameters.check(template, request.get("Parameters") or [], _values_of(stack))
        try:
            made = super().create_change_set(context, request)
        except Exception:
            if stack is None and (half_made := self._stack(context, name)):
                del self._store(context).stacks_v2[half_made.stack_id]
            raise
        change_set = find_change_set_v2(self._store(context), made["Id"])
        if is_new or "NotificationARNs" in request:
            change_set.stack.notification_arns = request.get("NotificationARNs") or []
        if wish := request.get("OnStackFailure"):
            change_set.options = Options(on_failure=wish)
        if stack and not change_set.has_changes() and change_set.tags != stack.tags:
            # New tags are a change, too: they go to the resources.
            change_set.set_change_set_status(ChangeSetStatus.CREATE_COMPLETE)
            change_set.set_execution_status(ExecutionStatus.AVAILABLE)
            change_set.status_reason = None
        return made

    def _check_request(self, request: Request, name: str, stack: Stack | None) -> None:
        if not _STACK_NAME.fullmatch(name) or (len(name) > 128 and not name.startswith("arn:")):
            raise ValidationError(
                f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: "
                r"[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
            )
        update = request.get("ChangeSetType", "UPDATE") == "UPDATE"
        if stack and update and stack.status not in _UPDATABLE:
            raise ValidationError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
            )

    @handler("ValidateTemplate", expand=False)
    def validate_template(self, context: RequestContext, request: Request) -> Any:
        """Check a template, and tell its parameters and the capability it asks for."""
        template = template_preparer.parse_template(api_utils.extract_template_body(request))
        template_checks.check(template)
        answer = super().validate_template(context, request)
        if needed := template_checks.needed_capability(template):
            answer["Capabilities"] = [needed]
        return answer

    @handler("ExecuteChangeSet")
    def execute_change_set(
        self,
        context: RequestContext,
        change_set_name: str,
        stack_name: str | None = None,
        client_request_token: str | None = None,
        disable_rollback: bool | None = None,
        retain_except_on_create: bool | None = None,
        **more: Any,
    ) -> Any:
        """Carry out a change set, and note what is to happen should it fail."""
        change_set = find_change_set_v2(self._store(context), change_set_name, stack_name)
        if change_set:
            wished = getattr(change_set, "options", Options()).on_failure
            choose(
                change_set.stack,
                Options(
                    "DO_NOTHING" if disable_rollback else wished, bool(retain_except_on_create)
                ),
            )
        return super().execute_change_set(context, change_set_name, stack_name, **more)

    @handler("DeleteStack")
    def delete_stack(
        self,
        context: RequestContext,
        stack_name: str,
        retain_resources: list[str] | None = None,
        **more: Any,
    ) -> Any:
        """Delete a stack, unless it is protected or another one imports from it."""
        stack = self._stack(context, stack_name)
        if stack is None:
            return None
        if stack.enable_termination_protection:
            raise ValidationError(
                f"Stack [{stack.stack_name}] cannot be deleted while TerminationProtection is "
                "enabled"
            )
        if retain_resources and stack.status != StackStatus.DELETE_FAILED:
            raise ValidationError(
                f"Invalid operation on stack [{stack.stack_id}]. When you delete a stack, specify "
                "which resources to retain only when the stack is in the DELETE_FAILED state."
            )
        try:
            exports.check_deletion(stack)
        except exports.ExportError as refusal:
            # The request is accepted on AWS; the stack's events say that it came to nothing.
            stack.set_stack_status(stack.status, str(refusal))
            return None
        choose(stack, Options(retained=frozenset(retain_resources or [])))
        return super().delete_stack(context, stack.stack_id, **more)

    @handler("ListImports")
    def list_imports(
        self, context: RequestContext, export_name: str, next_token: str | None = None, **_: Any
    ) -> ListImportsOutput:
        """Name the stacks that import an export."""
        stacks = self._store(context).stacks_v2.values()
        names = [
            stack.stack_name
            for stack in stacks
            if stack.is_active() and export_name in exports.imports_of(stack)
        ]
        if not names:
            raise ValidationError(f"Export '{export_name}' is not imported by any stack.")
        return ListImportsOutput(Imports=names)

    @handler("DescribeStacks")
    def describe_stacks(
        self, context: RequestContext, stack_name: str | None = None, **more: Any
    ) -> DescribeStacksOutput:
        """Describe one stack, or all but the deleted ones."""
        if stack_name:
            return super().describe_stacks(context, stack_name, **more)
        stacks = list(self._store(context).stacks_v2.values())
        return DescribeStacksOutput(
            Stacks=[self._describe_stack(stack) for stack in stacks if stack.is_active()]
        )

    def _describe_stack(self, stack: Stack) -> Any:
        """Describe a stack; LocalStack leaves out or makes up some of it."""
        described = super()._describe_stack(stack)
        if not str(stack.status).startswith("DELETE"):
            described.pop("DeletionTime", None)
        described["DisableRollback"] = options_of(stack).on_failure == "DO_NOTHING"
        described["NotificationARNs"] = getattr(stack, "notification_arns", [])
        declared = (stack.template or {}).get("Outputs") or {}
        described["Outputs"] = [
            {**output, "Description": text}
            if (text := declared.get(output["OutputKey"], {}).get("Description"))
            else output
            for output in stack.resolved_outputs
        ]
        return described

    def _store(self, context: RequestContext) -> Any:
        return get_cloudformation_store(context.account_id, context.region)

    def _stack(self, context: RequestContext, name: str) -> Stack | None:
        """The stack with this name or ARN; None if there is none, or none any more."""
        try:
            stack = find_stack_v2(self._store(context), name)
        except (KeyError, ValueError):
            return None
        return stack if stack and stack.is_active() else None


def _values_of(stack: Stack | None) -> Mapping[str, str]:
    """The values of a stack's parameters as they were given, for UsePreviousValue."""
    if not stack:
        return {}
    values: dict[str, str] = {}
    for name, parameter in stack.resolved_parameters.items():
        given, default = parameter.get("given_value"), parameter.get("default_value")
        if given is not None or default is not None:
            values[name] = str(default if given is None else given)
    return values
