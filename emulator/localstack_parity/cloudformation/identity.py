"""With whose rights CloudFormation acts on the resources of a stack.

AWS: CloudFormation User Guide, "CloudFormation service role": it uses the credentials of the caller
or, once a role was given, always that role, "even if the users … don't have permission to pass
it"; API Reference, CreateStack, RoleARN. Who names a role needs iam:PassRole (iam/).
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext
from localstack.aws.connect import connect_to
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2.entities import Stack

from localstack_parity.iam import callers

_SESSION = "AWSCloudFormation"


def take(
    context: RequestContext, request: Mapping[str, Any], stack: Stack, planned: str | None = None
) -> str:
    """Return the key for an operation on a stack; "" for the account's own.

    The role of the request, or the one `planned` with its change set, becomes the stack's. Raises
    ValidationError as `foreseen` does.
    """
    role = request.get("RoleARN") or planned or role_of(stack)
    key = _key(context, role)
    if role:
        stack.role_arn = role
    return key


def foreseen(context: RequestContext, request: Mapping[str, Any], stack: Stack | None) -> str:
    """Return the key with which a change set is made; "" for the account's own.

    Raises ValidationError for a role that is not there or does not trust CloudFormation.
    """
    return _key(context, request.get("RoleARN") or (role_of(stack) if stack else None))


def role_of(stack: Stack) -> str | None:
    """Return the service role that a stack has; None if it has none."""
    return getattr(stack, "role_arn", None)


def _key(context: RequestContext, role: str | None) -> str:
    if role:
        return _of_role(context, role)
    key = callers.access_key(context)
    return key if callers.is_issued(key) else ""


def _of_role(context: RequestContext, role: str) -> str:
    sts = connect_to(region_name=context.region, aws_access_key_id=context.account_id).sts
    asked = sts.request_metadata(service_principal="cloudformation")
    try:
        session = asked.assume_role(RoleArn=role, RoleSessionName=_SESSION)
    except ClientError:
        raise ValidationError(f"Role {role} is invalid or cannot be assumed") from None
    return str(session["Credentials"]["AccessKeyId"])
