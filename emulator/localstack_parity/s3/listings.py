"""Listings of more keys than fit into one answer, whatever script the keys are in.

LocalStack compares encoded with plain ones, and so leaves out or repeats keys at the border of two
pages as soon as any of them needs encoding. Its pages are as long as a caller wishes, and it shows
anybody who owns an object.

AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html, EncodingType and
max-keys ("returns up to 1,000 key names"). That ListObjects names no owners to callers without
credentials is recorded in LocalStack's tests at v4.14.0, `s3/test_s3.py`,
`test_bucket_name_with_dots`.
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
from localstack_parity.s3.version_pages import VersionPage
from localstack_parity.s3.windows import Window

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
_PAGE = "listing_page"  # attribute of a request's context: what there is to be seen of the bucket
_MOST = 1000  # items on a page
_FOUND = ("Contents", "CommonPrefixes", "NextMarker", "NextContinuationToken")


class Listings(S3Provider):
    """The listing operations of S3."""

    def list_objects(
        self, context: RequestContext, bucket: str, *, encoding_type: str | None = None, **rest: Any
    ) -> Any:
        """List the objects of a bucket, up to a thousand at a time."""
        size = _size(rest)
        setattr(context, _PAGE, Window.of(rest, rest.get("marker"), size))
        answer = _listed(super().list_objects, context, bucket, encoding_type, rest)
        if caller_of(context) == ANONYMOUS:
            for entry in answer.get("Contents") or []:
                entry.pop("Owner", None)
        return answer if size else _without_items(answer)

    def list_objects_v2(
        self, context: RequestContext, bucket: str, *, encoding_type: str | None = None, **rest: Any
    ) -> Any:
        """List the objects of a bucket, up to a thousand at a time."""
        size, after = _size(rest), _decode_continuation_token(rest.get("continuation_token"))
        setattr(context, _PAGE, Window.of(rest, after or rest.get("start_after"), size))
        answer = _listed(super().list_objects_v2, context, bucket, encoding_type, rest)
        return answer if size else {**_without_items(answer), "KeyCount": 0}

    def list_object_versions(
        self, context: RequestContext, bucket: str, *, encoding_type: str | None = None, **rest: Any
    ) -> Any:
        """List the versions of all objects, up to a thousand at a time."""
        return _listed(self._list_versions, context, bucket, encoding_type, rest)

    def _list_versions(
        self,
        context: RequestContext,
        bucket: str,
        *,
        key_marker: str | None = None,
        version_id_marker: str | None = None,
        **rest: Any,
    ) -> Any:
        page = VersionPage(
            rest.get("prefix") or "",
            rest.get("delimiter") or "",
            key_marker or "",
            version_id_marker or "",
            _size(rest),
        )
        setattr(context, _PAGE, page)
        # The page begins behind the markers already. One of a version without one of a key is
        # refused.
        markers = {} if key_marker else {"version_id_marker": version_id_marker}
        answer = super().list_object_versions(context, bucket, **markers, **rest)
        answer["KeyMarker"], answer["VersionIdMarker"] = page.key_marker, page.version_marker
        answer["MaxKeys"], answer["IsTruncated"] = page.size, page.next is not None
        if page.next:
            answer["NextKeyMarker"], version = page.next
            if version:
                answer["NextVersionIdMarker"] = version
        return answer

    def _get_cross_account_bucket(
        self, context: RequestContext, bucket_name: str, **more: Any
    ) -> tuple[Any, S3Bucket]:
        """The store of a bucket, and the bucket: for a listing, what is on its page."""
        store, bucket = super()._get_cross_account_bucket(context, bucket_name, **more)
        page: Window | VersionPage | None = context.get(_PAGE)
        return store, page.show(bucket) if page else bucket


def _size(request: dict[str, Any]) -> int:
    """How many items may be on the page; the request wishes for no more from here on."""
    wished = request.get("max_keys")
    size = _MOST if wished is None else min(wished, _MOST)
    request["max_keys"] = size or None  # LocalStack takes none for a thousand, as it does 0
    return size


def _without_items(answer: Any) -> Any:
    """An answer to a caller who wishes for no items: an empty page, and the last one."""
    rest = {name: value for name, value in answer.items() if name not in _FOUND}
    return {**rest, "MaxKeys": 0, "IsTruncated": False}


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
