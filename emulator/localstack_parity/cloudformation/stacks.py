"""The stacks of an account and Region, by name or ARN."""

from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.cloudformation.stores import get_cloudformation_store
from localstack.services.cloudformation.v2.entities import Stack
from localstack.services.cloudformation.v2.provider import StackNotFoundError, find_stack_v2


def store_of(context: RequestContext) -> Any:
    """Return what LocalStack keeps of the caller's account in the Region of the request."""
    return get_cloudformation_store(context.account_id, context.region)


def find_stack(context: RequestContext, name: str) -> Stack | None:
    """Return the stack with this name or ARN; None if there is none, or none any more."""
    try:
        stack = find_stack_v2(store_of(context), name)
    except (KeyError, ValueError):
        return None
    return stack if stack and stack.is_active() else None


def existing_stack(context: RequestContext, name: str) -> Stack:
    """Return the stack with this name or ARN; raise AWS's error if there is none any more."""
    if stack := find_stack(context, name):
        return stack
    raise StackNotFoundError(name)
