"""The ledger: notifications find their image, and a saved ledger is the same ledger."""

from pathlib import Path

from harness.evidence.ledger import Ledger
from tests.unit.runs import entry, rejection


def test_a_notification_that_overtakes_its_upload_finds_its_image() -> None:
    """S3 may tell the function before PutObject has answered us."""
    image = entry(0)
    notice = image.notices.pop()
    image.version = image.uploaded = None
    ledger = Ledger([image])
    ledger.noticed(notice)
    assert ledger.strays == [notice]
    ledger.uploaded(image, "in-0", 90000, at=1.0)
    assert image.notices == [notice]
    assert ledger.strays == []


def test_a_notification_of_another_version_is_a_stray() -> None:
    """The key alone does not make it the image's."""
    image = entry(0)
    other = entry(0)
    other.version = "another"
    ledger = Ledger([image])
    ledger.noticed(rejection(other))
    assert len(ledger.strays) == 1
    assert len(image.notices) == 1


def test_an_image_is_settled_when_nothing_more_will_come() -> None:
    """Failed to upload, rejected, or processed and read back."""
    waiting, read, unread, failed, rejected = (entry(index) for index in range(5))
    waiting.output = None
    unread.output, unread.unread = None, "NoSuchKey"
    failed.notices, failed.output, failed.error = [], None, "refused"
    failed.uploaded = None
    rejected.notices, rejected.output = [rejection(rejected)], None
    assert [e.settled for e in (waiting, read, unread, failed, rejected)] == [
        False,
        True,
        True,
        True,
        True,
    ]


def test_a_saved_ledger_loads_as_it_was(tmp_path: Path) -> None:
    """Nothing that is judged is lost on disk."""
    unsent = entry(2)
    unsent.uploaded = unsent.version = unsent.output = unsent.versions = None
    unsent.notices = []
    ledger = Ledger([entry(0), entry(1), unsent], [rejection(entry(9))])
    ledger.save(tmp_path / "ledger.jsonl")
    loaded = Ledger.load(tmp_path / "ledger.jsonl")
    assert loaded.entries == ledger.entries
    assert loaded.strays == ledger.strays
