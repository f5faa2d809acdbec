"""Function URLs as a path of the emulator, where AWS gives each a host of its own.

Their hosts go on being answered, for systems that resolve names below `localhost`. What the event
says of the caller, the trace and the path is recorded in LocalStack's tests at v4.14.0,
`lambda_/test_lambda.py::TestLambdaURL::test_lambda_url_echo_http_fixture_default`.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from localstack import config
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.lambda_ import urlrouter
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.urlrouter import FunctionUrlRouter
from localstack.utils.patch import patch
from localstack.utils.xray.trace_header import TraceHeader

from localstack_parity.authentication import gate

PATH = "/_aws/lambda-url"
_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


def url(region: str, url_id: str) -> str:
    """Return the URL of a function."""
    return f"{config.external_service_url()}{PATH}/{region}/{url_id}/"


@patch(FunctionUrlRouter.handle_lambda_url_invocation)
def _answer(
    answer: Callable[..., Response],
    router: FunctionUrlRouter,
    request: Request,
    api_id: str,
    region: str,
    **parameters: str,
) -> Response:
    """Lambda Developer Guide, "Control access to Lambda function URLs": AWS_IAM wants a signature.

    Whether its holder may invoke the function is not asked here.
    """
    if _wants_signature(api_id, region) and not gate.is_signed(request, "lambda"):
        body = json.dumps({"Message": _FORBIDDEN})
        refused = Response(body, 403, mimetype="application/json")
        refused.headers["x-amzn-ErrorType"] = "AccessDeniedException"
        return refused
    return answer(router, request, api_id, region, **parameters)


@patch(urlrouter.event_for_lambda_url)
def _event(make: Callable[..., dict[str, Any]], api_id: str, request: Request) -> dict[str, Any]:
    event = make(api_id, request)
    caller = request.remote_addr or ""
    event["requestContext"]["http"]["sourceIp"] = caller
    event["headers"]["x-forwarded-for"] = caller
    trace = TraceHeader.from_header_str(request.headers.get("X-Amzn-Trace-Id"))
    event["headers"]["x-amzn-trace-id"] = trace.ensure_root_exists().to_header_str()
    return event


def _wants_signature(api_id: str, region: str) -> bool:
    configurations = (
        one
        for account in list(lambda_stores)
        for function in list(lambda_stores[account][region].functions.values())
        for one in list(function.function_url_configs.values())
    )
    return any(one.auth_type == "AWS_IAM" for one in configurations if one.url_id == api_id.lower())


def offer(router: FunctionUrlRouter) -> None:
    """Serve function URLs at their paths."""

    def invoke(request: Request, region: str, url_id: str, path: str = "") -> Response:
        # The function sees the path below its URL.
        request.path = unquote(f"/{path.lstrip('/')}")
        vars(request).pop("full_path", None)
        answer: Response = router.handle_lambda_url_invocation(request, url_id, region)
        return answer

    # Two slashes are one, and no redirect: recorded in LocalStack's tests at v4.14.0,
    # lambda_/test_lambda.py::TestLambdaURL::test_lambda_url_echo_http_fixture_default. That a rule
    # keeps its slashes is lost with each copy that the router makes, so the path takes them.
    for below in ("", "<greedy_path:path>"):
        ROUTER.add(f"{PATH}/<region>/<url_id>/{below}", endpoint=invoke)
