"""The URLs that the emulator gives out lead to it by themselves: no DNS has to know a name.

LocalStack's are below localhost.localstack.cloud, which only public DNS resolves; and most systems
resolve `localhost` but no name below it. So what AWS distinguishes by the host is a path here:
queues, APIs and function URLs (lambda_runtime/function_urls.py). Where a client puts a bucket's
name before the endpoint's host all the same, and its system resolves that, it is a bucket.
"""

from collections.abc import Callable, Mapping

from localstack import config
from localstack.aws.api import RequestContext
from localstack.aws.protocol import service_router
from localstack.services.s3 import presigned_url
from localstack.services.s3 import utils as s3_utils
from localstack.services.sqs.models import SqsQueue
from localstack.utils.patch import patch
from localstack.utils.urls import localstack_host

# What stands before a host for another reason than that it is a bucket.
_SERVICES = {"s3", "s3-website", "s3-control", "sqs", "queue", "execute-api", "lambda-url"}


def install() -> None:
    """Give out such URLs, and take such hosts, from now on."""

    @patch(SqsQueue.url)
    def url(_url: Callable[..., str], queue: SqsQueue, context: RequestContext) -> str:
        # As the client addressed the emulator, which may be a container with a port of its own.
        host = localstack_host().host_and_port()
        if not context.is_internal_call:
            host = context.request.host
        return f"{context.request.scheme}://{host}/queue/{queue.region}/{queue.account_id}/{queue.name}"

    below_s3 = s3_utils.uses_host_addressing

    def bucket_in(headers: Mapping[str, str]) -> str | None:
        found: str | None = below_s3(headers) or bucket_of(headers.get("host", ""))
        return found

    for module in (s3_utils, service_router, presigned_url):
        module.uses_host_addressing = bucket_in


def bucket_of(host: str) -> str | None:
    """Return the bucket in a Host header such as ``photos.localhost:4566``, if there is one."""
    name = host.rpartition(":")[0] or host
    for endpoint in {"localhost", "localhost.localstack.cloud", config.LOCALSTACK_HOST.host}:
        bucket = name.removesuffix(f".{endpoint}")
        if bucket != name and not _SERVICES.intersection(bucket.split(".")):
            return bucket
    return None
