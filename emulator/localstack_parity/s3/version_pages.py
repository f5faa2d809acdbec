"""What is on a page of ListObjectVersions, and where the next page begins.

LocalStack ends a page only before a version whose id differs from that of the bucket's last one, so
a bucket without versioning, whose objects have no ids, comes as one page, and so do objects from
before it had any. It is given the page alone, which it shows as a whole.

AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localstack.services.s3.models import S3Bucket
from localstack.services.s3.utils import is_version_older_than_other

from localstack_parity.s3.key_stores import Version
from localstack_parity.s3.windows import showing

_NO_ID = "null"  # how a version is called that was written without versioning


@dataclass
class VersionPage:
    """A page that was asked for; `show` finds `next`, the key and version id that it ends with."""

    prefix: str
    delimiter: str
    key_marker: str
    version_marker: str
    size: int
    next: tuple[str, str | None] | None = None  # no version id behind a common prefix

    def show(self, bucket: S3Bucket) -> S3Bucket:
        """The bucket with this page's versions alone; one of them stands for a common prefix."""
        found: list[Version] = []
        last: tuple[str, str | None] | None = None
        for version in self._from_marker(bucket.objects):
            folder = self._common_prefix(version.key)
            if folder and (last == (folder, None) or self.key_marker.startswith(folder)):
                continue
            if len(found) == self.size:
                self.next = last
                break
            found.append(version)
            last = (folder, None) if folder else (version.key, version.version_id or _NO_ID)
        return showing(bucket, found)

    def _common_prefix(self, key: str) -> str:
        """The folder that is listed in place of a key; empty if the key itself is."""
        if not self.delimiter:
            return ""
        folder, delimiter, _ = key.removeprefix(self.prefix).partition(self.delimiter)
        return self.prefix + folder + delimiter if delimiter else ""

    def _from_marker(self, objects: Any) -> Iterator[Version]:
        """Versions behind the marker by key, of each key the newest first."""
        keys = (key for key in list(objects._store) if key.startswith(self.prefix))
        for key in sorted(key for key in keys if key >= self.key_marker):
            versions = _versions_of(objects, key)
            yield from self._behind_marker(versions) if key == self.key_marker else versions

    def _behind_marker(self, versions: list[Version]) -> list[Version]:
        """What is left of the key of the marker, whose own version may be deleted by now."""
        if not self.version_marker:
            return []
        ids = [version.version_id or _NO_ID for version in versions]
        if self.version_marker in ids:
            return versions[ids.index(self.version_marker) + 1 :]
        return [
            version
            for version, known in zip(versions, ids, strict=True)
            if is_version_older_than_other(known, self.version_marker)
        ]


def _versions_of(objects: Any, key: str) -> list[Version]:
    """All that there is of a key that may have been deleted just now, the newest first."""
    newest_first = reversed(objects.versions(key))
    return sorted(newest_first, key=lambda version: version.last_modified, reverse=True)
