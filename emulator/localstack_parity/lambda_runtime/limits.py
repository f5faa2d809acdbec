"""The limits that Lambda's API enforces and LocalStack does not.

In: requests to Lambda, before the provider sees them. Out: AWS's error for what is beyond a limit.
Called by plugins.py's request handlers.

Source: AWS Lambda API reference (CreateFunction, PutFunctionEventInvokeConfig, Invoke) and Lambda
Developer Guide, "Lambda quotas" and "Defined runtime environment variables".
"""

import io
import json
import re
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.lambda_ import (
    InvalidParameterValueException,
    InvalidRequestContentException,
)
from localstack.aws.chain import HandlerChain
from localstack.http import Response

MAX_SYNCHRONOUS_BYTES = 6_291_456
MAX_ASYNCHRONOUS_BYTES = 1_048_576

# Least and most, by the path in the request.
_RANGES = {
    ("EphemeralStorage", "Size"): (512, 10240),
    ("MaximumEventAgeInSeconds",): (60, 21600),
    ("MaximumRetryAttempts",): (0, 2),
    ("MemorySize",): (128, 10240),
    ("Timeout",): (1, 900),
}
_LENGTHS = {"Description": 256, "Handler": 128}
_RESERVED = {
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
}
_VARIABLE = "[a-zA-Z]([a-zA-Z0-9_])+"


def enforce(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Refuse a request that is beyond a limit."""
    if not context.service or context.service.service_name != "lambda" or not context.operation:
        return
    request = context.service_request or {}
    match context.operation.name:
        case "Invoke":
            _check_payload(request)
        case "CreateFunction" | "UpdateFunctionConfiguration":
            _check_numbers(request)
            _check_variables((request.get("Environment") or {}).get("Variables") or {})
        case "PutFunctionEventInvokeConfig" | "UpdateFunctionEventInvokeConfig":
            _check_numbers(request)


def _check_payload(request: dict[str, Any]) -> None:
    if not (stream := request.get("Payload")):
        return
    payload = stream if isinstance(stream, bytes) else stream.read()
    request["Payload"] = io.BytesIO(payload)
    if len(payload) > MAX_SYNCHRONOUS_BYTES:
        raise _too_large(
            f"Request must be smaller than {MAX_SYNCHRONOUS_BYTES} bytes for the InvokeFunction "
            "operation"
        )
    asynchronous = request.get("InvocationType") == "Event"
    if asynchronous and len(payload) > MAX_ASYNCHRONOUS_BYTES:
        raise _too_large(
            f"{len(payload)} byte payload is too large for the Event invocation type "
            f"(limit {MAX_ASYNCHRONOUS_BYTES} bytes)"
        )
    try:
        if payload:
            json.loads(payload)
    except ValueError as error:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: Could not parse payload into json: {error}",
            Type="User",
        ) from None


def _too_large(message: str) -> CommonServiceException:
    return CommonServiceException("RequestEntityTooLargeException", message, status_code=413)


def _check_numbers(request: Mapping[str, Any]) -> None:
    for path, (least, most) in _RANGES.items():
        value: Any = request
        for part in path:
            value = (value or {}).get(part)
        if value is not None and not least <= value <= most:
            bound = (
                f"greater than or equal to {least}"
                if value < least
                else f"less than or equal to {most}"
            )
            raise _invalid(
                f"Value '{value}' at '{_member(path)}'", f"Member must have value {bound}"
            )
    for name, length in _LENGTHS.items():
        text = request.get(name) or ""
        if len(text) > length:
            raise _invalid(
                f"Value '{text}' at '{_member((name,))}'",
                f"Member must have length less than or equal to {length}",
            )


def _check_variables(variables: Mapping[str, str]) -> None:
    if reserved := sorted(_RESERVED & variables.keys()):
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(reserved)}",
            Type="User",
        )
    if any(not re.fullmatch(_VARIABLE, name) for name in variables):
        raise _invalid(
            "Value at 'environment.variables'",
            "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: "
            f"{_VARIABLE}]",
        )


def _member(path: tuple[str, ...]) -> str:
    """The name of a request's member as AWS's messages have it: ephemeralStorage.size."""
    return ".".join(part[0].lower() + part[1:] for part in path)


def _invalid(what: str, constraint: str) -> CommonServiceException:
    return CommonServiceException(
        "ValidationException",
        f"1 validation error detected: {what} failed to satisfy constraint: {constraint}",
    )
