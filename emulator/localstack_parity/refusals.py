"""What is not emulated is refused at once, in one sentence, and nothing is downloaded for it.

LocalStack's own words speak of licences and plans, and some of its services fetch other software
when they are first used: minutes of waiting, and a network that may not be there.
"""

import logging
from collections.abc import Callable
from typing import Any, NoReturn

from botocore.exceptions import UnknownServiceError
from localstack.aws import handlers
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.handlers.service import ServiceExceptionSerializer
from localstack.aws.skeleton import Skeleton
from localstack.packages.api import PackageException, PackageInstaller
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.utils.bootstrap import is_api_enabled
from localstack.utils.patch import patch

LOG = logging.getLogger(__name__)

# They need DynamoDB Local, kinesis-mock, OpenSearch, Elasticsearch and Vosk.
DOWNLOADING = ("dynamodb", "dynamodbstreams", "kinesis", "opensearch", "es", "transcribe")


def install() -> None:
    """Refuse, from now on, and leave out of the health page what cannot run."""
    for service in DOWNLOADING:
        SERVICE_PLUGINS.api_provider_specs.pop(service, None)

    handlers.serve_custom_exception_handlers.append(_refuse_unknown_service)

    @patch(Skeleton.on_not_implemented_error)
    def on_not_implemented_error(
        _respond: Callable[..., Any],
        skeleton: Skeleton,
        serializer: Any,
        context: RequestContext,
        exception: NotImplementedError,
    ) -> Any:
        return skeleton.on_service_exception(serializer, context, refusal(context, exception))

    @patch(ServiceExceptionSerializer.create_exception_response)
    def create_exception_response(
        respond: Callable[..., Any],
        handler: ServiceExceptionSerializer,
        exception: Exception,
        context: RequestContext,
    ) -> Any:
        if context.operation and isinstance(exception, NotImplementedError):
            exception = refusal(context, exception)
        return respond(handler, exception, context)

    @patch(PackageInstaller.install)
    def install_package(
        _install: Callable[..., None], installer: PackageInstaller, target: Any = None
    ) -> NoReturn:
        raise PackageException(
            f"{installer.name} would have to be downloaded, which the emulator does not do."
        )


def _refuse_unknown_service(
    _chain: Any, exception: Exception, _context: RequestContext, response: Any
) -> None:
    """Answer a request that is signed for a service of which not even the protocol is known."""
    if isinstance(exception, UnknownServiceError):
        response.status_code = 501
        message = f"The service {exception.kwargs['service_name']} is not emulated here."
        response.set_json({"__type": "NotImplemented", "message": message})


def refusal(context: RequestContext, reason: NotImplementedError) -> CommonServiceException:
    """Return the error for an operation that is not emulated, or not as it was asked for."""
    assert context.service
    assert context.operation
    service, operation = context.service.service_name, context.operation.name
    if not (SERVICE_PLUGINS.exists(service) and is_api_enabled(service)):
        message = f"The service {service} is not emulated here."
    elif reason.args:
        LOG.warning("%s of %s: %s", operation, service, reason)
        message = f"{operation} of {service} is not emulated here with these parameters."
    else:
        message = f"{operation} of {service} is not emulated here."
    return CommonServiceException("NotImplemented", message, status_code=501)


def not_emulated(context: RequestContext, member: str) -> CommonServiceException:
    """Return the error for a member of a request that would be accepted without its effect."""
    assert context.service
    assert context.operation
    return CommonServiceException(
        "NotImplemented",
        f"{context.operation.name} of {context.service.service_name} is not emulated here with"
        f" {member}: leave it out.",
        status_code=501,
    )
