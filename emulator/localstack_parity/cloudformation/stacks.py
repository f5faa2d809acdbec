"""The stacks of an account and Region, by name or ARN."""

from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.cloudformation.stores import get_cloudformation_store
from localstack.services.cloudformation.v2 import provider
from localstack.services.cloudformation.v2.entities import Stack
from localstack.services.cloudformation.v2.provider import StackNotFoundError
from localstack.utils.patch import patch


def install() -> None:
    """Have LocalStack take an ARN that no stack has for what a name is that none has."""

    @patch(provider.find_stack_v2)
    def find_stack_v2(find: Callable[..., Any], state: Any, stack_name: str | None) -> Any:
        try:
            return find(state, stack_name)
        except KeyError:
            return None


def store_of(context: RequestContext) -> Any:
    """Return what LocalStack keeps of the caller's account in the Region of the request."""
    return get_cloudformation_store(context.account_id, context.region)


def find_stack(context: RequestContext, name: str) -> Stack | None:
    """Return the stack with this name or ARN; None if there is none, or none any more."""
    try:
        stack = provider.find_stack_v2(store_of(context), name)
    except ValueError:
        return None
    return stack if stack and stack.is_active() else None


def existing_stack(context: RequestContext, name: str) -> Stack:
    """Return the stack with this name or ARN; raise AWS's error if there is none any more."""
    if stack := find_stack(context, name):
        return stack
    raise StackNotFoundError(name)
