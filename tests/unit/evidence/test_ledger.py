"""The ledger: notifications find their image, and a saved ledger is the same ledger."""

from pathlib import Path
from typing import NoReturn

from harness.evidence.ledger import Entry, Ledger
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


def test_a_run_counts_what_becomes_of_each_image() -> None:
    """Uploads, notifications and reads as they come, in whatever order, each counted once."""
    first, second, lost = (entry(index) for index in range(3))
    notices = [image.notices.pop() for image in (first, second, lost)]
    outputs = [image.output for image in (first, second)]
    versions = [str(image.version) for image in (first, second)]
    for image in (first, second, lost):
        image.version = image.uploaded = image.output = None
    ledger = Ledger([first, second, lost])
    assert (ledger.progress(), ledger.open, ledger.unanswered) == ((0, 0, 0), 3, 0)
    ledger.noticed(notices[0])
    ledger.uploaded(first, versions[0], 9, at=1.0)
    ledger.uploaded(second, versions[1], 9, at=1.0)
    ledger.noticed(notices[1])
    ledger.noticed(notices[1])
    assert (ledger.progress(), ledger.open) == ((2, 2, 0), 3)
    assert outputs[0]
    ledger.read(first, outputs[0])
    ledger.unreadable(second, "NoSuchKey")
    ledger.failed(lost, "refused")
    assert (ledger.progress(), ledger.open, ledger.unanswered) == ((2, 2, 2), 0, 1)
    ledger.recovered(lost, "in-2", 9, at=2.0)
    assert (ledger.progress(), ledger.open, ledger.unanswered) == ((3, 2, 2), 1, 0)


def test_an_output_is_to_be_read_once() -> None:
    """However often its image is reported as processed."""
    image = entry(0)
    notice = image.notices.pop()
    ledger = Ledger([image])
    assert ledger.to_read() == []
    ledger.noticed(rejection(image))
    assert ledger.to_read() == []
    ledger.noticed(notice)
    ledger.noticed(notice)
    assert ledger.to_read() == [image]
    assert ledger.to_read() == []


class Unread(list[Entry]):
    """Entries that nobody may go through."""

    def __iter__(self) -> NoReturn:
        raise AssertionError("all entries were looked at")


def test_what_is_asked_several_times_a_second_costs_the_same_for_any_number_of_images() -> None:
    """A run asks for progress five times a second, with 20,000 images as with 20."""
    ledger = Ledger([entry(index) for index in range(5)])
    ledger.entries = Unread(ledger.entries)
    ledger.noticed(rejection(entry(3)))
    assert ledger.progress() == (5, 5, 5)
    assert (ledger.open, ledger.unanswered, ledger.to_read()) == (0, 0, [])


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
