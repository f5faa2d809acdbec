"""Probe: uploads one file at a time, and finds its notifications and outputs.

It can also hand events to the function as S3 would. What is not as it must be raises Broken.
Several guarantees may use one at a time.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from PIL import Image

from harness.evidence.ledger import (
    Entry,
    Expected,
    Ledger,
    Notice,
    new_run,
)
from harness.evidence.observations import Observations
from harness.evidence.output_checks import faults
from harness.images.corpus import Picture
from harness.images.pictures import Pictures
from harness.images.reference import Pixels, fitted_size, pixels_of
from harness.polling import DeadlineExceeded, wait_until
from harness.run.filters import Filter, filters
from harness.run.notifications import subscribed
from harness.run.output_reader import measure
from harness.run.s3_event import s3_event
from harness.stack.abandoned import api_call, take
from harness.stack.deployed import Stack
from harness.targets.target import Target
from harness.targets.undo_log import note
from harness.targets.whole_objects import whole_objects

_LOOK_EVERY_S = 0.1

# As S3 writes sequencers: hexadecimal, of no fixed length. A longer one is not a later one.
EARLIER, LATER = "0055AED6DCD90281E5", "0055AED7"
# No filter of notifications ends so: events of such keys reach the function from a Probe alone.
# It is the content that says whether a file is an image.
NO_EVENT = ".no-event"


class Broken(Exception):
    """A guarantee was not kept; the message is what was seen instead."""


class NotSeen(Exception):
    """Whether a guarantee is kept cannot be seen on this target; the message says why."""


def no_picture(status: str) -> Expected:
    """What is expected of a file without a picture: one notification of `status`, none if ""."""
    return Expected("", (0, 0), (0, 0), {}, status)


class Probe:
    """A conversation with one deployed stack. Threads may share it; `deadline_s` is for each wait.

    Everything it uploads is in a folder of its own, with an Entry that has its
    expected status, or "" for none at all.
    """

    def __init__(
        self, target: Target, stack: Stack, seen: Observations, bases: Path, deadline_s: float
    ) -> None:
        self.target, self.stack = target, stack
        self.folder = new_run()
        self.seen = seen
        self._deadline_s = deadline_s
        self._stopped = threading.Event()
        self._objects = whole_objects(target)
        self._pictures = Pictures(bases)
        self._notices: list[Notice] = []
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    @contextmanager
    def forbidden_bucket(self) -> Iterator[str]:
        """The name of a bucket that is there and that the function's role may not read.

        What is missing is for the function to reject; what is forbidden it may read another time.
        """
        s3, name = self.target.client("s3"), f"tapstack-{self.folder.lower()}"
        region = self.target.region
        place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        undo = api_call(f"the bucket {name}", "s3", "delete_bucket", Bucket=name)
        undone = note(self.target, undo)
        try:
            s3.create_bucket(Bucket=name, **(place if region != "us-east-1" else {}))
            yield name
        finally:
            take(self.target, undo)
            undone()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Receive every notification as long as the context lasts."""
        name = f"{self.stack.name}-{self.folder}"
        with subscribed(self.target, self.stack.topic, name) as listen:
            listen(self._notices.append)
            yield

    def filters(self) -> list[Filter]:
        """Which keys S3 notifies the function of, as the upload bucket has it now."""
        return filters(self.target, self.stack)

    def stop(self) -> None:
        """End all waits, those to come included."""
        self._stopped.set()

    # --- Sending ----------------------------------------------------------------------------------

    def put(self, path: str, data: bytes, expected: Expected, *, in_parts: bool = False) -> Entry:
        """Upload a file below the run's folder. A path that starts with / is the whole key.

        Large files go up in parts, which is another event of S3 than one PutObject.
        """
        keys = self.stack.keys
        key = path[1:] if path.startswith("/") else f"{keys.uploads}{self.folder}/{path}"
        with self._lock:
            entry = Entry(len(self._entries), key, keys.output(key), expected, due=time.time())
            self._entries.append(entry)
        entry.version = self._send(key, data, dict(expected.metadata), in_parts=in_parts)
        entry.bytes, entry.uploaded = len(data), time.time()
        return entry

    def _send(self, key: str, data: bytes, metadata: dict[str, str], *, in_parts: bool) -> str:
        """Upload; return the version. The content type is a general one: it proves nothing."""
        s3, bucket = self.target.client("s3"), self.stack.upload_bucket
        where = {"Bucket": bucket, "Key": key}
        about = {**where, "ContentType": "application/octet-stream", "Metadata": metadata}
        if not in_parts:
            return str(s3.put_object(**about, Body=data).get("VersionId", ""))
        upload = {**where, "UploadId": s3.create_multipart_upload(**about)["UploadId"]}
        tag = s3.upload_part(**upload, PartNumber=1, Body=data)["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
        done = s3.complete_multipart_upload(**upload, MultipartUpload=parts)
        return str(done.get("VersionId", ""))

    def put_picture(
        self, picture: Picture, status: str = "processed", *, in_parts: bool = False
    ) -> Entry:
        """Upload a picture of the corpus under its path."""
        self._pictures.prepare([picture])
        size = picture.displayed_size
        expected = Expected(picture.kind.form, size, fitted_size(*size), picture.metadata, status)
        data = self._pictures.render(picture)
        return self.put(picture.path, data, expected, in_parts=in_parts)

    def prove(self, pictures: Sequence[Picture]) -> None:
        """Upload pictures, and expect that S3 sends their events and each comes out right."""
        for entry, picture in [(self.put_picture(each), each) for each in pictures]:
            self.expect(entry, picture)

    def deliver(self, event: Mapping[str, Any]) -> str:
        """Hand an event to the function and wait for its end; what it raised, or ""."""
        answer = self.target.client("lambda").invoke(
            FunctionName=self.stack.function, Payload=json.dumps(event).encode()
        )
        said = answer["Payload"].read().decode()
        return said if answer.get("FunctionError") else ""

    def must_handle(self, event: Mapping[str, Any]) -> None:
        """The same, where the function must not raise."""
        if said := self.deliver(event):
            raise Broken(f"the function raised {said[:500]}")

    def invoke(self, event: Mapping[str, Any]) -> str:
        """Hand it an event as S3 does, without waiting; the id of the request."""
        answer = self.target.client("lambda").invoke(
            FunctionName=self.stack.function,
            InvocationType="Event",
            Payload=json.dumps(event).encode(),
        )
        return str(answer["ResponseMetadata"]["RequestId"])

    def event(
        self, entry: Entry, sequencer: str, *, bucket: str = "", name: str = "ObjectCreated:Put"
    ) -> Mapping[str, Any]:
        """S3's event for an upload, or for the same key in another bucket."""
        home = self.stack.upload_bucket
        return s3_event(
            self.target.region,
            bucket or home,
            self.stack.upload_bucket_arn.replace(home, bucket or home),
            key=entry.key,
            version=entry.version,
            size=entry.bytes,
            sequencer=sequencer,
            name=name,
        )

    # --- Receiving and looking --------------------------------------------------------------------

    def await_notice(self, entry: Entry, *, after: int = 0) -> Mapping[str, Any]:
        """The first notification about an upload, or the one after so many that came before.

        Broken if it has not the expected status.
        """
        found = self.wait(
            f"a notification about {entry.key}", lambda: self.notices_of(entry)[after:]
        )
        if found[0].status != entry.expected.status:
            raise Broken(f"{entry.key} was announced so: {json.dumps(found[0].body)[:500]}")
        return found[0].body

    def notices_of(self, entry: Entry) -> list[Notice]:
        """All notifications about an upload so far."""
        return [n for n in list(self._notices) if n.source == (entry.key, entry.version)]

    @property
    def all_notices(self) -> list[Notice]:
        """All notifications so far, whatever they are about."""
        return list(self._notices)

    def notices(self, status: str) -> list[Notice]:
        """All notifications of this status so far, whatever they are about."""
        return [notice for notice in list(self._notices) if notice.status == status]

    def expect(self, entry: Entry, picture: Picture, *, after: int = 0) -> None:
        """An upload of this picture is announced, and its output is right in every respect."""
        self._expect_pixels(entry, self._pictures.expected(picture), after)

    def expect_image(self, entry: Entry, wanted: Image.Image, *, after: int = 0) -> None:
        """The same with the picture that must come out."""
        self._expect_pixels(entry, pixels_of(wanted), after)

    def _expect_pixels(self, entry: Entry, wanted: Pixels, after: int) -> None:
        self.await_notice(entry, after=after)
        entry.notices = self.notices_of(entry)
        key = entry.output_key
        try:
            found = self._objects.get(self.stack.processed_bucket, key)
        except ClientError as error:
            raise Broken(f"{key} cannot be read: {error}") from error
        entry.output = measure(found, wanted)
        if wrong := faults(entry, self.seen):
            raise Broken(f"{key}: {'; '.join(wrong.values())}")

    def versions(self, entry: Entry) -> list[str]:
        """The versions of an upload's output, the latest first."""
        key, bucket = entry.output_key, self.stack.processed_bucket
        listed = self.target.client("s3").list_object_versions(Bucket=bucket, Prefix=key)
        return [v["VersionId"] for v in listed.get("Versions", []) if v["Key"] == key]

    def wait[T](self, what: str, look: Callable[[], T]) -> T:
        """What `look` gives once it is not empty. Raises Broken when it took too long."""
        try:
            return wait_until(
                self._unless_stopped(look),
                deadline_s=self._deadline_s,
                interval_s=_LOOK_EVERY_S,
                describe=what,
            )
        except DeadlineExceeded as problem:
            raise Broken(problem.happened) from problem

    def _unless_stopped[T](self, look: Callable[[], T]) -> Callable[[], T]:
        def looked() -> T:
            if self._stopped.is_set():
                raise Broken("the run was stopped")
            return look()

        return looked

    # --- What is left when all is done ------------------------------------------------------------

    def surplus(self) -> Iterator[str]:
        """The notifications of each upload beyond, or instead of, its one expected status."""
        for entry in self._entries:
            statuses = [notice.status for notice in self.notices_of(entry)]
            if statuses != [entry.expected.status] * bool(entry.expected.status):
                yield f"{entry.key}: {', '.join(statuses) or 'nothing'}"

    def ledger(self) -> Ledger:
        """The uploads whose events S3 sent and that were alone under their key, for the report."""
        keys = Counter(entry.key for entry in self._entries)
        listed = [
            entry
            for entry in self._entries
            if keys[entry.key] == 1 and entry.expected.status in ("processed", "rejected")
        ]
        for entry in listed:
            entry.notices = self.notices_of(entry)
        return Ledger(listed)
