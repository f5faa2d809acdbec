"""Uploader: puts images into the bucket when they are due, and the ledger says what was sent.

Each thread makes its next picture while it waits for that picture's time.
"""

import hashlib
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.evidence.ledger import Entry, Ledger
from harness.images.corpus import Picture
from harness.images.pictures import Pictures
from harness.run.recovery import recover_one
from harness.targets.whole_objects import WholeObjects

CONCURRENCY = 8  # uploads at a time, and pictures made ahead of their time

# After an upload without a good answer, before the next attempt; there is none after the last.
_PAUSES_S = (0.5, 1.0, 0.0)
_CONTENT_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}


class Uploader:
    """The uploads of one run, in threads of their own from `start` to `join`.

    `stop` ends it early: what is not yet sent stays unsent. `s3` looks for uploads without answer.
    """

    def __init__(
        self, objects: WholeObjects, s3: Any, bucket: str, ledger: Ledger, pictures: Pictures
    ) -> None:
        self.stop = threading.Event()
        self._objects, self._s3, self._bucket = objects, s3, bucket
        self._ledger, self._pictures = ledger, pictures
        self._turn = threading.Lock()
        self._threads: list[threading.Thread] = []

    def start(self, sources: Sequence[tuple[Entry, Picture]]) -> None:
        """Begin with these pictures, each for its entry; returns at once."""
        queue = iter(sources)
        threads = [
            threading.Thread(target=self._work, args=(queue,), name=f"upload-{number}", daemon=True)
            for number in range(CONCURRENCY)
        ]
        self._threads += threads
        for thread in threads:
            thread.start()

    @property
    def running(self) -> bool:
        """Whether any upload is still to come or under way."""
        return any(thread.is_alive() for thread in self._threads)

    def join(self, timeout_s: float) -> None:
        """Wait until all threads have ended, at most `timeout_s` seconds."""
        end = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _work(self, queue: Iterator[tuple[Entry, Picture]]) -> None:
        while not self.stop.is_set():
            with self._turn:
                entry, picture = next(queue, (None, None))
            if entry is None or picture is None:
                return
            data = self._pictures.render(picture)
            if not self.stop.wait(entry.due - time.time()):
                self._upload(entry, picture, data)

    def _upload(self, entry: Entry, picture: Picture, data: bytes) -> None:
        """Upload it; again if there was no good answer, unless it was stored all the same.

        A client that sends again unseen would store what it has stored already once more.
        """
        for pause_s in _PAUSES_S:
            try:
                kind = _CONTENT_TYPES[picture.kind.form]
                version = self._objects.put(self._bucket, entry.key, data, kind, picture.metadata)
            except (BotoCoreError, ClientError) as error:
                # The ETag of a plain upload with AES256 is its MD5 ("Checking object integrity").
                etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
                self._ledger.failed(entry, f"{type(error).__name__}: {error}", etag)
                refused = isinstance(error, ClientError) and _status(error) < 500
                if refused or recover_one(self._s3, self._bucket, self._ledger, entry):
                    return
                if self.stop.wait(pause_s):
                    return
            else:
                self._ledger.uploaded(entry, sys.intern(version), len(data), time.time())
                return


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
