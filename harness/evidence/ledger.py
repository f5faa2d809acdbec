"""One record per image, from planned to proven.

The uploader writes what was sent, notifications and output reader what came of it; checks judge
the finished ledger. It can be saved as JSON lines and loaded to be judged again.
"""

import hashlib
import json
import re
import secrets
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RECEIPT_PREFIX = "receipts/"
# Every run has a folder of its own below both prefixes, so that runs can be distinguished.
RUN_FOLDER = r"run-\d{8}T\d{6}-[0-9a-f]{4}"
_OF_RUN = re.compile(rf"(?:[^/]+/)*?({RUN_FOLDER})/")


def receipt_key(key: str, version: str) -> str:
    """Where the function notes, in the upload bucket, what it has announced of an upload."""
    return f"{RECEIPT_PREFIX}{hashlib.sha256(f'{key}\0{version}'.encode()).hexdigest()}.json"


def new_run() -> str:
    """The name of a run, and of its folder; never the same twice."""
    return f"{datetime.now(UTC):run-%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"


def run_of(key: str) -> str:
    """The run that a key belongs to; empty if it is none's."""
    found = _OF_RUN.match(key)
    return found[1] if found else ""


def run_folder(key: str) -> str:
    """What a key begins with until its run's folder ends; empty if it is of none."""
    found = _OF_RUN.match(key)
    return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of an image; sizes are (width, height) as displayed, in pixels.

    `status` is that of its one notification: processed or rejected.
    """

    form: str
    source_size: tuple[int, int]
    output_size: tuple[int, int]
    metadata: Mapping[str, str]
    status: str = "processed"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification as it was received; `at` is the time in seconds since 1970."""

    at: float
    body: Mapping[str, Any]

    @property
    def status(self) -> str:
        """What it says: processed, superseded, rejected, failed, or "alarm OK" and the like.

        The stack's alarms speak on the same topic ("Amazon SNS notifications" of the CloudWatch
        guide, AlarmName and NewStateValue).
        """
        if "AlarmName" in self.body:
            return f"alarm {self.body.get('NewStateValue')}"
        return str(self.body.get("status"))

    @property
    def request_id(self) -> str:
        """The request of the function that it is about; empty where it does not say."""
        return str(self.body.get("requestId") or "")

    @property
    def source(self) -> tuple[str, str]:
        """Key and version of the upload it is about; empty where it does not say."""
        source = self.body.get("source")
        fields = source if isinstance(source, dict) else {}
        return str(fields.get("key") or ""), str(fields.get("versionId") or "")


@dataclass(frozen=True, slots=True)
class Output:
    """An output as it was read back. `error` says why it could not be decoded, if so.

    `mean` and `worst_block` are its distance from the reference in levels of 255; `private` names
    what is left of the source's EXIF. `digest` is the SHA-256 of its bytes; `tags` are those it had
    when it was read again at the end of the run, `later` says what was different then.
    """

    version: str = ""
    bytes: int = 0
    content_type: str = ""
    encryption: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    form: str = ""
    size: tuple[int, int] = (0, 0)
    mean: float = 255.0
    worst_block: float = 255.0
    private: tuple[str, ...] = ()
    error: str = ""
    digest: str = ""
    tags: Mapping[str, str] | None = None
    later: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of the function for a request, as Lambda logged it, from `at` to `ended`.

    Both are seconds since 1970, in whole milliseconds: when its start and its report were written.
    `status` is success, error or timeout ("Lambda telemetry API", platform.report); it is empty,
    and the numbers are None, where the log does not tell how it ended.
    """

    at: float
    status: str = ""
    duration_ms: float | None = None
    memory_mb: float | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event about an upload that reached the function: one request, with all its attempts.

    `redrive_of` is the request that failed before, if a person had the event sent again.
    """

    request_id: str
    sequencer: str
    attempts: list[Attempt] = field(default_factory=list)
    redrive_of: str = ""


@dataclass(slots=True)
class Entry:
    """All that is known of one image. Times are seconds since 1970; None means not yet.

    Its output must be at `output_key`.

    Several entries may share a key: they are versions of one object. `error` says why its upload
    had no good answer, `etag` what S3 calls it should it be there all the same, and `recovered`
    that it was; `unread` says why its output could not be fetched. As the buckets showed at last:
    `place` is where it stands among the versions of its key (the oldest is 1), `versions` how many
    versions its output key has, `current` the id of the one that is current, empty if none is.
    """

    index: int
    key: str
    output_key: str
    expected: Expected
    due: float
    bytes: int = 0
    version: str | None = None
    uploaded: float | None = None
    error: str = ""
    etag: str = ""
    recovered: bool = False
    notices: list[Notice] = field(default_factory=list)
    output: Output | None = None
    unread: str = ""
    place: int | None = None
    versions: int | None = None
    current: str | None = None
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def unanswered(self) -> bool:
        """Whether its upload had no good answer, and it has not been found in the bucket."""
        return bool(self.error) and self.uploaded is None

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be waited for."""
        if self.unanswered:
            return True
        read = self.output is not None or self.unread
        return bool(self.notices and (read or all(n.status != "processed" for n in self.notices)))


class Ledger:
    """The entries of one run, one for each upload. Threads may share it.

    A notification may arrive before its upload has returned the version; it is matched then.
    `strays` are those that belong to no entry. What is asked for while a run goes on is counted as
    it happens, so that asking costs the same for any number of entries.
    """

    def __init__(self, entries: Iterable[Entry], strays: Iterable[Notice] = ()) -> None:
        self.entries = list(entries)
        self._unmatched: dict[tuple[str, str], list[Notice]] = {}
        for notice in strays:
            self._unmatched.setdefault(notice.source, []).append(notice)
        self._by_version = {(e.key, e.version): e for e in self.entries if e.version}
        self._by_key: dict[str, list[Entry]] = {}
        for entry in self.entries:
            self._by_key.setdefault(entry.key, []).append(entry)
        self._announced: list[Entry] = []
        self._counts: Counter[str] = Counter()
        for entry in self.entries:
            self._counts.update(_counted(entry))
        self._lock = threading.Lock()

    @property
    def strays(self) -> list[Notice]:
        """Notifications of no image of this run, those of alarms among them, as they came."""
        with self._lock:
            strays = [notice for notices in self._unmatched.values() for notice in notices]
        return sorted(strays, key=lambda notice: notice.at)

    @property
    def open(self) -> int:
        """How many entries something more is to be waited for."""
        return len(self.entries) - self._counts["settled"]

    @property
    def unanswered(self) -> int:
        """How many uploads had no good answer, and have not been found in the bucket."""
        return self._counts["unanswered"]

    def versions(self, entry: Entry) -> list[Entry]:
        """All that was uploaded under the key of `entry`, in the order in which S3 took it."""
        sent = [each for each in self._by_key[entry.key] if each.uploaded is not None]
        return sorted(sent, key=lambda each: (each.place or 0, each.uploaded, each.index))

    def uploaded(self, entry: Entry, version: str, size: int, at: float) -> None:
        """`entry` is in the bucket as `version`."""
        with self._changing(entry):
            entry.bytes, entry.version, entry.uploaded = size, version, at
            self._by_version[entry.key, version] = entry
            for notice in self._unmatched.pop((entry.key, version), []):
                self._put(entry, notice)

    def failed(self, entry: Entry, error: str, etag: str = "") -> None:
        """The upload of `entry` had no good answer; `etag` is what S3 would call its bytes."""
        with self._changing(entry):
            entry.error, entry.etag = error, etag

    def recovered(self, entry: Entry, version: str, size: int, at: float) -> None:
        """`entry` is in the bucket as `version`, though its upload had no good answer."""
        entry.recovered = True
        self.uploaded(entry, version, size, at)

    def noticed(self, notice: Notice) -> None:
        """Put a notification with its entry, or with the strays until there is one."""
        with self._lock:
            entry = self._by_version.get(notice.source)
            if entry is None:
                self._unmatched.setdefault(notice.source, []).append(notice)
                return
        with self._changing(entry):
            self._put(entry, notice)

    def read(self, entry: Entry, output: Output) -> None:
        """The output of `entry` was read."""
        with self._changing(entry):
            entry.output = output

    def unreadable(self, entry: Entry, reason: str) -> None:
        """The output of `entry` could not be fetched."""
        with self._changing(entry):
            entry.unread = reason

    def progress(self) -> tuple[int, int, int]:
        """How many images were uploaded, have a notification, and are settled after it."""
        with self._lock:
            counts = self._counts
            return counts["uploaded"], counts["noticed"], counts["settled"] - counts["unanswered"]

    def to_read(self) -> list[Entry]:
        """Entries whose first success notification came after the last call."""
        with self._lock:
            announced, self._announced = self._announced, []
            return announced

    @contextmanager
    def _changing(self, entry: Entry) -> Iterator[None]:
        """Change an entry alone, and count what it is afterwards."""
        with self._lock:
            self._counts.subtract(_counted(entry))
            try:
                yield
            finally:
                self._counts.update(_counted(entry))

    def _put(self, entry: Entry, notice: Notice) -> None:
        if notice.status == "processed" and all(n.status != "processed" for n in entry.notices):
            self._announced.append(entry)
        entry.notices.append(notice)

    def save(self, file: Path) -> None:
        """Write one JSON line per entry, then one per stray."""
        with open(file, "w", encoding="utf-8") as out:
            for entry in self.entries:
                out.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
            for notice in self.strays:
                out.write(json.dumps({"stray": asdict(notice)}, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, file: Path) -> "Ledger":
        """The ledger that was saved in `file`."""
        entries, strays = [], []
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if "stray" in record:
                    strays.append(Notice(**record["stray"]))
                else:
                    entries.append(entry_of(record))
        return cls(entries, strays)


def _counted(entry: Entry) -> list[str]:
    """As what an entry counts while a run goes on."""
    states = {
        "uploaded": entry.uploaded is not None,
        "noticed": bool(entry.notices),
        "unanswered": entry.unanswered,
        "settled": entry.settled,
    }
    return [name for name, holds in states.items() if holds]


def entry_of(record: dict[str, Any]) -> Entry:
    """The entry that was saved as `record`."""
    expected, output = record["expected"], record["output"]
    for name in ("source_size", "output_size"):
        expected[name] = tuple(expected[name])
    if output:
        output["size"], output["private"] = tuple(output["size"]), tuple(output["private"])
    return Entry(
        **{
            **record,
            "expected": Expected(**expected),
            "notices": [Notice(**notice) for notice in record["notices"]],
            "output": Output(**output) if output else None,
            "deliveries": [_delivery(delivery) for delivery in record.get("deliveries", [])],
        }
    )


def _delivery(record: dict[str, Any]) -> Delivery:
    return Delivery(**{**record, "attempts": [Attempt(**each) for each in record["attempts"]]})
