"""Function URLs as a path of the emulator, where AWS gives each a host of its own.

Their hosts go on being answered, for systems that resolve names below `localhost`.
"""

from localstack import config
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.lambda_.urlrouter import FunctionUrlRouter

PATH = "/_aws/lambda-url"


def url(region: str, url_id: str) -> str:
    """Return the URL of a function."""
    return f"{config.external_service_url()}{PATH}/{region}/{url_id}/"


def offer(router: FunctionUrlRouter) -> None:
    """Serve function URLs at their paths."""

    def invoke(request: Request, region: str, url_id: str, path: str = "") -> Response:
        # The function sees the path below its URL.
        request.path = f"/{path}"
        vars(request).pop("full_path", None)
        answer: Response = router.handle_lambda_url_invocation(request, url_id, region)
        return answer

    for below in ("", "<path:path>"):
        ROUTER.add(f"{PATH}/<region>/<url_id>/{below}", endpoint=invoke)
