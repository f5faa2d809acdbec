"""What a request about a stack has to say and may not say, whatever its template.

Source: AWS CloudFormation API Reference, CreateStack, CreateChangeSet, UpdateStack, DeleteStack.
"""

import json
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any

from localstack.aws.api.cloudformation import StackStatus, TokenAlreadyExistsException
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2.entities import Stack

from localstack_parity.cloudformation.template_urls import TextOfObject

type Request = Mapping[str, Any]

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
_INTERRUPTIBLE = (
    StackStatus.CREATE_IN_PROGRESS,
    StackStatus.REVIEW_IN_PROGRESS,
    StackStatus.ROLLBACK_IN_PROGRESS,
)

BODY = 51_200  # bytes of a template in a request; a longer one has to come from a bucket

# What would change the outcome on AWS and does not here.
_NOT_EMULATED = (
    "DeploymentMode",
    "ResourcesToImport",
    "StackPolicyBody",
    "StackPolicyDuringUpdateBody",
    "StackPolicyDuringUpdateURL",
    "StackPolicyURL",
)


def check_change(request: Request, stack: Stack | None) -> None:
    """Raise unless this may ask for a new stack, or for an update of this one."""
    name = request.get("StackName") or ""
    if not _STACK_NAME.fullmatch(name) or (len(name) > 128 and not name.startswith("arn:")):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            r"[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
        )
    kind = request.get("ChangeSetType", "UPDATE")
    if stack and kind == "UPDATE" and stack.status not in _UPDATABLE:
        raise ValidationError(
            f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
        )
    if kind == "IMPORT":
        raise ValidationError("Change sets of type IMPORT are not emulated here.")
    for parameter in _NOT_EMULATED:
        if request.get(parameter):
            raise ValidationError(f"{parameter} is not emulated here.")
    if (request.get("RollbackConfiguration") or {}).get("RollbackTriggers"):
        raise ValidationError("RollbackTriggers are not emulated here.")


def check_nested(request: Request, template: Mapping[str, Any]) -> None:
    """Raise if change sets of nested stacks are asked for, and there are nested stacks.

    CDK always asks for them, and without nested stacks that changes nothing. AWS: CloudFormation
    API Reference, CreateChangeSet.
    """
    types = (resource.get("Type") for resource in (template.get("Resources") or {}).values())
    if request.get("IncludeNestedStacks") and "AWS::CloudFormation::Stack" in types:
        raise ValidationError(
            "IncludeNestedStacks is not emulated here for a template with nested stacks."
        )


def check_length(request: Request) -> None:
    """Raise if a template in a request is longer than it may be there, whatever else is wrong.

    AWS: CloudFormation User Guide, "Understand CloudFormation quotas"; the order is recorded in
    LocalStack's tests, v4.14.0.
    """
    body = request.get("TemplateBody") or ""
    if len(body) > BODY and not isinstance(body, TextOfObject):
        raise ValidationError(
            f"1 validation error detected: Value '{body}' at 'templateBody' failed to satisfy "
            f"constraint: Member must have length less than or equal to {BODY}"
        )


def check_resource_types(template: Mapping[str, Any], allowed: Sequence[str] | None) -> None:
    """Raise if the template makes what the request's ResourceTypes do not name."""
    for resource in template["Resources"].values():
        kind = str(resource.get("Type") if isinstance(resource, dict) else resource)
        if allowed and not any(fnmatchcase(kind, pattern) for pattern in allowed):
            raise ValidationError(
                f"Resource type {kind} is not allowed by parameter ResourceTypes "
                f"[{', '.join(allowed)}]"
            )


def check_deletion(request: Request, stack: Stack) -> None:
    """Raise unless a stack may be deleted so in its state."""
    if stack.enable_termination_protection:
        raise ValidationError(
            f"Stack [{stack.stack_name}] cannot be deleted while TerminationProtection is enabled"
        )
    if stack.status.endswith("_IN_PROGRESS") and stack.status not in _INTERRUPTIBLE:
        raise ValidationError(
            f"Stack [{stack.stack_name}] cannot be deleted while in status {stack.status}"
        )
    if stack.status != StackStatus.DELETE_FAILED:
        if request.get("RetainResources"):
            raise ValidationError(
                f"Invalid operation on stack [{stack.stack_id}]. When you delete a stack, specify "
                "which resources to retain only when the stack is in the DELETE_FAILED state."
            )
        if request.get("DeletionMode") == "FORCE_DELETE_STACK":
            raise ValidationError(
                f"Invalid operation on stack [{stack.stack_id}]. When you delete a stack, specify "
                "the deletion mode FORCE_DELETE_STACK only when the stack is in the DELETE_FAILED "
                "state."
            )


def mark_of(operation: str, request: Request) -> tuple[str, str] | None:
    """Return the token of a request and what it asks for, None if it has no token."""
    token = request.get("ClientRequestToken") or request.get("ClientToken")
    if not token:
        return None
    asked = {key: value for key, value in request.items() if value is not None}
    text = json.dumps([operation, asked], sort_keys=True, default=str)
    return str(token), sha256(text.encode()).hexdigest()


def is_repeated(stack: Stack | None, mark: tuple[str, str] | None) -> bool:
    """Say whether this request about a stack was made and granted before.

    "Specify this token if you plan to retry requests": the second request is the first one, and
    gets its answer. A token belongs to one request.
    """
    if stack is None or mark is None:
        return False
    token, asked = mark
    before = getattr(stack, "granted", {}).get(token)
    if before not in (None, asked):
        raise TokenAlreadyExistsException("A client request token already exists.")
    return before is not None


def grant(stack: Stack, mark: tuple[str, str] | None) -> None:
    """Note that a request was granted, for its repetition and for the events that come of it."""
    stack.token = mark[0] if mark else None
    if mark:
        stack.granted = {**getattr(stack, "granted", {}), mark[0]: mark[1]}
