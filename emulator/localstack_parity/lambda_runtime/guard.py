"""Refuses functions that cannot run on this machine, when they are created and not when invoked.

In: requests to Lambda, before the provider sees them. Out: an error that says what is needed, where
AWS, which has every runtime, would go on. Installed by plugins.py.
"""

from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.services.lambda_.invocation.runtime_executor import get_runtime_executor

from localstack_parity.lambda_runtime import runtimes
from localstack_parity.lambda_runtime.executor import ProcessExecutor


def refuse_unsupported(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Check the runtime and the architecture that a request asks for."""
    if not context.service or context.service.service_name != "lambda" or not context.operation:
        return
    request = context.service_request or {}
    match context.operation.name:
        case "CreateFunction":
            wanted = request.get("Runtime"), request.get("Architectures") or ["x86_64"]
        case "UpdateFunctionConfiguration" if "Runtime" in request:
            wanted = request["Runtime"], None
        case "UpdateFunctionCode" if request.get("Architectures"):
            wanted = None, request["Architectures"]
        case _:
            return
    if get_runtime_executor() is not ProcessExecutor:
        return
    runtime, architectures = wanted
    try:
        if architectures:
            runtimes.check_architecture(architectures)
        if runtime or context.operation.name == "CreateFunction":
            runtimes.find(runtime)
    except runtimes.Unsupported as reason:
        raise InvalidParameterValueException(str(reason), Type="User") from None
