"""Output reader: each output is read while the run goes on, in the version that was announced.

It is decoded and compared with the reference, and the measurements go into the ledger. Nothing is
judged here.
"""

import hashlib
import io
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

from botocore.exceptions import BotoCoreError, ClientError
from PIL import Image, UnidentifiedImageError
from urllib3.exceptions import HTTPError

from harness.evidence.ledger import Entry, Ledger, Output
from harness.evidence.output_checks import field_of
from harness.images.corpus import Picture
from harness.images.pictures import Pictures
from harness.images.reference import Pixels, compare, pixels_of
from harness.targets.whole_objects import StoredObject, WholeObjects

_READERS = 8
_AT_A_TIME = 256  # images that wait for a reader, so that no more of them is kept than what counts
# A connection that breaks within the body is urllib3's error, not always botocore's.
_UNREADABLE = (BotoCoreError, ClientError, HTTPError)
# What says where, when, with what or by whom a photo was taken (CIPA DC-008), and the orientation,
# which must be applied and gone.
_PRIVATE = {
    0x010F: "make",
    0x0110: "model",
    0x0112: "orientation",
    0x0132: "date",
    0x013B: "artist",
    0x8769: "EXIF",
    0x8825: "GPS",
}


class OutputReader:
    """Reads each output once its success notification is in the ledger. Call `look` repeatedly."""

    def __init__(
        self,
        objects: WholeObjects,
        bucket: str,
        ledger: Ledger,
        sources: Sequence[Picture],
        pictures: Pictures,
    ) -> None:
        self._objects, self._bucket, self._ledger = objects, bucket, ledger
        self._sources, self._pictures = sources, pictures
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="output-reader")
        self._reads: set[Future[None]] = set()
        self._cores = threading.BoundedSemaphore(os.cpu_count() or 1)

    def look(self) -> None:
        """Begin to read what has been announced since the last call."""
        self._reads -= {read for read in self._reads if read.done() and not read.exception()}
        self._reads |= {self._pool.submit(self._read, e) for e in self._ledger.to_read()}

    def close(self) -> None:
        """Finish what is being read, give up the rest. Raises what a read raised."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for read in self._reads:
            if not read.cancelled():
                read.result()

    def again(self) -> dict[int, Output]:
        """Each output as it is now, by index of its entry: what has changed is noted in it.

        The ledger is left as it is: where the target turns out to be gone, this shows nothing.
        """
        read = (each for each in self._ledger.entries if each.output)
        again: dict[int, Output] = {}
        with ThreadPoolExecutor(_READERS, thread_name_prefix="output-reader") as pool:
            while some := list(islice(read, _AT_A_TIME)):
                found = pool.map(self._compare, some)
                again |= {each.index: output for each, output in zip(some, found, strict=True)}
        return again

    def fetch(self, entry: Entry) -> bytes:
        """The bytes of an image's output as they are now; empty if there are none to be had."""
        try:
            return self._get(entry).data
        except _UNREADABLE:
            return b""

    def _read(self, entry: Entry) -> None:
        try:
            found = self._get(entry)
        except _UNREADABLE as error:
            self._ledger.unreadable(entry, f"{type(error).__name__}: {error}")
            return
        with self._cores:  # more at a time would take as long, and more memory
            wanted = self._pictures.expected(self._sources[entry.index])
            output = measure(found, wanted)
        self._ledger.read(entry, output)

    def _compare(self, entry: Entry) -> Output:
        before, tags = entry.output, None
        assert before is not None
        try:
            found = self._get(entry)
            theirs = self._objects.tags(self._bucket, entry.output_key, _version(entry))
            tags = {sys.intern(name): sys.intern(value) for name, value in theirs.items()}
        except _UNREADABLE as error:
            later = f"it cannot be read any more: {type(error).__name__}: {error}"
        else:
            later = _changes(before, _facts(found))
        return replace(before, later=later, tags=tags)

    def _get(self, entry: Entry) -> StoredObject:
        return self._objects.get(self._bucket, entry.output_key, _version(entry))


def _version(entry: Entry) -> str:
    """The version that its first success notification names; "" if it names none."""
    versions = (
        field_of(n.body, "output.versionId") for n in entry.notices if n.status == "processed"
    )
    version = next(versions, None)
    return version if isinstance(version, str) else ""


def _changes(before: Output, after: Output) -> str:
    """What is not as it was when the output was first read, in words."""
    names = {
        "digest": "bytes",
        "content_type": "content type",
        "encryption": "encryption",
        "metadata": "metadata",
    }
    changed = [
        word for name, word in names.items() if getattr(before, name) != getattr(after, name)
    ]
    return f"changed after it was announced: its {', '.join(changed)}" if changed else ""


def _facts(found: StoredObject) -> Output:
    """What GetObject says of an object, and the digest of its bytes."""
    return Output(
        version=sys.intern(found.version),
        bytes=len(found.data),
        content_type=sys.intern(found.content_type),
        encryption=sys.intern(found.encryption),
        metadata={sys.intern(name): sys.intern(value) for name, value in found.metadata.items()},
        digest=hashlib.sha256(found.data).hexdigest(),
    )


def measure(found: StoredObject, wanted: Pixels) -> Output:
    """What there is to know of an output as it was read, beside the picture it should be."""
    facts = _facts(found)
    try:
        with Image.open(io.BytesIO(found.data)) as output:
            output.load()
            distance = compare(pixels_of(output), wanted)
            exif = output.getexif()
            return replace(
                facts,
                form=output.format or "",
                size=output.size,
                mean=round(distance.mean, 3),
                worst_block=round(distance.worst_block, 3),
                private=tuple(name for tag, name in _PRIVATE.items() if tag in exif),
            )
    except (UnidentifiedImageError, OSError, ValueError) as error:
        return replace(facts, error=f"{type(error).__name__}: {error}")
