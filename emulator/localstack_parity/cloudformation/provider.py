"""The CloudFormation service with what LocalStack's lacks, as a subclass.

In: requests, as LocalStack hands them to a provider. Out: its answers. Refuses what AWS refuses
before anything is created, and carries out CreateStack and UpdateStack as change sets, the one way
in which LocalStack reports failures. Loaded through the entry point ``cloudformation:parity``.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudformation import (
    AlreadyExistsException,
    ChangeSetNotFoundException,
    ChangeSetStatus,
    CreateStackOutput,
    ExecutionStatus,
    InsufficientCapabilitiesException,
    InvalidChangeSetStatusException,
    StackStatus,
    UpdateStackOutput,
)
from localstack.services.cloudformation import api_utils
from localstack.services.cloudformation.engine import template_preparer
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2.entities import ChangeSet, Stack
from localstack.services.cloudformation.v2.provider import find_change_set_v2

from localstack_parity.cloudformation import (
    conditions,
    deployment,
    exports,
    parameters,
    requests,
    template_checks,
)
from localstack_parity.cloudformation.descriptions import DescriptionProvider
from localstack_parity.cloudformation.lifecycle_api import LifecycleProvider, refuse_the_rest
from localstack_parity.cloudformation.options import Options, choose
from localstack_parity.cloudformation.stacks import find_stack, store_of
from localstack_parity.s3.key_locks import KeyLocks

type Request = dict[str, Any]

_locks = KeyLocks()


class ParityCloudformationProvider(LifecycleProvider, DescriptionProvider):
    """CloudFormation that validates, rolls back and protects as AWS does."""

    @handler("CreateStack", expand=False)
    def create_stack(self, context: RequestContext, request: Request) -> CreateStackOutput:
        """Create a stack; a failure rolls it back unless the request says otherwise."""
        name, mark = request["StackName"], requests.mark_of("CreateStack", request)
        with self._alone(context, name):
            if stack := find_stack(context, name):
                if requests.is_repeated(stack, mark):
                    return CreateStackOutput(StackId=stack.stack_id)
                raise AlreadyExistsException(f"Stack [{name}] already exists")
            if "OnFailure" in request and "DisableRollback" in request:
                raise ValidationError("You cannot specify both DisableRollback and OnFailure")
            change_set = self._change_set(context, request, "CREATE")
            stack = change_set.stack
            requests.grant(stack, mark)
            stack.events.clear()  # of a review that was none
            stack.enable_termination_protection = bool(request.get("EnableTerminationProtection"))
            if change_set.status != ChangeSetStatus.FAILED:
                self._execute(change_set, request)
            return CreateStackOutput(StackId=stack.stack_id)

    @handler("UpdateStack", expand=False)
    def update_stack(self, context: RequestContext, request: Request) -> UpdateStackOutput:
        """Update a stack; a failure rolls back unless the request disables that."""
        name, mark = request["StackName"], requests.mark_of("UpdateStack", request)
        with self._alone(context, name):
            if (stack := find_stack(context, name)) and requests.is_repeated(stack, mark):
                return UpdateStackOutput(StackId=stack.stack_id)
            change_set = self._change_set(context, request, "UPDATE")
            if change_set.status == ChangeSetStatus.FAILED:
                self.delete_change_set(context, change_set.change_set_id)
                if "didn't contain changes" in (change_set.status_reason or ""):
                    raise ValidationError("No updates are to be performed.")
                raise ValidationError(change_set.status_reason)
            requests.grant(change_set.stack, mark)
            self._execute(change_set, request)
            return UpdateStackOutput(StackId=change_set.stack.stack_id)

    def _change_set(self, context: RequestContext, request: Request, kind: str) -> ChangeSet:
        """Make the change set that stands for CreateStack or UpdateStack."""
        template = _template_of(request, find_stack(context, request["StackName"]))
        if template_checks.has_macros(template):
            given = request.get("Capabilities") or []
            if "CAPABILITY_AUTO_EXPAND" not in given:
                raise InsufficientCapabilitiesException(
                    "Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
                )
        made = self._make_change_set(
            context,
            {
                **request,
                "ChangeSetName": f"{kind.lower()}-{uuid.uuid4().hex}",
                "ChangeSetType": kind,
                "OnStackFailure": request.get("OnFailure"),
            },
        )
        return find_change_set_v2(store_of(context), made["Id"])

    @handler("CreateChangeSet", expand=False)
    def create_change_set(self, context: RequestContext, request: Request) -> Any:
        """Check the template and the parameters, then make the change set."""
        name, mark = request.get("StackName") or "", requests.mark_of("CreateChangeSet", request)
        with self._alone(context, name):
            stack = find_stack(context, name)
            if stack and (existing := self._named_change_set(context, stack, request)):
                if requests.is_repeated(stack, mark):
                    return {"StackId": stack.stack_id, "Id": existing.change_set_id}
                raise AlreadyExistsException(f"ChangeSet {existing.change_set_name} already exists")
            made = self._make_change_set(context, request)
            requests.grant(find_change_set_v2(store_of(context), made["Id"]).stack, mark)
            return made

    def _named_change_set(
        self, context: RequestContext, stack: Stack, request: Request
    ) -> ChangeSet | None:
        sets = store_of(context).change_sets
        for one in stack.change_set_ids:
            if one in sets and sets[one].change_set_name == request.get("ChangeSetName"):
                return sets[one]
        return None

    def _make_change_set(self, context: RequestContext, request: Request) -> Any:
        name, given = request.get("StackName") or "", request.get("Capabilities") or []
        stack = find_stack(context, name)
        is_new = stack is None or stack.status == StackStatus.REVIEW_IN_PROGRESS
        requests.check_change(request, stack)
        template = _template_of(request, stack)
        if request.pop("UsePreviousTemplate", False) and stack:
            request["TemplateBody"] = stack.template_body
        if stack and "Tags" not in request:
            request["Tags"] = stack.tags
        template_checks.check(template)
        template_checks.check_capabilities(template, given)
        requests.check_resource_types(template, request.get("ResourceTypes"))
        if stack and stack.template:
            template_checks.check_types_stay(stack.template, template)
        parameters.check(template, request.get("Parameters") or [], _values_of(stack))
        try:
            made = super().create_change_set(context, request)
            change_set = find_change_set_v2(store_of(context), made["Id"])
            _check_expanded(change_set, template, request)
        except Exception:
            self._take_back(context, name, stack, request)
            raise
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

    def _take_back(
        self, context: RequestContext, name: str, stack: Stack | None, request: Request
    ) -> None:
        """Leave nothing of a change set that was refused while it was made."""
        half_made = find_stack(context, name)
        if half_made is None:
            return
        if refused := self._named_change_set(context, half_made, request):
            self.delete_change_set(context, refused.change_set_id)
        if stack is None:
            del store_of(context).stacks_v2[half_made.stack_id]

    @handler("ValidateTemplate", expand=False)
    def validate_template(self, context: RequestContext, request: Request) -> Any:
        """Check a template, and tell its parameters and the capability it asks for."""
        template = template_preparer.parse_template(api_utils.extract_template_body(request))
        template_checks.check(template)
        answer = super().validate_template(context, request)
        if needed := template_checks.needed_capability(template):
            answer["Capabilities"] = [needed]
        return answer

    @handler("ExecuteChangeSet", expand=False)
    def execute_change_set(self, context: RequestContext, request: Request) -> Any:
        """Carry out a change set, and note what is to happen should it fail."""
        mark = requests.mark_of("ExecuteChangeSet", request)
        name, stack_name = request["ChangeSetName"], request.get("StackName")
        change_set = find_change_set_v2(store_of(context), name, stack_name)
        if change_set is None:
            stack = find_stack(context, stack_name) if stack_name else None
            if requests.is_repeated(stack, mark):
                return {}
            raise ChangeSetNotFoundException(f"ChangeSet [{name}] does not exist")
        with self._alone(context, change_set.stack.stack_name):
            if requests.is_repeated(change_set.stack, mark):
                return {}
            if change_set.execution_status != ExecutionStatus.AVAILABLE:
                raise InvalidChangeSetStatusException(
                    f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current "
                    f"status of [{change_set.status}]"
                )
            requests.grant(change_set.stack, mark)
            self._execute(change_set, request)
        return {}

    def _execute(self, change_set: ChangeSet, request: Request) -> None:
        wished = getattr(change_set, "options", Options()).on_failure
        choose(
            change_set.stack,
            Options(
                "DO_NOTHING" if request.get("DisableRollback") else wished,
                bool(request.get("RetainExceptOnCreate")),
                former_tags=change_set.stack.tags,
            ),
        )
        deployment.execute(change_set)

    @handler("DeleteStack", expand=False)
    def delete_stack(self, context: RequestContext, request: Request) -> None:
        """Delete a stack, unless it is protected or another one imports from it."""
        mark = requests.mark_of("DeleteStack", request)
        with self._alone(context, request["StackName"]):
            stack = find_stack(context, request["StackName"])
            if (
                stack is None
                or requests.is_repeated(stack, mark)
                or stack.status == StackStatus.DELETE_IN_PROGRESS
            ):
                return
            requests.check_deletion(request, stack)
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
                ),
            )
            deployment.delete(stack)

    @contextmanager
    def _alone(self, context: RequestContext, name: str) -> Iterator[None]:
        """Decide one request about a stack after the other."""
        plain = name.split("/")[1] if name.startswith("arn:") and "/" in name else name
        with _locks.held(f"{context.account_id}/{context.region}", [plain]):
            yield


refuse_the_rest(ParityCloudformationProvider)


def _template_of(request: Request, stack: Stack | None) -> Any:
    """Return the template that a request brings, or names as the one that a stack has."""
    if request.get("UsePreviousTemplate") and stack:
        return template_preparer.parse_template(stack.template_body or "")
    return template_preparer.parse_template(api_utils.extract_template_body(request))


def _check_expanded(change_set: ChangeSet, template: Any, request: Request) -> None:
    """Check what is known only with the parameters: conditions, and what macros have made."""
    expanded = change_set.processed_template
    if change_set.status == ChangeSetStatus.FAILED or not expanded:
        return
    if template_checks.has_macros(template):
        template_checks.check(expanded)
        template_checks.check_capabilities(expanded, request.get("Capabilities") or [])
        requests.check_resource_types(expanded, request.get("ResourceTypes"))
    conditions.check(change_set, expanded)


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
