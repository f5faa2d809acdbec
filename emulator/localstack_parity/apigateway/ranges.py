"""What API Gateway refuses: operations of a patch that name no path or are none.

Sources: API Gateway API Reference, PatchOperation, where neither the list nor one of its members is
required. Recorded in LocalStack's tests at v4.14.0, `apigateway/test_apigateway_api.py`:
`TestApiGatewayGatewayResponse::test_update_gateway_response` (no path) and
`TestApiGatewayApiMethodResponse::test_update_method_response_wrong_operations` (an unknown one).
"""

from collections.abc import Callable, Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.apigateway import BadRequestException

_MEMBER = "patchOperations"

type Check = Callable[[Mapping[str, Any], RequestContext], None]


def check_patch(request: Mapping[str, Any], context: RequestContext) -> None:
    """Check the operations of a patch; a request without any changes nothing."""
    shape = context.operation.input_shape if context.operation else None
    if shape is None or _MEMBER not in shape.members or context.service_request is None:
        return
    if request.get(_MEMBER) is None:  # LocalStack and moto go through the list unasked
        context.service_request = {**request, _MEMBER: []}
    for operation in request.get(_MEMBER) or ():
        if operation.get("path") is None:
            raise BadRequestException("Invalid patch path null")
        if operation.get("op") is None:
            raise BadRequestException("Invalid patch operation specified.")


CHECKS: Mapping[str, Check] = {"*": check_patch}
