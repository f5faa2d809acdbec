"""Records of objects in memory, two for each image: an S3Object takes 1 kB, one of these a third.

What is an object's own is one piece of bytes, and what many have in common is there once. Both stay
as they are: what is set later is an attribute like any, and counts before them.
"""

import marshal
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from localstack.services.s3.models import S3Object

_OWN = (
    "version_id",
    "etag",
    "size",
    "checksum_value",
    "internal_last_modified",
    "last_modified",
    "user_metadata",
)
_COMMON = (
    "owner",
    "acl",
    "system_metadata",
    "storage_class",
    "expires",
    "expiration",
    "encryption",
    "kms_key_id",
    "bucket_key_enabled",
    "sse_key_hash",
    "checksum_algorithm",
    "checksum_type",
    "lock_mode",
    "lock_legal_status",
    "lock_until",
    "website_redirect_location",
    "restore",
    "parts",
)
_SLOTS = ("key", "is_current", "_parity_file")
_PLACES = {name: place for place, name in enumerate(_COMMON)}
_KINDS = 1000  # of what objects have in common that are remembered
_READ = 64  # objects whose own values are remembered: one is read many times for an answer
_GMT = ZoneInfo("GMT")

_known: dict[str, tuple[Any, ...]] = {}


class Record(S3Object):
    """The same as the S3Object that it is made of."""

    __slots__ = ("_common", "_own", *_SLOTS)

    def __init__(self, whole: S3Object) -> None:
        rest = dict(vars(whole))
        common = tuple([rest.pop(name) for name in _COMMON])
        # Parts are one object's own, and may be ten thousand.
        self._common = common if whole.parts else _shared(common)
        rest["last_modified"] = whole.last_modified.timestamp()
        rest["user_metadata"] = dict(whole.user_metadata)
        self._own = marshal.dumps([rest.pop(name) for name in _OWN])
        for name, value in rest.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        """Return what is no attribute by itself."""
        if name in _PLACES:
            return self._common[_PLACES[name]]
        if name in _OWN:
            return _read(self._own)[name]
        raise AttributeError(name=name, obj=self)

    def __reduce__(self) -> tuple[type["Record"], tuple[S3Object]]:
        """What a saved state has of it does not depend on how it is kept."""
        return Record, (self._whole(),)

    def _whole(self) -> S3Object:
        whole = S3Object.__new__(S3Object)
        values = {**dict(zip(_COMMON, self._common, strict=True)), **_read(self._own)}
        values["user_metadata"] = dict(self.user_metadata)
        values |= {name: getattr(self, name) for name in _SLOTS if hasattr(self, name)}
        vars(whole).update(values | vars(self))
        return whole


@lru_cache(_READ)
def _read(own: bytes) -> dict[str, Any]:
    values = dict(zip(_OWN, marshal.loads(own), strict=True))
    values["last_modified"] = datetime.fromtimestamp(values["last_modified"], _GMT)
    values["user_metadata"] = MappingProxyType(values["user_metadata"])
    return values


def _shared(common: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(_known) >= _KINDS:
        _known.clear()
    return _known.setdefault(repr(common), common)
