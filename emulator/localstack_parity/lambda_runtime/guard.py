"""Refuses what cannot run on this machine when it is configured, and not when it is invoked.

AWS has every runtime and every feature, so each refusal says what is missing here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from localstack import config
from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.services.lambda_.invocation.runtime_executor import get_runtime_executor
from localstack.services.lambda_.runtimes import ALL_RUNTIMES

from localstack_parity.lambda_runtime import runtimes
from localstack_parity.lambda_runtime.executor import ProcessExecutor
from localstack_parity.lambda_runtime.interpreter import Unsupported

# What would change how a function behaves and is not emulated: when it is asked for, and its name.
# X-Ray (TracingConfig) is taken, for a function does the same without it; see FIDELITY.md.
_NOT_EMULATED: tuple[tuple[Callable[[Mapping[str, Any]], object], str], ...] = (
    (lambda it: it.get("CodeSigningConfigArn"), "CodeSigningConfigArn"),
    (lambda it: it.get("KMSKeyArn"), "KMSKeyArn"),
    (lambda it: it.get("FileSystemConfigs"), "FileSystemConfigs (EFS)"),
    (lambda it: (it.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions", "SnapStart"),
    (lambda it: it.get("CapacityProviderConfig"), "CapacityProviderConfig"),
    (lambda it: it.get("DurableConfig"), "DurableConfig"),
    (lambda it: it.get("TenancyConfig"), "TenancyConfig"),
)


# LocalStack takes a folder of the machine for the code of a function in a bucket of a certain name;
# this is no name that a bucket can have.
_NO_BUCKET = "/"


def install() -> None:
    """Let code come out of packages alone: a template must not read folders of the machine."""
    config.BUCKET_MARKER_LOCAL = _NO_BUCKET


def refuse_unsupported(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Check the runtime, the architecture and the features that a request asks for."""
    if not context.service or context.service.service_name != "lambda" or not context.operation:
        return
    operation, request = context.operation.name, context.service_request or {}
    if operation not in ("CreateFunction", "UpdateFunctionConfiguration", "UpdateFunctionCode"):
        return
    if get_runtime_executor() is not ProcessExecutor:
        return
    try:
        check_features(request)
        if (request.get("Runtime") or ALL_RUNTIMES[0]) not in ALL_RUNTIMES:
            return  # LocalStack has AWS's words for it
        architectures = request.get("Architectures")
        if operation == "CreateFunction":
            runtimes.check_architecture(architectures or ["x86_64"])
            runtimes.find(request.get("Runtime"))
        elif architectures:
            runtimes.check_architecture(architectures)
        elif "Runtime" in request:
            runtimes.find(request["Runtime"])
    except Unsupported as reason:
        raise InvalidParameterValueException(str(reason), Type="User") from None


def check_features(function: Mapping[str, Any]) -> None:
    """Raise Unsupported for a feature that functions do not have here.

    `function` has its properties by their names in Lambda's API, or in a template.
    """
    for asks_for, feature in _NOT_EMULATED:
        if asks_for(function):
            raise Unsupported(f"{feature} of a function is not emulated here: leave it out.")
