"""Calls of one service to another within the emulator, without HTTP.

LocalStack's own clients write a call as HTTP, hand it through the whole gateway and read the answer
back, which takes 2 to 4 ms of processor time. The calls that every upload makes come here: their
parameters go to the service as they are. What judges a call does so as ever: policies, faults,
limits and whatever else LocalStack lets plugins put before a service.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws import handlers
from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import RequestContext, ServiceException
from localstack.aws.api.core import ServiceOperation
from localstack.aws.handlers.service_plugin import ServiceLoader
from localstack.aws.spec import load_service
from localstack.constants import INTERNAL_AWS_ACCESS_KEY_ID
from localstack.http import Request, Response
from localstack.runtime import get_current_runtime
from localstack.utils.aws.arns import get_partition
from localstack.utils.aws.request_context import mock_aws_request_headers


def call(
    service: str,
    operation: str,
    parameters: Mapping[str, Any],
    *,
    region: str,
    principal: str,
    source_arn: str,
) -> Any:
    """Call `operation` as the service `principal`, on behalf of the resource `source_arn`.

    `parameters` are those of the API, blobs that it streams as files; what returns is the answer's
    content. Raises ClientError, as a client does, for what the service or a policy refuses.
    """
    about = {"service_principal": principal, "source_arn": source_arn}
    return _call(service, operation, parameters, region, INTERNAL_AWS_ACCESS_KEY_ID, about)


def call_with_key(
    service: str, operation: str, parameters: Mapping[str, Any], *, region: str, key: str
) -> Any:
    """Call `operation` with the access key of a user or of a session; the rest is as for `call`."""
    return _call(service, operation, parameters, region, key, {})


def _call(
    service: str,
    operation: str,
    parameters: Mapping[str, Any],
    region: str,
    key: str,
    about: dict[str, str],
) -> Any:
    context = _context(service, operation, dict(parameters), region, key)
    context.internal_request_params = MappingProxyType(about)
    try:
        return _answer(context)
    except ServiceException as error:
        content = {"Error": {"Code": error.code, "Message": error.message or ""}}
        raise ClientError(content, operation) from error


def _context(
    service: str, operation: str, parameters: dict[str, Any], region: str, key: str
) -> RequestContext:
    headers = _headers(service, region, key)
    context: Any = RequestContext(Request(method="POST", path="/", headers=dict(headers)))
    context.service = load_service(service)
    context.operation = context.service.operation_model(operation)
    context.protocol = context.service.protocol
    context.service_request = parameters
    context.region = region
    context.partition = get_partition(region)
    context.account_id = get_account_id_from_access_key_id(key)
    handlers.parse_trace_context(None, context, None)
    return context


def _answer(context: RequestContext) -> Any:
    """Have those judge the call who judge every call, and execute it."""
    response = Response()
    for handler in handlers.serve_custom_service_request_handlers.handlers:
        handler(None, context, response)
    gateway = get_current_runtime().components.gateway
    _loader(gateway)(None, context, response)
    assert context.service
    assert context.operation
    key = ServiceOperation(context.service.service_name, context.operation.name)
    skeleton = gateway.service_request_router.handlers[key].skeleton
    return skeleton.dispatch_table[context.operation.name](context, context.service_request)


@lru_cache(maxsize=1)
def _loader(gateway: Any) -> ServiceLoader:
    """Return what loads a service when it is first called."""
    return next(each for each in gateway.request_handlers if isinstance(each, ServiceLoader))


@lru_cache(maxsize=64)
def _headers(service: str, region: str, key: str) -> Mapping[str, str]:
    headers: dict[str, str] = mock_aws_request_headers(service, key, region)
    return headers
