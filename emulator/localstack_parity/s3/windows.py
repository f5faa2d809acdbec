"""A bucket as a page of a listing needs to see it: without the objects that are not on the page.

LocalStack sorts all objects for each page and looks at each, so that a listing takes the square of
their number. Here it is given those alone that may be on the page.
"""

import copy
from collections.abc import Iterable
from typing import Any, NamedTuple

from localstack.services.s3.models import S3Bucket, S3DeleteMarker, S3Object

from localstack_parity.s3.key_stores import Version


class Window(NamedTuple):
    """The keys with `prefix` from `marker` on: so many items and one more, or all if None."""

    prefix: str
    marker: str
    items: int | None

    @classmethod
    def of(cls, request: dict[str, Any], marker: str | None, size: int) -> "Window":
        """What a page of this size wants to see. A common prefix may stand for any number."""
        whole = request.get("delimiter")
        return cls(request.get("prefix") or "", marker or "", None if whole else size)

    def show(self, bucket: S3Bucket) -> S3Bucket:
        """The bucket with what is in the window alone."""
        objects = bucket.objects
        keys = (key for key in list(objects._store) if key >= self.marker)
        found: list[S3Object] = []
        beyond = 0  # the marker: what has its key may have been on the page before
        for key in sorted(key for key in keys if key.startswith(self.prefix)):
            current = _current(objects, key)
            if current:
                found.append(current)
                beyond += key != self.marker
            if self.items is not None and beyond > self.items:
                break
        return showing(bucket, found)


def showing(bucket: S3Bucket, items: Iterable[Version]) -> S3Bucket:
    """The bucket with no other objects than these."""
    shown = copy.copy(bucket)
    shown.objects = _Shown(list(items))
    return shown


class _Shown:
    """Objects as a listing of LocalStack takes them from a bucket."""

    def __init__(self, items: list[Version]) -> None:
        self._items = items

    def values(self, with_versions: bool = False) -> list[Version]:
        """All of them: they were chosen for the listing that asks."""
        return self._items


def _current(objects: Any, key: str) -> S3Object | None:
    """The object of a key that may have been deleted just now."""
    versions: list[Version] = objects.versions(key)
    return versions[-1] if versions and not isinstance(versions[-1], S3DeleteMarker) else None
