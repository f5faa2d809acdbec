"""What S3 refuses: encryption, tags, numbers and configurations that its model lets through.

Sources: Amazon S3 API Reference, PutObject, CopyObject, ListObjectsV2, GetObject and
PutObjectTagging; User Guide, "Categorizing your storage using tags". The words are those that
people report, and those of https://github.com/localstack/localstack/tree/main/tests/aws/services/s3.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.s3 import ChecksumMode, InvalidArgument, InvalidTag
from localstack.aws.spec import load_service
from localstack.services.s3.exceptions import MalformedXML

from localstack_parity import constraints
from localstack_parity.s3 import lifecycle

MAX_OBJECT_TAGS, MAX_BUCKET_TAGS = 10, 50
MAX_TAG_KEY, MAX_TAG_VALUE = 128, 256
MAX_INTEGER = 2**31 - 1
MAX_PARTS = 10_000

ENCRYPTIONS = ("AES256", "aws:kms", "aws:kms:dsse")
WITH_KEY = ENCRYPTIONS[1:]
_DIRECTIVES = {"MetadataDirective": "metadata", "TaggingDirective": "tagging"}
_REDIRECTS = ("/", "http://", "https://")
_ATTRIBUTES = ("Checksum", "ETag", "ObjectParts", "ObjectSize", "StorageClass")
# How many entries an answer has, by the member of the request: the argument's name, the least, the
# most.
_COUNTS = {
    "MaxBuckets": ("max-buckets", 1, 10_000),
    "MaxKeys": ("maxKeys", 0, MAX_INTEGER),
    "MaxParts": ("max-parts", 0, MAX_INTEGER),
    "MaxUploads": ("max-uploads", 0, MAX_INTEGER),
}

type Check = Callable[[Mapping[str, Any], RequestContext], None]


def check_write(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check how an object is written: its encryption, tags, directives and redirection."""
    method = request.get("ServerSideEncryption")
    if method is not None and method not in ENCRYPTIONS:
        raise InvalidArgument(
            "The encryption method specified is not supported",
            ArgumentName="x-amz-server-side-encryption",
            ArgumentValue=method,
        )
    if request.get("SSEKMSKeyId") and method not in WITH_KEY:
        raise InvalidArgument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header"
            " x-amz-server-side-encryption : aws:kms",
            ArgumentName="x-amz-server-side-encryption",
            ArgumentValue=method or "null",
        )
    for name, what in _DIRECTIVES.items():
        if request.get(name) not in (None, "COPY", "REPLACE"):
            raise InvalidArgument(
                f"Unknown {what} directive.",
                ArgumentName=f"x-amz-{what}-directive",
                ArgumentValue=request[name],
            )
    location = request.get("WebsiteRedirectLocation")
    if location and not location.startswith(_REDIRECTS):
        raise CommonServiceException(
            "InvalidRedirectLocation",
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
        )
    if tagging := request.get("Tagging"):
        _check_tags(dict(parse_qsl(tagging, keep_blank_values=True)).items(), MAX_OBJECT_TAGS)


def check_object_tags(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check the tags of a PutObjectTagging request."""
    _check_tags(_pairs(request), MAX_OBJECT_TAGS)


def check_bucket_tags(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check the tags of a PutBucketTagging request."""
    _check_tags(_pairs(request), MAX_BUCKET_TAGS)


def check_counts(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check how many entries a listing is to have."""
    for name, (argument, least, most) in _COUNTS.items():
        count = request.get(name)
        if count is not None and not least <= count <= most:
            raise InvalidArgument(
                f"Argument {argument} must be an integer between {least} and {most}",
                ArgumentName=argument,
                ArgumentValue=str(count),
            )


def check_read(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check which part of an object is read, and whether its checksum is wanted.

    The words for the checksum are in test/s3api/test_object_checksums.py of
    https://github.com/openstack/swift, which holds for AWS too.
    """
    mode = request.get("ChecksumMode")
    if mode and mode.upper() != ChecksumMode.ENABLED:
        raise CommonServiceException(
            "InvalidRequest", "Value for x-amz-checksum-mode header is invalid."
        )
    part = request.get("PartNumber")
    if part is not None and not 1 <= part <= MAX_PARTS:
        raise InvalidArgument(
            f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=str(part),
        )


def check_attributes(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check which attributes of an object are wanted."""
    for name in request.get("ObjectAttributes") or ():
        if name not in _ATTRIBUTES:
            raise InvalidArgument(
                "Invalid attribute name specified.",
                ArgumentName="x-amz-object-attributes",
                ArgumentValue=name,
            )


def check_lifecycle(request: Mapping[str, Any], _context: RequestContext) -> None:
    """Check the rules of a bucket's lifecycle."""
    lifecycle.check((request.get("LifecycleConfiguration") or {}).get("Rules") or ())


def _by_schema(operation: str) -> Check:
    """Return a check of the enums and ranges in an operation's XML: what breaks them is no XML."""
    shape = load_service("s3").operation_model(operation).input_shape
    # A header that LocalStack refuses in AWS's words.
    violations_of = constraints.compile_input(shape, ("TransitionDefaultMinimumObjectSize",))

    def check(request: Mapping[str, Any], _context: RequestContext) -> None:
        if violations_of and violations_of(request):
            raise MalformedXML()

    return check


def _check_both(first: Check, second: Check) -> Check:
    def check(request: Mapping[str, Any], context: RequestContext) -> None:
        first(request, context)
        second(request, context)

    return check


CHECKS: dict[str, Check] = {
    "CopyObject": check_write,
    "CreateMultipartUpload": check_write,
    "GetObject": check_read,
    "GetObjectAttributes": check_attributes,
    "HeadObject": check_read,
    "ListBuckets": check_counts,
    "ListMultipartUploads": check_counts,
    "ListObjects": check_counts,
    "ListObjectsV2": check_counts,
    "ListObjectVersions": check_counts,
    "ListParts": check_counts,
    "PutBucketLifecycleConfiguration": _check_both(
        _by_schema("PutBucketLifecycleConfiguration"), check_lifecycle
    ),
    "PutBucketTagging": check_bucket_tags,
    "PutObject": check_write,
    "PutObjectTagging": check_object_tags,
}


def _pairs(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    tags = (request.get("Tagging") or {}).get("TagSet") or ()
    return [(tag.get("Key") or "", tag.get("Value") or "") for tag in tags]


def _check_tags(tags: Any, most: int) -> None:
    if len(tags) > most:
        what = "Object tags" if most == MAX_OBJECT_TAGS else "Bucket tag count"
        raise CommonServiceException("BadRequest", f"{what} cannot be greater than {most}")
    for key, value in tags:
        if len(key) > MAX_TAG_KEY:
            raise InvalidTag("The TagKey you have provided is invalid", TagKey=key)
        if len(value) > MAX_TAG_VALUE:
            raise InvalidTag("The TagValue you have provided is invalid", TagValue=value)
