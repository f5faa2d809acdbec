"""What a bucket has by key: records, and where a key has several versions, those by their ids.

LocalStack keeps a dict for each key of a bucket with versions. Most keys have one. And a null
version that is written again stays behind those that came in between; on AWS it is current:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
"""

from typing import Any

from localstack.services.s3 import models, provider
from localstack.services.s3.models import KeyStore, S3DeleteMarker, S3Object, VersionedKeyStore

from localstack_parity.s3.records import Record

type Version = S3Object | S3DeleteMarker


class Keys(KeyStore):
    """Of a bucket without versions."""

    def set(self, object_key: str, s3_object: Version) -> None:
        """Have an object by this key."""
        super().set(object_key, _kept(s3_object))

    def versions(self, object_key: str) -> list[Version]:
        """The object of a key, if there is one."""
        found = self._store.get(object_key)
        return [found] if found else []


class Versions(VersionedKeyStore):
    """Of a bucket with versions: in `_store` is of each key its only one, or a dict of several."""

    _store: dict[str, Version | dict[str | None, Version]]

    def __init__(self) -> None:
        self._store = {}

    def versions(self, object_key: str) -> list[Version]:
        """All of a key, the oldest first."""
        return _listed(self._store.get(object_key))

    def get(self, object_key: str, version_id: str | None = None) -> Version | None:
        """A version, the current one if none is named; None if there is none."""
        found = self._store.get(object_key)
        if not isinstance(found, dict):
            return None if found and version_id not in (None, "", found.version_id) else found
        return found.get(version_id) if version_id else _listed(found)[-1]

    def set(self, object_key: str, s3_object: Version) -> None:
        """Have a version, which is the current one from now on, in place of one with its id."""
        found, record = self._store.get(object_key), _kept(s3_object)
        if before := self.get(object_key):
            before.is_current = False
        if isinstance(found, dict) and record.version_id in found:
            # Replaced at once: who reads meanwhile finds the old versions or the new ones. The new
            # one does not get the place of the old one.
            others = {id_: one for id_, one in found.items() if id_ != record.version_id}
            self._store[object_key] = {**others, record.version_id: record}
        elif isinstance(found, dict):
            found[record.version_id] = record
        elif found and found.version_id != record.version_id:
            self._store[object_key] = {found.version_id: found, record.version_id: record}
        else:
            self._store[object_key] = record

    def pop(self, object_key: str, version_id: str | None = None, default: Any = None) -> Any:
        """Remove a version and return it; `default` if the key has none with this id."""
        found = self._store.get(object_key)
        if isinstance(found, dict):
            gone = found.pop(version_id, default)
            newest = _listed(found)[-1]
            newest.is_current = True
            if len(found) == 1:
                self._store[object_key] = newest
            return gone
        if found and found.version_id == version_id:
            return self._store.pop(object_key, default)
        return default if found else None

    def values(self, with_versions: bool = False) -> list[Version]:
        """All versions, or the objects that are current."""
        found = list(self._store.values())
        if with_versions:
            return [version for versions in found for version in _listed(versions)]
        newest = [_listed(versions)[-1] for versions in found]
        return [version for version in newest if not isinstance(version, S3DeleteMarker)]


def _kept(item: Version) -> Version:
    return Record(item) if type(item) is S3Object else item


def _listed(found: Version | dict[str | None, Version] | None) -> list[Version]:
    if isinstance(found, dict):
        return list(found.values())
    return [found] if found else []


def install() -> None:
    """Have buckets keep their objects so."""
    models.KeyStore = Keys
    models.VersionedKeyStore = provider.VersionedKeyStore = Versions
