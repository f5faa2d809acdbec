"""Events, their order, and what is written and said of an upload: all that needs no AWS."""

import json
from typing import Any
from urllib.parse import quote_plus, unquote

import pytest
from aws_lambda_powertools.utilities.data_classes.s3_event import S3EventRecord
from hypothesis import given
from hypothesis import strategies as st

import announcements
import outputs
import receipts
import uploads
from imaging import ProcessedImage
from outputs import Owner, Verdict
from receipts import Invocation
from rejections import Rejection
from uploads import Source, Upload

IMAGE = ProcessedImage(b"output", "JPEG", 1024, 768, 4032, 3024)
UPLOAD = Upload("bucket", "uploads/größe 1+2%.jpg", "3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrH", "0055A")

characters = st.characters(exclude_categories=["Cs"])
sequencers = st.text("0123456789ABCDEF", min_size=1, max_size=24)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=30)


def record(key: str, event: str = "ObjectCreated:Put") -> S3EventRecord:
    s3_object: dict[str, Any] = {"key": quote_plus(key, safe="/"), "versionId": "1"}
    s3 = {"bucket": {"name": "bucket"}, "object": s3_object | {"sequencer": "0055A"}}
    return S3EventRecord({"eventName": event, "s3": s3})


@given(path=st.text(characters, min_size=1, max_size=200))
def test_keys_are_decoded(path: str) -> None:
    """Any key comes out of the event's encoding as it was, and gives the output its name."""
    upload = uploads.from_record(record(f"uploads/{path}"))
    assert upload is not None
    assert upload.key == f"uploads/{path}"
    assert outputs.output_key(upload.key) == f"processed/{path}"


@pytest.mark.parametrize("key", ["processed/a.jpg", "receipts/a.json", "a.jpg", "Uploads/a.jpg"])
def test_a_key_outside_uploads_is_no_upload(key: str) -> None:
    """Only what is in uploads/ is an upload, so that no output can cause another."""
    assert uploads.from_record(record(key)) is None


@pytest.mark.parametrize("event", ["ObjectRemoved:Delete", "ObjectTagging:Put", "TestEvent"])
def test_only_a_created_object_is_an_upload(event: str) -> None:
    """Only a created object is an upload."""
    assert uploads.from_record(record("uploads/a.jpg", event)) is None


def test_the_longest_key_leaves_room_for_its_output() -> None:
    """`processed/` is longer than `uploads/`, so two bytes of S3's 1,024 are lost."""
    assert len(outputs.output_key("uploads/" + "x" * 1014)) == 1024
    with pytest.raises(Rejection, match="1025 bytes"):
        outputs.output_key("uploads/" + "x" * 1015)
    with pytest.raises(Rejection, match="1026 bytes"):
        outputs.output_key("uploads/" + "ü" * 508)


@given(one=sequencers, other=sequencers)
def test_sequencers_compare_as_fractions(one: str, other: str) -> None:
    """Sequencers compare as fractions: zeros on the right do not count."""

    def value(sequencer: str) -> int:
        return int(sequencer.ljust(24, "0"), 16)

    assert uploads.newer(one, other) == (value(one) > value(other))


@given(
    ours=sequencers, theirs=sequencers, owner=st.sampled_from(["me", "failed", "again", "other"])
)
def test_an_event_is_ours_a_duplicate_newer_or_older(ours: str, theirs: str, owner: str) -> None:
    """Same event: ours or a duplicate, by its request; otherwise the newer event wins."""
    upload = Upload("bucket", "uploads/a.jpg", "v", ours)
    verdict = outputs.judge(
        upload, Invocation("me", ("failed", "again")), Owner(theirs, owner, "w")
    )
    if ours == theirs:
        assert verdict is (Verdict.DUPLICATE if owner == "other" else Verdict.OWNED)
    else:
        newer = uploads.newer(ours, theirs)
        assert verdict is (Verdict.WRITTEN if newer else Verdict.SUPERSEDED)


@pytest.mark.parametrize(
    ("event", "before"),
    [
        ({}, ()),
        ({"redriveOf": None}, ()),
        ({"redriveOf": "first"}, ("first",)),
        ({"redriveOf": ["first", "second"]}, ("first", "second")),
    ],
)
def test_redrives_are_known_by_all_that_failed(
    event: dict[str, object], before: tuple[str, ...]
) -> None:
    """One request's id is enough; an event that failed again after a redrive has them all."""
    assert Invocation.of(event, "me") == Invocation("me", before)


def metadata_bytes(metadata: dict[str, str]) -> int:
    return sum(len(f"{name}{value}".encode()) for name, value in metadata.items())


@given(
    metadata=st.dictionaries(
        names, st.text(st.characters(min_codepoint=32, max_codepoint=126))
    ).filter(lambda metadata: metadata_bytes(metadata) <= outputs.MAX_METADATA_BYTES),
    path=st.text(characters, min_size=1, max_size=150),
)
def test_metadata_stay_within_the_limit_of_s3(metadata: dict[str, str], path: str) -> None:
    """The uploader's metadata is always whole; what we add never passes S3's limit."""
    upload = Upload("bucket", f"uploads/{path}", "v" * 32, "1")
    source = Source(b"source", metadata)
    result, left_out = outputs.output_metadata(upload, source, IMAGE, "2026-01-01T00:00:00.000Z")
    assert metadata.items() <= result.items()
    assert metadata_bytes(result) <= outputs.MAX_METADATA_BYTES
    assert all(value.isascii() for value in result.values())
    added = result.keys() - metadata.keys()
    assert not added & set(left_out)
    assert len(added) + len(left_out) == 7


def test_least_important_metadata_is_left_out_first() -> None:
    """With little room the source's version is kept and the source's key, which follows, is not."""
    source = Source(b"", {"x": "y" * 1900})
    result, left_out = outputs.output_metadata(UPLOAD, source, IMAGE, "2026-01-01T00:00:00.000Z")
    assert result["source-version"] == UPLOAD.version_id
    assert "source-key" in left_out


def test_metadata_of_what_was_done() -> None:
    """Everything is there when there is room, and the key can be read back."""
    result, left_out = outputs.output_metadata(UPLOAD, Source(b"12", {}), IMAGE, "now")
    assert left_out == []
    assert unquote(result.pop("source-key")) == UPLOAD.key
    assert result == {
        "source-version": UPLOAD.version_id,
        "processed-at": "now",
        "source-dimensions": "4032x3024",
        "output-dimensions": "1024x768",
        "source-bytes": "2",
        "output-bytes": "6",
    }


def test_metadata_not_in_ascii() -> None:
    """A value that came undecoded is sent in RFC 2047 form, as boto3 sends ASCII only."""
    result, _ = outputs.output_metadata(UPLOAD, Source(b"", {"a": "Grüße"}), IMAGE, "now")
    assert result["a"] == "=?utf-8?b?R3LDvMOfZQ==?="


@given(key=st.text(characters, max_size=400), status=st.sampled_from(["processed", "superseded"]))
def test_a_subject_is_short_printable_ascii(key: str, status: str) -> None:
    """A subject is at most 100 printable ASCII characters, whatever the key."""
    subject = announcements.subject(status, key)
    assert len(subject) <= announcements.MAX_SUBJECT
    assert all(" " <= character <= "~" for character in subject)


def test_subject_keeps_the_end_of_the_key() -> None:
    """Of a long key the file name stays."""
    subject = announcements.subject("processed", "uploads/" + "x" * 200 + "/photo.jpg")
    assert subject.startswith("Image processed: ...")
    assert subject.endswith("/photo.jpg")
    assert len(subject) == announcements.MAX_SUBJECT


def test_a_receipt_belongs_to_one_version_of_one_key() -> None:
    """A receipt belongs to one version of one key and lies outside uploads/."""
    keys = {
        receipts.receipt_key("uploads/a.jpg", "1", "0A"),
        receipts.receipt_key("uploads/a.jpg", "11", "0A"),
        receipts.receipt_key("uploads/a.jpg1", "1", "0A"),
        receipts.receipt_key("uploads/a.jpg", None, "0A"),
    }
    assert len(keys) == 4
    assert all(key.startswith("receipts/") and key.endswith(".json") for key in keys)


@pytest.mark.parametrize("version", [None, "", "null"])
def test_a_receipt_without_versions_belongs_to_one_event(version: str | None) -> None:
    """Where every upload is the null version of its key, its event's sequencer tells it apart."""
    first, second = (receipts.receipt_key("uploads/a.jpg", version, each) for each in ("0A", "0B"))
    assert first != second
    assert first == receipts.receipt_key("uploads/a.jpg", None, "0A")
    assert receipts.receipt_key("uploads/a.jpg", "1", "0A") == (
        receipts.receipt_key("uploads/a.jpg", "1", "0B")
    )


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.5", "2.17"])
def test_any_minor_version_of_events(version: str) -> None:
    """S3 adds fields with a new minor version; what an upload is stays the same."""
    told = record("uploads/a.jpg")
    assert uploads.from_record(S3EventRecord({**told.raw_event, "eventVersion": version})) == (
        uploads.from_record(told)
    )


def test_messages_are_json() -> None:
    """A message of the longest key is far below the 256 KB that SNS takes."""
    upload = Upload("bucket", "uploads/" + "字" * 338, None, "1")
    message = announcements.superseded(upload, announcements.timestamp(), "request")
    text = json.dumps(message, ensure_ascii=False)
    assert json.loads(text) == message
    assert len(text.encode()) < 256 * 1024
