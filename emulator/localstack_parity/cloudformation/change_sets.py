"""Change sets, and by them every change of a stack.

CreateStack and UpdateStack are carried out as change sets, too: the one way in which LocalStack
reports failures. What AWS refuses before anything is created is refused here.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from localstack.aws.api import RequestContext, ServiceException, handler
from localstack.aws.api.cloudformation import (
    AlreadyExistsException,
    ChangeSetNotFoundException,
    ChangeSetStatus,
    ExecutionStatus,
    InvalidChangeSetStatusException,
    StackStatus,
)
from localstack.services.cloudformation import api_utils
from localstack.services.cloudformation.engine import template_preparer
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2.entities import ChangeSet, Stack
from localstack.services.cloudformation.v2.provider import (
    CloudformationProviderV2,
    find_change_set_v2,
)

from localstack_parity.cloudformation import (
    acting,
    change_details,
    conditions,
    deployment,
    events,
    existence,
    identity,
    language_extensions,
    no_changes,
    notifications,
    parameters,
    reading,
    requests,
    template_checks,
    transforms,
    validation,
)
from localstack_parity.cloudformation.options import Options, choose
from localstack_parity.cloudformation.stacks import find_stack, store_of
from localstack_parity.s3.key_locks import KeyLocks

type Request = dict[str, Any]

LOG = logging.getLogger(__name__)

_locks = KeyLocks()


class ChangeSetProvider(CloudformationProviderV2):
    """CloudFormation that makes and executes change sets as AWS does."""

    @handler("CreateChangeSet", expand=False)
    def create_change_set(self, context: RequestContext, request: Request) -> Any:
        """Check the template and the parameters, then make the change set."""
        name, mark = request.get("StackName") or "", requests.mark_of("CreateChangeSet", request)
        with alone(context, name):
            stack = find_stack(context, name)
            if stack and (existing := self._named_change_set(context, stack, request)):
                if requests.is_repeated(stack, mark):
                    return {"StackId": stack.stack_id, "Id": existing.change_set_id}
                if not deployment.is_executed(existing):
                    raise AlreadyExistsException(
                        f"ChangeSet {existing.change_set_name} already exists"
                    )
                stack.change_set_ids.discard(existing.change_set_id)
            with unchanged_by_failure(stack):
                made = self.make_change_set(context, request)
            change_set = find_change_set_v2(store_of(context), made["Id"])
            if stack is None:
                change_set.stack.status = StackStatus.REVIEW_IN_PROGRESS
            if change_set.findings:
                events.refuse(change_set)
            elif _is_to_be_executed(change_set) and not validation.is_disabled(context):
                warnings = existence.full_buckets(change_set)
                events.tell_findings(change_set.stack, warnings, change_set.change_set_id)
            requests.grant(change_set.stack, mark)
            return made

    def _named_change_set(
        self, context: RequestContext, stack: Stack, request: Request
    ) -> ChangeSet | None:
        sets = store_of(context).change_sets
        for one in stack.change_set_ids:
            if one in sets and sets[one].change_set_name == request.get("ChangeSetName"):
                return sets[one]
        return None

    def make_change_set(
        self, context: RequestContext, request: Request, *, direct: bool = False
    ) -> Any:
        """Make a change set, or what stands for one; nothing is left of one that is refused."""
        name, given = request.get("StackName") or "", request.get("Capabilities") or []
        stack = find_stack(context, name)
        is_new = stack is None or stack.status == StackStatus.REVIEW_IN_PROGRESS
        requests.check_change(request, stack)
        key = identity.foreseen(context, request, stack)
        notifications.check(context, request, key)
        body = body_of(request, stack)
        if request.pop("UsePreviousTemplate", False) and stack:
            request["TemplateBody"] = body
        if stack and "Tags" not in request:
            request["Tags"] = stack.tags
        template = template_preparer.parse_template(body)
        template_checks.check(template)
        transforms.check(template, store_of(context).macros, context.account_id)
        values = parameters.check(template, request.get("Parameters") or [], _values_of(stack))
        if language_extensions.is_used(template):
            template = language_extensions.expanded(template, values | _pseudo(context, name))
            template_checks.check(template)
        template_checks.check_capabilities(template, given)
        requests.check_nested(request, template)
        requests.check_resource_types(template, request.get("ResourceTypes"))
        if stack and stack.template:
            template_checks.check_types_stay(stack.template, template)
        try:
            with acting.planning(key), reading.in_short(body, template) as text:
                made = super().create_change_set(context, {**request, "TemplateBody": text})
            change_set = find_change_set_v2(store_of(context), made["Id"])
            change_set.template_body = body
            change_set.imports = bool(request.get("ImportExistingResources"))
            change_set.former_template = stack and (stack.processed_template or stack.template)
            change_set.former_parameters = stack and stack.resolved_parameters
            _check_expanded(change_set, template, request)
            change_set.findings = ()
            if _is_to_be_executed(change_set) and not validation.is_disabled(context):
                with acting.planning(key):
                    taken = existence.taken_names(change_set)
                change_set.findings = (*validation.findings(change_set), *taken)
        except Exception as refusal:
            self._take_back(context, name, stack, request)
            if isinstance(refusal, ServiceException):
                raise
            LOG.warning("A template could not be read: %s", refusal, exc_info=True)
            raise ValidationError(f"Template error: {refusal}") from None
        change_set.role_arn = request.get("RoleARN")
        if is_new or "NotificationARNs" in request:
            change_set.stack.notification_arns = request.get("NotificationARNs") or []
        if wish := request.get("OnStackFailure"):
            change_set.options = Options(on_failure=wish)
        if stack and not is_new and not direct and change_set.status != ChangeSetStatus.FAILED:
            no_changes.settle(change_set, template)
        if stack and not change_set.has_changes() and change_set.tags != stack.tags:
            # New tags are a change, too: they go to the resources.
            change_set.set_change_set_status(ChangeSetStatus.CREATE_COMPLETE)
            change_set.set_execution_status(ExecutionStatus.AVAILABLE)
            change_set.status_reason = None
        return made

    @handler("DescribeChangeSet")
    def describe_change_set(
        self,
        context: RequestContext,
        change_set_name: str,
        stack_name: str | None = None,
        include_property_values: bool | None = None,
        **more: Any,
    ) -> Any:
        """Describe a change set, with what changes in each resource and why."""
        change_set = find_change_set_v2(store_of(context), change_set_name, stack_name)
        reason = change_set and change_set.status_reason
        described = super().describe_change_set(
            context, change_set_name, stack_name, include_property_values=True, **more
        )
        if change_set and described["Changes"]:
            described["Changes"] = change_details.described(
                change_set, described["Changes"], with_values=bool(include_property_values)
            )
        if change_set and not include_property_values:
            change_set.status_reason = reason  # there is a warning that is about values
            described["StatusReason"] = reason
        return described

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

    @handler("ExecuteChangeSet", expand=False)
    def execute_change_set(self, context: RequestContext, request: Request) -> Any:
        """Carry out a change set that is still valid."""
        mark = requests.mark_of("ExecuteChangeSet", request)
        name, stack_name = request["ChangeSetName"], request.get("StackName")
        change_set = find_change_set_v2(store_of(context), name, stack_name)
        if change_set is None:
            stack = find_stack(context, stack_name) if stack_name else None
            if requests.is_repeated(stack, mark):
                return {}
            raise ChangeSetNotFoundException(f"ChangeSet [{name}] does not exist")
        with alone(context, change_set.stack.stack_name):
            if requests.is_repeated(change_set.stack, mark):
                return {}
            if change_set.execution_status != ExecutionStatus.AVAILABLE:
                raise InvalidChangeSetStatusException(
                    f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current "
                    f"status of [{change_set.status}]"
                )
            requests.grant(change_set.stack, mark)
            self.execute(context, change_set, request)
        return {}

    def execute(self, context: RequestContext, change_set: ChangeSet, request: Request) -> None:
        """Begin to carry out a change set, and note what is to happen should it fail."""
        planned = getattr(change_set, "role_arn", None)
        key = identity.take(context, request, change_set.stack, planned)
        wished = getattr(change_set, "options", Options()).on_failure
        choose(
            change_set.stack,
            Options(
                "DO_NOTHING" if request.get("DisableRollback") else wished,
                bool(request.get("RetainExceptOnCreate")),
                former_tags=change_set.stack.tags,
                key=key,
                timeout_s=minutes * 60 if (minutes := request.get("TimeoutInMinutes")) else None,
            ),
        )
        deployment.execute(change_set)


@contextmanager
def alone(context: RequestContext, name: str) -> Iterator[None]:
    """Decide one request about a stack after the other."""
    plain = name.split("/")[1] if name.startswith("arn:") and "/" in name else name
    with _locks.held(f"{context.account_id}/{context.region}", [plain]):
        yield


@contextmanager
def unchanged_by_failure(stack: Stack | None) -> Iterator[None]:
    """Leave a stack its status and events, of which a transform that fails says nothing."""
    if stack is None:
        yield
        return
    status, reason, events = stack.status, stack.status_reason, list(stack.events)
    yield
    stack.status, stack.status_reason, stack.events[:] = status, reason, events


def body_of(request: Request, stack: Stack | None) -> str:
    """Return the text of the template that a request brings, or names as the one of a stack."""
    if request.get("UsePreviousTemplate") and stack:
        return stack.template_body or ""
    requests.check_length(request)
    return str(api_utils.extract_template_body(request))


def _pseudo(context: RequestContext, stack_name: str) -> dict[str, str]:
    """The pseudo parameters that are known before a stack is there."""
    return {
        "AWS::AccountId": context.account_id,
        "AWS::Partition": context.partition,
        "AWS::Region": context.region,
        "AWS::StackName": stack_name,
    }


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


def _is_to_be_executed(change_set: ChangeSet) -> bool:
    return change_set.status != ChangeSetStatus.FAILED and change_set.processed_template is not None


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
