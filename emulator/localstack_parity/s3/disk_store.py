"""Objects on disk: one file for each version of an object and each part of an upload.

A file is written once, under a name of its own, and belongs to the S3Object (or S3Part) it was
written for: when the last reference to that is gone, because the object was deleted or overwritten
and nobody reads it any more, the file is removed (stored_files.py). So readers and writers need no
locks, and nothing but metadata stays in memory (records.py).
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import IO, Any, Literal

from localstack.services.s3.models import S3Multipart, S3Object, S3Part
from localstack.services.s3.storage.core import (
    LimitedIterableStream,
    LimitedStream,
    S3ObjectStore,
    S3StoredMultipart,
    S3StoredObject,
)
from localstack.services.s3.utils import ObjectRange, get_s3_checksum

from localstack_parity.s3.stored_files import StoredFile, name_file, unnamed_file_of
from threaded_http import FileBody

# Each chunk of an answer costs the server a turn, and half a megabyte holds most images whole.
CHUNK_BYTES = 512 * 1024
# What is read from a file to be hashed stays in the processor's cache beside what was in it.
_PIECE_BYTES = 256 * 1024

_FILE = "_parity_file"


class DiskObject(S3StoredObject):
    """An open object. Reading opens its file when the first byte is wanted."""

    def __init__(self, store: DiskObjectStore, bucket: str, s3_object: S3Object | S3Part) -> None:
        super().__init__(s3_object)
        self._store = store
        self._bucket = bucket
        self._position = 0
        self._reading: IO[bytes] | None = None
        self._checksum: Any = None
        self.md5 = ""  # of what was written through this object

    def write(self, stream: IO[bytes] | S3StoredObject | None) -> int:
        """Make the content of this object what `stream` holds; return its size in bytes.

        Sets size, ETag and time of the S3Object; computes its checksum on the way. The ETag is the
        MD5 of the content, but of an object that is encrypted with a key of KMS or of the caller.
        AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
        """
        target = self.s3_object
        digest = hashlib.md5(usedforsecurity=False)
        checksum = get_s3_checksum(target.checksum_algorithm) if target.checksum_algorithm else None
        received = unnamed_file_of(stream)
        at_once = _PIECE_BYTES if received else CHUNK_BYTES
        pieces = _hashed(stream, at_once, [digest, checksum] if checksum else [digest])
        if received:
            size = sum(map(len, pieces))  # what is not what was signed gets no name
            self._begin()
            self._store.keep_file(self._bucket, target, received)
        else:
            with self._create() as file:
                size = sum(map(file.write, pieces))
        target.size = size
        self.md5 = digest.hexdigest()
        target.etag = secrets.token_hex(16) if _has_key_of_its_own(target) else self.md5
        self._checksum = checksum
        return size

    def join(self, parts: list[DiskObject]) -> None:
        """Make the content of this object that of the parts, in order. The ETag is not touched."""
        with self._create() as file:
            for part in parts:
                for data in part:
                    file.write(data)
                part.close()
            self.s3_object.size = file.tell()
        self._checksum = None

    def _create(self) -> IO[bytes]:
        self._begin()
        return self._store.create_file(self._bucket, self.s3_object)

    def _begin(self) -> None:
        self.s3_object.internal_last_modified = time.time_ns()

    def append(self, part: S3StoredObject) -> int:
        """Refuse: a file is written once; see join."""
        raise NotImplementedError

    def read(self, s: int | None = -1) -> bytes:
        """Return at most `s` bytes from the current position, all that follow if `s` is -1."""
        if self._reading is None:
            self._reading = self._open()
            self._reading.seek(self._position)
        return self._reading.read(-1 if s is None else s)

    def file_body(self, most: int | None = None) -> FileBody:
        """Return the content from the current position, at most `most` bytes, for the server."""
        size = int(self.s3_object.size) - self._position
        return FileBody(self._open(), self._position, size if most is None else min(most, size))

    def _open(self) -> IO[bytes]:
        path = getattr(self.s3_object, _FILE).path
        return open(path, "rb", buffering=0)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to `offset` bytes from the beginning."""
        if self._reading is not None:
            return self._reading.seek(offset, whence)
        self._position = offset
        return offset

    def __iter__(self) -> Iterator[bytes]:
        """Yield the content from the current position, in large chunks."""
        while data := self.read(CHUNK_BYTES):
            yield data

    def close(self) -> None:
        """Close the file, if it was opened; what was written is complete now."""
        if self._reading is not None:
            self._reading.close()
            self._reading = None
        self.closed = True

    @property
    def last_modified(self) -> int:
        """When the content was written, in nanoseconds since the epoch."""
        return int(self.s3_object.internal_last_modified)

    @property
    def etag(self) -> str:
        """The MD5 of what was written, which Content-MD5 is compared with; else the ETag."""
        return self.md5 or str(self.s3_object.etag)

    @property
    def checksum(self) -> str | None:
        """The content's checksum in base64; None if the object has no checksum algorithm."""
        algorithm = self.s3_object.checksum_algorithm
        if not algorithm:
            return None
        if self._checksum is None:
            self._checksum = get_s3_checksum(algorithm)
            with DiskObject(self._store, self._bucket, self.s3_object) as content:
                for data in content:
                    self._checksum.update(data)
        return base64.b64encode(self._checksum.digest()).decode()


class DiskRange(LimitedIterableStream):
    """A range of an open object: `max_length` bytes from its position on."""

    iterable: DiskObject

    def file_body(self) -> FileBody:
        """Return the range, for the server."""
        return self.iterable.file_body(self.max_length)


class DiskMultipart(S3StoredMultipart):
    """The parts of one multipart upload; each is a file of its own until they are joined."""

    _s3_store: DiskObjectStore

    def open(self, s3_part: S3Part, mode: Literal["r", "w"] = "r") -> DiskObject:
        """Open one part."""
        return DiskObject(self._s3_store, self.bucket, s3_part)

    def complete_multipart(self, parts: list[S3Part]) -> None:
        """Join the parts into the object that the upload is for."""
        whole = DiskObject(self._s3_store, self.bucket, self.s3_multipart.object)
        whole.join([self.open(part) for part in parts])

    def copy_from_object(
        self,
        s3_part: S3Part,
        src_bucket: str,
        src_s3_object: S3Object,
        range_data: ObjectRange | None,
    ) -> None:
        """Make a part of an existing object, or of a range of it."""
        with self._s3_store.open(src_bucket, src_s3_object) as source, self.open(s3_part) as part:
            part.write(LimitedStream(source, range_data=range_data) if range_data else source)
            if s3_part.checksum_algorithm:
                s3_part.checksum_value = part.checksum

    def remove_part(self, s3_part: S3Part) -> None:
        """Do nothing: the part's file goes with the part."""

    def close(self) -> None:
        """Do nothing: no part is kept open."""


class DiskObjectStore(S3ObjectStore):
    """All objects of all buckets, below one folder that is emptied when the store is opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root_directory = str(folder)
        self._names = itertools.count()
        self.reset()

    def create_file(self, bucket: str, owner: S3Object | S3Part) -> IO[bytes]:
        """Create the file for `owner`; it is removed with it, or when `owner` gets a newer one."""
        stored = self._new_file(bucket)
        while True:  # until who deletes a bucket of that name does not remove its folder meanwhile
            try:
                file = open(stored.path, "xb")  # noqa: SIM115 (closed by who writes)
            except FileNotFoundError:
                Path(stored.path).parent.mkdir(parents=True, exist_ok=True)
            else:
                setattr(owner, _FILE, stored)
                return file

    def keep_file(self, bucket: str, owner: S3Object | S3Part, received: FileIO) -> None:
        """Make a file without a name the one of `owner`; copy it if it cannot get a name there."""
        stored = self._new_file(bucket)
        try:
            name_file(received, stored.path)
        except OSError:  # another file system, or no folder yet
            received.seek(0)
            with self.create_file(bucket, owner) as file:
                shutil.copyfileobj(received, file, CHUNK_BYTES)
        else:
            setattr(owner, _FILE, stored)

    def _new_file(self, bucket: str) -> StoredFile:
        return StoredFile(bucket, next(self._names), self.root_directory)

    def path_of(self, owner: S3Object | S3Part) -> Path | None:
        """Return the file of an object or part; None if it has none."""
        stored: StoredFile | None = getattr(owner, _FILE, None)
        return Path(stored.path) if stored else None

    def take_over(self, folder: Path, owners: Iterable[S3Object | S3Part]) -> None:
        """Move the files of objects of another store here, from a folder of the same layout."""
        highest = -1
        for owner in owners:
            if there := getattr(owner, _FILE, None):
                here = StoredFile(there.bucket, there.number, self.root_directory)
                Path(here.path).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(folder / here.name, here.path)
                setattr(owner, _FILE, here)
                highest = max(highest, here.number)
        self._names = itertools.count(highest + 1)

    def open(self, bucket: str, s3_object: S3Object, mode: Literal["r", "w"] = "r") -> DiskObject:
        """Open an object; a file comes into being only when something is written."""
        return DiskObject(self, bucket, s3_object)

    def copy(
        self, src_bucket: str, src_object: S3Object, dest_bucket: str, dest_object: S3Object
    ) -> DiskObject:
        """Write the content of one object to another; a copy onto itself is a new file, too."""
        target = self.open(dest_bucket, dest_object)
        with self.open(src_bucket, src_object) as source:
            target.write(source)
        target.md5 = ""  # which the provider would take for the copy's ETag
        return target

    def remove(self, bucket: str, s3_object: S3Object | list[S3Object]) -> None:
        """Do nothing: the file goes when nobody refers to the object, or reads it, any more."""

    def get_multipart(self, bucket: str, upload_id: S3Multipart) -> DiskMultipart:
        """Return the parts of an upload; the provider keeps them in the S3Multipart."""
        return DiskMultipart(self, bucket, upload_id)

    def remove_multipart(self, bucket: str, s3_multipart: S3Multipart) -> None:
        """Do nothing: the parts' files go with the upload."""

    def delete_bucket(self, bucket: str) -> None:
        """Remove the bucket's folder, unless a new bucket of that name has files there already."""
        with suppress(OSError):
            (self._folder / bucket).rmdir()

    def reset(self) -> None:
        """Remove every file."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Remove every file: the objects' metadata ends with the process."""
        self.reset()


def _hashed(
    stream: IO[bytes] | S3StoredObject | None, at_once: int, hashes: Sequence[Any]
) -> Iterator[bytes]:
    """Yield what is in a stream, and give it to each hash."""
    while data := stream.read(at_once) if stream else b"":
        for each in hashes:
            each.update(data)
        yield data


def _has_key_of_its_own(target: S3Object | S3Part) -> bool:
    encryption = str(getattr(target, "encryption", None) or "")
    return encryption.startswith("aws:kms") or bool(getattr(target, "sse_key_hash", None))
