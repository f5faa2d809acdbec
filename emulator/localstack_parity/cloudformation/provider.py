"""The CloudFormation service with what LocalStack's lacks, as a subclass.

Loaded through the entry point ``cloudformation:parity``; the other parts of the API are those of
its base classes.
"""

import uuid
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudformation import (
    AlreadyExistsException,
    ChangeSetStatus,
    CreateStackOutput,
    InsufficientCapabilitiesException,
    StackStatus,
    UpdateStackOutput,
)
from localstack.services.cloudformation import api_utils
from localstack.services.cloudformation.engine import template_preparer
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2.entities import ChangeSet
from localstack.services.cloudformation.v2.provider import find_change_set_v2

from localstack_parity.cloudformation import (
    deployment,
    exports,
    identity,
    reading,
    requests,
    template_checks,
    validation,
)
from localstack_parity.cloudformation.change_sets import (
    ChangeSetProvider,
    alone,
    body_of,
    unchanged_by_failure,
)
from localstack_parity.cloudformation.descriptions import DescriptionProvider
from localstack_parity.cloudformation.lifecycle_api import LifecycleProvider, refuse_the_rest
from localstack_parity.cloudformation.options import Options, choose
from localstack_parity.cloudformation.stacks import find_stack, store_of

type Request = dict[str, Any]

_REVIEWED = StackStatus.REVIEW_IN_PROGRESS


class ParityCloudformationProvider(ChangeSetProvider, LifecycleProvider, DescriptionProvider):
    """CloudFormation that validates, rolls back and protects as AWS does."""

    def __init__(self) -> None:
        super().__init__()
        validation.prepare()

    @handler("CreateStack", expand=False)
    def create_stack(self, context: RequestContext, request: Request) -> CreateStackOutput:
        """Create a stack; a failure rolls it back unless the request says otherwise."""
        name, mark = request["StackName"], requests.mark_of("CreateStack", request)
        with alone(context, name):
            if stack := find_stack(context, name):
                if requests.is_repeated(stack, mark):
                    return CreateStackOutput(StackId=stack.stack_id)
                raise AlreadyExistsException(f"Stack [{name}] already exists")
            if "OnFailure" in request and "DisableRollback" in request:
                raise ValidationError("You cannot specify both DisableRollback and OnFailure")
            change_set = self._change_set(context, request, "CREATE")
            stack = change_set.stack
            requests.grant(stack, mark)
            stack.events[:] = [  # there was no review
                event for event in stack.events if event["ResourceStatus"] != _REVIEWED
            ]
            stack.enable_termination_protection = bool(request.get("EnableTerminationProtection"))
            if change_set.status != ChangeSetStatus.FAILED:
                self.execute(context, change_set, request)
            return CreateStackOutput(StackId=stack.stack_id)

    @handler("UpdateStack", expand=False)
    def update_stack(self, context: RequestContext, request: Request) -> UpdateStackOutput:
        """Update a stack; a failure rolls back unless the request disables that."""
        name, mark = request["StackName"], requests.mark_of("UpdateStack", request)
        with alone(context, name):
            if (stack := find_stack(context, name)) and requests.is_repeated(stack, mark):
                return UpdateStackOutput(StackId=stack.stack_id)
            with unchanged_by_failure(stack):
                change_set = self._change_set(context, request, "UPDATE")
            if change_set.status == ChangeSetStatus.FAILED:
                self.delete_change_set(context, change_set.change_set_id)
                if "didn't contain changes" in (change_set.status_reason or ""):
                    raise ValidationError("No updates are to be performed.")
                raise ValidationError(change_set.status_reason)
            requests.grant(change_set.stack, mark)
            self.execute(context, change_set, request)
            return UpdateStackOutput(StackId=change_set.stack.stack_id)

    def _change_set(self, context: RequestContext, request: Request, kind: str) -> ChangeSet:
        """Make the change set that stands for CreateStack or UpdateStack."""
        body = body_of(request, find_stack(context, request["StackName"]))
        if template_checks.has_macros(template_preparer.parse_template(body)):
            given = request.get("Capabilities") or []
            if "CAPABILITY_AUTO_EXPAND" not in given:
                raise InsufficientCapabilitiesException(
                    "Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
                )
        made = self.make_change_set(
            context,
            {
                **request,
                "ChangeSetName": f"{kind.lower()}-{uuid.uuid4().hex}",
                "ChangeSetType": kind,
                "OnStackFailure": request.get("OnFailure"),
            },
            direct=True,
        )
        change_set = find_change_set_v2(store_of(context), made["Id"])
        change_set.direct = True
        return change_set

    @handler("ValidateTemplate", expand=False)
    def validate_template(self, context: RequestContext, request: Request) -> Any:
        """Check a template, and tell its parameters and the capability it asks for."""
        requests.check_length(request)
        body = api_utils.extract_template_body(request)
        template = template_preparer.parse_template(body)
        template_checks.check(template)
        with reading.in_short(body, template) as text:
            answer = super().validate_template(context, {**request, "TemplateBody": text})
        for parameter in answer.get("Parameters") or ():
            if "Default" not in template["Parameters"][parameter["ParameterKey"]]:
                parameter.pop("DefaultValue", None)
        if needed := template_checks.needed_capability(template):
            answer["Capabilities"] = [needed]
        return answer

    @handler("DeleteStack", expand=False)
    def delete_stack(self, context: RequestContext, request: Request) -> None:
        """Delete a stack, unless it is protected or another one imports from it."""
        mark = requests.mark_of("DeleteStack", request)
        with alone(context, request["StackName"]):
            stack = find_stack(context, request["StackName"])
            if (
                stack is None
                or requests.is_repeated(stack, mark)
                or stack.status == StackStatus.DELETE_IN_PROGRESS
            ):
                return
            requests.check_deletion(request, stack)
            key = identity.take(context, request, stack)
            requests.grant(stack, mark)
            try:
                exports.check_deletion(stack)
            except exports.ExportError as refusal:
                # The request is accepted on AWS; the stack's events say that it came to nothing.
                stack.set_stack_status(stack.status, str(refusal))
                return
            choose(
                stack,
                Options(
                    retained=frozenset(request.get("RetainResources") or []),
                    forced=request.get("DeletionMode") == "FORCE_DELETE_STACK",
                    key=key,
                ),
            )
            deployment.delete(stack)


refuse_the_rest(ParityCloudformationProvider)
