"""Templates by their URL: objects of S3, read with the caller's rights.

LocalStack fetches whatever the URL leads to, and S3's objects with all rights: its own pages, and
buckets that are closed to the caller. Source: CloudFormation API Reference, CreateStack,
TemplateURL: "Location of file containing the template body. The URL must point to a template that
is located in an Amazon S3 bucket"; the messages are those that people report.
"""

import re
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.aws.connect import connect_to
from localstack.http import Response
from localstack.services.cloudformation.engine.validations import ValidationError

from localstack_parity.iam import callers
from localstack_parity.server import own_routes

_MORE = (
    "For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
)
_LARGEST_BYTES = 1_048_576  # CloudFormation quotas: a template in an object
# Of AWS, with the bucket before it or in the path: s3.amazonaws.com, s3-eu-west-1.amazonaws.com …
_S3 = re.compile(
    r"(?:(?P<bucket>[a-z0-9.-]+)\.)?s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\."
    r"(?:amazonaws\.com(?:\.cn)?|localhost(?:\.localstack\.cloud)?)"
)
_HERE = re.compile(r"(?:[\w-]+\.)*localhost(?:\.localstack\.cloud)?|127(?:\.\d+){3}|\[::1\]")


class TextOfObject(str):
    """A template that was read from a bucket, which may be longer than one in a request."""


class Address(NamedTuple):
    """Where an object is."""

    bucket: str
    key: str
    version: str


def read(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Put the template into the request, in the place of its URL."""
    if not context.service or context.service.service_name != "cloudformation":
        return
    request: Any = context.service_request or {}
    if not (url := request.get("TemplateURL")):
        return
    if request.get("TemplateBody") or request.get("UsePreviousTemplate"):
        raise ValidationError("Specify exactly one of 'TemplateBody' or 'TemplateUrl'")
    place = address(url, urlsplit(f"//{context.request.host}").hostname or "")
    request["TemplateBody"] = TextOfObject(_content(context, place))
    del request["TemplateURL"]


def address(url: str, emulator: str) -> Address:
    """Return which object a URL means; raise ValidationError if it means none.

    `emulator` is the name by which the emulator was asked.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "") if ":" not in (parts.hostname or "") else "[::1]"
    except ValueError:
        raise _unsupported() from None
    if parts.scheme == "s3":
        raise ValidationError(
            f"S3 error: Domain name specified in {parts.netloc} is not a valid S3 domain"
        )
    known = _S3.fullmatch(host)
    here = _HERE.fullmatch(host) or host == emulator
    if parts.scheme not in ("http", "https") or not (known or here):
        raise _unsupported()
    path = unquote(parts.path)
    if here and own_routes.is_own(re.sub("/+", "/", path)):
        raise _unsupported()
    bucket, key = (known and known["bucket"]) or "", path[1:]
    if not bucket:
        bucket, _, key = key.partition("/")
    if not bucket or not key:
        raise _unsupported()
    return Address(bucket, key, parse_qs(parts.query).get("versionId", [""])[0])


def _unsupported() -> ValidationError:
    return ValidationError("TemplateURL must be a supported URL.")


def _content(context: RequestContext, wanted: Address) -> str:
    # A call of one service to another is judged by the key that it is made with.
    client = connect_to(
        region_name=context.region,
        aws_access_key_id=callers.access_key(context),
        aws_secret_access_key="of a call within the process",
    ).s3
    version = {"VersionId": wanted.version} if wanted.version else {}
    try:
        found = client.get_object(Bucket=wanted.bucket, Key=wanted.key, **version)
        content: bytes = found["Body"].read(_LARGEST_BYTES + 1)
    except ClientError as error:
        reason = error.response["Error"].get("Message", "")
        raise ValidationError(f"S3 error: {reason}\n{_MORE}") from None
    if len(content) > _LARGEST_BYTES:
        raise ValidationError("Template may not exceed 1048576 bytes in size.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValidationError("Template format error: unsupported structure.") from None
