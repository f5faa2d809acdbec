"""Calls LocalStack's provider of a resource type, and reports truthfully how that went.

LocalStack takes an update for done when the provider has none or says "not found", and keeps the
reason of other failures to itself.
"""

import os
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation.deployment_utils import check_not_found_exception
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceProviderExecutor,
    convert_payload,
)
from localstack.services.cloudformation.v2.entities import Stack

# LocalStack's own switch. It is on by default there, and off here unless somebody sets it.
_PRETEND = os.environ.get("CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES", "").lower() in ("1", "true")

# LocalStack's providers of these say that all went well, and neither rotate nor attach.
_EMPTY = {
    "AWS::SecretsManager::RotationSchedule",
    "AWS::SecretsManager::SecretTargetAttachment",
}

# Words in services' error codes, by what CloudFormation calls such an error.
_ERROR_CODES = {
    "AccessDenied": ("AccessDenied", "AuthorizationError", "NotAuthorized"),
    "AlreadyExists": ("AlreadyExist", "AlreadyOwned", "EntityExists", "ResourceConflict"),
    "NotFound": ("NoSuch", "NonExistent", "NotExist", "NotFound"),
    "Throttling": ("Throttl", "TooManyRequests"),
}


def is_emulated(resource_type: str) -> bool:
    """Say whether there is a provider, or the person wants resources without one to be skipped."""
    if _PRETEND:
        return True
    provider = ResourceProviderExecutor.try_load_resource_provider(resource_type)
    return provider is not None and resource_type not in _EMPTY


class Handlers(ResourceProviderExecutor):
    """What the executor calls for each change of a resource."""

    def __init__(
        self, stack: Stack, is_interrupted: Callable[[], bool], *, imports: bool = False
    ) -> None:
        super().__init__(stack_name=stack.stack_name, stack_id=stack.stack_id)
        self._imports = imports
        self._is_interrupted = is_interrupted

    def execute_action(
        self, resource_provider: ResourceProvider[Any], raw_payload: Any
    ) -> ProgressEvent[Any]:
        """Call the provider once; a long change is called again until it has ended."""
        request = convert_payload(
            stack_name=self.stack_name, stack_id=self.stack_id, payload=raw_payload
        )
        if raw_payload["callbackContext"] and self._is_interrupted():
            return ProgressEvent(
                OperationStatus.FAILED,
                resource_model=request.desired_state,
                message="Resource operation cancelled",
            )
        try:
            match raw_payload["action"]:
                case "Add":
                    return resource_provider.create(request)
                case "Remove":
                    return self._delete(resource_provider, request)
                case _:
                    return resource_provider.update(request)
        except NotImplementedError:
            return _failed(f"Changing a {request.resource_type} in place is not emulated here")
        except Exception as error:
            reason = _message(error, request.request_token)
            if self._imports and "HandlerErrorCode: AlreadyExists" in reason:
                reason += ". Importing what is there already is not emulated here"
            return _failed(reason)

    def _delete(self, provider: ResourceProvider[Any], request: Any) -> ProgressEvent[Any]:
        try:
            return provider.delete(request)
        except Exception as error:
            if check_not_found_exception(error, request.resource_type, request.desired_state):
                return ProgressEvent(OperationStatus.SUCCESS, resource_model={})
            raise


def _failed(reason: str) -> ProgressEvent[Any]:
    return ProgressEvent(OperationStatus.FAILED, resource_model={}, message=reason)


def _message(error: Exception, token: str) -> str:
    """Word a failure as CloudFormation's resource handlers do.

    AWS: CloudFormation CLI User Guide, "Resource type handler error codes".
    """
    if isinstance(error, ClientError):
        code = error.response["Error"]["Code"]
        text = error.response["Error"].get("Message") or str(error)
    else:
        code, text = "", str(error) or type(error).__name__
    kind = next(
        (kind for kind, words in _ERROR_CODES.items() if any(word in code for word in words)),
        "InvalidRequest" if code else "GeneralServiceException",
    )
    return (
        f'Resource handler returned message: "{text}" '
        f"(RequestToken: {token}, HandlerErrorCode: {kind})"
    )
