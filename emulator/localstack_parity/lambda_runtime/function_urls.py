"""Function URLs as a path of the emulator, where AWS gives each a host of its own.

Their hosts go on being answered, for systems that resolve names below `localhost`.
"""

from collections.abc import Callable

from localstack import config
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.urlrouter import FunctionUrlRouter
from localstack.utils.patch import patch

from localstack_parity.authentication import gate

PATH = "/_aws/lambda-url"


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
        refused = Response('{"Message":"Forbidden"}', 403, mimetype="application/json")
        refused.headers["x-amzn-ErrorType"] = "AccessDeniedException"
        return refused
    return answer(router, request, api_id, region, **parameters)


def _wants_signature(api_id: str, region: str) -> bool:
    configurations = (
        one
        for account in lambda_stores
        for function in lambda_stores[account][region].functions.values()
        for one in function.function_url_configs.values()
    )
    return any(one.auth_type == "AWS_IAM" for one in configurations if one.url_id == api_id.lower())


def offer(router: FunctionUrlRouter) -> None:
    """Serve function URLs at their paths."""

    def invoke(request: Request, region: str, url_id: str, path: str = "") -> Response:
        # The function sees the path below its URL.
        request.path = f"/{path.lstrip('/')}"
        vars(request).pop("full_path", None)
        answer: Response = router.handle_lambda_url_invocation(request, url_id, region)
        return answer

    # Two slashes are one, and no redirect: recorded in LocalStack's tests at v4.14.0,
    # lambda_/test_lambda.py::TestLambdaURL::test_lambda_url_echo_http_fixture_default.
    for below in ("", "<path:path>", "/<path:path>"):
        rule = f"{PATH}/<region>/<url_id>/{below}"
        ROUTER.add(rule, endpoint=invoke, merge_slashes=False)
