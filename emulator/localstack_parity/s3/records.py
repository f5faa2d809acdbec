"""Records of objects in memory: what is equal in many of them is there once, metadata is one text.

A record and its metadata would otherwise take 2.5 kB, two of them for each image. What is shared
here is replaced as a whole where it changes, and never changed itself.
"""

from functools import lru_cache
from typing import Any

from localstack.services.s3.models import S3Object

from localstack_parity.s3.packed_metadata import packed

_KINDS = 1000  # of system metadata, and of access control lists, that are remembered

_NO_PARTS: dict[str, Any] = {}
_acls: dict[str, Any] = {}


def slim(record: S3Object) -> None:
    """Have the record of an object that was written take little memory, and say the same."""
    record.system_metadata = _shared(tuple(record.system_metadata.items()))
    record.user_metadata = packed(record.user_metadata)
    record.parts = record.parts or _NO_PARTS
    if record.acl:
        record.acl = _shared_acl(record.acl)


@lru_cache(_KINDS)
def _shared(items: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return dict(items)


def _shared_acl(acl: Any) -> Any:
    if len(_acls) >= _KINDS:
        _acls.clear()
    return _acls.setdefault(repr(acl), acl)
