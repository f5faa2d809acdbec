"""The limits that Lambda's API enforces, and neither LocalStack nor the model of the API has.

Source: AWS Lambda API reference (CreateFunction, PutFunctionEventInvokeConfig, Invoke) and Lambda
Developer Guide, "Lambda quotas" and "Defined runtime environment variables".
"""

import io
import json
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
MAX_TAG_KEY = 128
_BEGINNINGS = b'{["-0123456789tfn'  # of a value in JSON

# What the model lets be more than functions of this kind can have.
_MOST = {"MemorySize": 10240, "Timeout": 900}
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
            _check_combinations(request)
            _check_variables((request.get("Environment") or {}).get("Variables") or {})


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
            "Could not parse request body into json: Could not parse payload into json: "
            f"{_unreadable(payload) or error}",
            Type="User",
        ) from None


def _unreadable(payload: bytes) -> str:
    """Return what AWS's parser says of the first byte that is none of JSON, if that is simple.

    Recorded in LocalStack's tests at v4.14.0,
    `lambda_/test_lambda.py::TestLambdaErrors::test_lambda_invoke_payload_encoding_error`.
    """
    at = len(payload) - len(payload.lstrip(b" \t\r\n"))
    if at == len(payload):
        return ""
    first = payload[at]
    if first not in _BEGINNINGS:
        control = first < 0x20 or 0x7F <= first < 0xA0
        shown = f"(CTRL-CHAR, code {first})" if control else f"'{chr(first)}' (code {first})"
        problem = (
            f"Unexpected character ({shown}): expected a valid value "
            "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        )
        column = at + 1
    else:
        try:
            payload.decode()
        except UnicodeDecodeError as error:
            if error.reason != "invalid start byte":
                return ""
            problem = f"Invalid UTF-8 start byte 0x{payload[error.start]:x}"
            column = error.start + 2
        else:
            return ""
    if b"\n" in payload[:column]:
        return ""
    source = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
    return f"{problem}\n at [Source: {source}; line: 1, column: {column}]"


def _too_large(message: str) -> CommonServiceException:
    return CommonServiceException("RequestEntityTooLargeException", message, status_code=413)


def _check_numbers(request: Mapping[str, Any]) -> None:
    for name, most in _MOST.items():
        value = request.get(name)
        if value is not None and value > most:
            member = name[0].lower() + name[1:]
            raise CommonServiceException(
                "ValidationException",
                f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy"
                f" constraint: Member must have value less than or equal to {most}",
            )


def _check_combinations(request: Mapping[str, Any]) -> None:
    """Refuse what would have no effect beside something else."""
    logging = request.get("LoggingConfig") or {}
    if logging.get("LogFormat") == "Text" and any(
        logging.get(level) for level in ("ApplicationLogLevel", "SystemLogLevel")
    ):
        raise InvalidParameterValueException(
            'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your'
            ' request or change the LogFormat to "JSON" and try again.',
            Type="User",
        )
    if request.get("Runtime") and request.get("ImageConfig"):
        raise InvalidParameterValueException(
            "ImageConfig is for functions of the package type Image: leave it out.", Type="User"
        )
    for key in request.get("Tags") or ():
        if not 1 <= len(key) <= MAX_TAG_KEY:
            raise InvalidParameterValueException(
                f"Tag keys have between 1 and {MAX_TAG_KEY} characters.", Type="User"
            )


def _check_variables(variables: Mapping[str, str]) -> None:
    if reserved := sorted(_RESERVED & variables.keys()):
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(reserved)}",
            Type="User",
        )
