"""Listings of more keys than fit into one answer, whatever script the keys are in.

LocalStack compares encoded with plain ones, and so leaves out or repeats keys at the border of two
pages as soon as any of them needs encoding. It also shows anybody who owns an object.

AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html, EncodingType. That
ListObjects names no owners to callers without credentials is recorded in LocalStack's tests at
v4.14.0, `s3/test_s3.py`, `test_bucket_name_with_dots`.
"""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from localstack.aws.api import RequestContext
from localstack.aws.api.s3 import EncodingType, InvalidArgument
from localstack.services.s3 import provider
from localstack.services.s3.models import S3Bucket
from localstack.services.s3.provider import S3Provider

from localstack_parity.iam.callers import ANONYMOUS, caller_of
from localstack_parity.s3.windows import Window, seen_through

_ENCODED = (
    "Delimiter",
    "KeyMarker",
    "Marker",
    "NextKeyMarker",
    "NextMarker",
    "Prefix",
    "StartAfter",
)
_ENTRIES = {
    "Contents": "Key",
    "Versions": "Key",
    "DeleteMarkers": "Key",
    "CommonPrefixes": "Prefix",
}


_WINDOW = "listing_window"  # attribute of a request's context


class Listings(S3Provider):
    """The listing operations of S3."""

    def list_objects(
        self, context: RequestContext, bucket: str, *, encoding_type: str | None = None, **rest: Any
    ) -> Any:
        """List the objects of a bucket, up to a thousand at a time."""
        setattr(context, _WINDOW, Window.of(rest, rest.get("marker")))
        answer = _listed(super().list_objects, context, bucket, encoding_type, rest)
        if caller_of(context) == ANONYMOUS:
            for entry in answer.get("Contents") or []:
                entry.pop("Owner", None)
        return answer

    def list_objects_v2(
        self, context: RequestContext, bucket: str, *, encoding_type: str | None = None, **rest: Any
    ) -> Any:
        """List the objects of a bucket, up to a thousand at a time."""
        after = _decode_continuation_token(rest.get("continuation_token"))
        setattr(context, _WINDOW, Window.of(rest, after or rest.get("start_after")))
        return _listed(super().list_objects_v2, context, bucket, encoding_type, rest)

    def list_object_versions(
        self, context: RequestContext, bucket: str, *, encoding_type: str | None = None, **rest: Any
    ) -> Any:
        """List the versions of all objects, up to a thousand at a time."""
        setattr(context, _WINDOW, Window.of(rest, rest.get("key_marker")))
        return _listed(super().list_object_versions, context, bucket, encoding_type, rest)

    def _get_cross_account_bucket(
        self, context: RequestContext, bucket_name: str, **more: Any
    ) -> tuple[Any, S3Bucket]:
        """The store of a bucket, and the bucket: for a listing, what is on its page."""
        store, bucket = super()._get_cross_account_bucket(context, bucket_name, **more)
        window: Window | None = context.get(_WINDOW)
        return store, seen_through(bucket, window) if window else bucket


def _listed(
    operation: Callable[..., Any],
    context: RequestContext,
    bucket: str,
    encoding_type: str | None,
    rest: dict[str, Any],
) -> Any:
    """The answer of a listing, with its keys encoded if that was asked for."""
    if encoding_type != EncodingType.url:
        return operation(context, bucket, encoding_type=encoding_type, **rest)
    return _encoded(operation(context, bucket, **rest))


def _decode_continuation_token(token: str | None) -> str:
    """The key in a token, in any script. LocalStack's own, replaced here, reads ASCII only."""
    try:
        return base64.b64decode(token, altchars=b"._", validate=True).decode() if token else ""
    except ValueError:
        raise InvalidArgument(
            "The continuation token provided is incorrect", ArgumentName="continuation-token"
        ) from None


provider.decode_continuation_token = _decode_continuation_token


def _encoded(answer: Any) -> Any:
    for name in _ENCODED:
        if answer.get(name):
            answer[name] = quote(answer[name])
    for name, field in _ENTRIES.items():
        for entry in answer.get(name) or []:
            entry[field] = quote(entry[field])
    answer["EncodingType"] = EncodingType.url
    return answer
