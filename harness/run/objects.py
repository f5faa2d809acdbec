"""What a bucket has got since a run began: versions by key, without those of other runs."""

import math
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from harness.evidence.ledger import run_folder, run_of


class Version(NamedTuple):
    """A version of an object, or a delete marker, and whether a GetObject without one gives it."""

    id: str
    current: bool


type Versions = dict[str, list[Version]]


class BucketListing:
    """The versions of a bucket that are not older than `since`, in seconds since 1970.

    The newest of a key is the first, as S3 lists them, and delete markers count
    ("ListObjectVersions"). `s3` is a client.
    """

    def __init__(self, s3: Any, bucket: str, since: float) -> None:
        self._s3, self._bucket, self._since = s3, bucket, since

    def below(self, prefix: str = "") -> Versions:
        """Everything whose key has that prefix."""
        return self._merged(self._pages(prefix))

    def but_of_other_runs(self, prefix: str, outputs: str, ours: Collection[str]) -> Versions:
        """Everything below `prefix` but the folders of other runs below `outputs`.

        What earlier runs have left is not read: a bucket may hold a hundred times as much of them.
        """
        pages = list(self._pages(prefix, Delimiter="/"))
        found = self._merged(pages)
        for folder in (each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])):
            run = run_of(folder) if run_folder(folder) == folder else ""
            if outputs.startswith(folder):
                found |= self.but_of_other_runs(folder, outputs, ours)
            elif not (run and run not in ours and folder.startswith(outputs)):
                found |= self.below(folder)
        return found

    def _pages(self, prefix: str, **more: str) -> Iterator[Mapping[str, Any]]:
        pages = self._s3.get_paginator("list_object_versions")
        yield from pages.paginate(Bucket=self._bucket, Prefix=prefix, **more)

    def _merged(self, pages: Iterable[Mapping[str, Any]]) -> Versions:
        """The versions on some pages."""
        versions: Versions = defaultdict(list)
        for page in pages:
            for found in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                # S3 rounds LastModified to seconds.
                if found["LastModified"].timestamp() >= math.floor(self._since):
                    version = Version(sys.intern(found["VersionId"]), _is_current(found))
                    versions[sys.intern(found["Key"])].append(version)
        return versions


def _is_current(version: Mapping[str, Any]) -> bool:
    """Whether it is the version that a GetObject without VersionId gives."""
    return bool(version["IsLatest"]) and "ETag" in version  # delete markers have none
