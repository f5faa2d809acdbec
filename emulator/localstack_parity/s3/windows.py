"""A bucket as a page of a listing needs to see it: without the objects that are not on the page.

LocalStack sorts all versions of all objects for each page and looks at each, so that a listing
takes the square of their number. Here it is given those alone that may be on the page.
"""

import copy
from typing import Any, NamedTuple

from localstack.services.s3.models import KeyStore, S3Bucket, S3DeleteMarker, S3Object

type Item = S3Object | S3DeleteMarker

_NOT_UNIQUE = (None, "null")  # the id of a version that was written without versioning


class Window(NamedTuple):
    """The keys with `prefix` from `marker` on: so many items and one more, or all if None."""

    prefix: str
    marker: str
    items: int | None

    @classmethod
    def of(cls, request: dict[str, Any], marker: str | None) -> "Window":
        """What a request for a page wants to see. A common prefix may stand for any number."""
        whole = request.get("delimiter")
        return cls(
            request.get("prefix") or "",
            marker or "",
            None if whole else request.get("max_keys") or 1000,
        )


def seen_through(bucket: S3Bucket, window: Window) -> S3Bucket:
    """The bucket with no other objects than a window shows."""
    seen = copy.copy(bucket)
    seen.objects = _Seen(bucket.objects, window)
    return seen


class _Seen:
    """The objects of a bucket that a window shows."""

    def __init__(self, objects: Any, window: Window) -> None:
        self._objects, self._window = objects, window

    def values(self, with_versions: bool = False) -> list[Item]:
        """The current objects, or all versions and delete markers.

        LocalStack takes a page for the last one if the last version has the id of the page's last,
        so the last one here has an id of its own.
        """
        prefix, marker, items = self._window
        keys = sorted(
            key for key in list(self._objects._store) if key >= marker and key.startswith(prefix)
        )
        found: list[Item] = []
        beyond = 0  # the marker: what has its key may have been on the page before
        for key in keys:
            versions = self._of(key, with_versions)
            found += versions
            beyond += len(versions) if key != marker else 0
            if items is None or beyond <= items:
                continue
            if not with_versions or getattr(found[-1], "version_id", None) not in _NOT_UNIQUE:
                break
        return found

    def _of(self, key: str, with_versions: bool) -> list[Item]:
        """What there is of a key that may have been deleted just now."""
        if isinstance(self._objects, KeyStore):
            found = self._objects.get(key)
            return [found] if found else []
        versions = list(self._objects._store.get(key, {}).values())
        if with_versions:
            return versions
        return [each for each in versions[-1:] if not isinstance(each, S3DeleteMarker)]
