"""Outputs are looked at again when a run is over: what has changed by then is noticed."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.evidence.ledger import Entry, Expected, Ledger, Notice, Output, output_key
from harness.images.corpus import Picture, plan
from harness.images.pictures import Pictures
from harness.run.readback import Readback
from tests.emulator.conftest import Emulator

# An entity tag of a multipart upload is no MD5 of its bytes, so it does not stand for them.
_PART_BYTES = 5 * 1024**2


@pytest.fixture
def s3(emulator: Emulator) -> Any:
    return emulator.client("s3")


@pytest.fixture
def bucket(s3: Any) -> Iterator[str]:
    name = f"readback-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    yield name
    for found in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=found["Key"])
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def picture() -> Picture:
    return next(picture for picture in plan(50, 1) if picture.kind.name == "thumbnail")


class _Looks:
    """One output, read when it was announced; `again` looks once more and counts its GetObject."""

    def __init__(self, s3: Any, bucket: str, picture: Picture, folder: Path) -> None:
        self._s3 = s3
        expected = Expected("JPEG", (160, 120), (160, 120), {})
        entry = Entry(0, f"uploads/{picture.path}", expected, due=0.0)
        entry.notices.append(Notice(0.0, {"status": "processed"}))
        self.place = {"Bucket": bucket, "Key": output_key(entry.key)}
        self._ledger = Ledger([entry])
        self._readback = Readback(s3, bucket, self._ledger, [picture], Pictures(folder))

    def first(self) -> Output:
        self._readback.look()
        self._readback.close()
        output = self._ledger.entries[0].output
        assert output is not None
        return output

    def again(self) -> tuple[Output, int]:
        reads: list[str] = []

        def note(**call: Any) -> None:
            reads.append(call["model"].name)

        event = "before-call.s3.GetObject"
        self._s3.meta.events.register(event, note, unique_id="reads")
        try:
            return self._readback.again()[0], reads.count("GetObject")
        finally:
            self._s3.meta.events.unregister(event, unique_id="reads")


@pytest.fixture
def looks(s3: Any, bucket: str, picture: Picture, tmp_path: Path) -> _Looks:
    return _Looks(s3, bucket, picture, tmp_path)


def _put(s3: Any, looks: _Looks, body: bytes, **more: Any) -> None:
    s3.put_object(**looks.place, Body=body, ContentType="image/jpeg", **more)


def test_an_output_that_is_as_it_was_is_not_fetched_again(
    s3: Any, looks: _Looks, picture: Picture, tmp_path: Path
) -> None:
    """Its ETag was the MD5 of what was read, and still is its ETag; its tags are read."""
    _put(s3, looks, Pictures(tmp_path).render(picture), Tagging="request-id=one")
    first = looks.first()
    output, reads = looks.again()
    assert (output.later, output.tags, reads) == ("", {"request-id": "one"}, 0)
    assert output.mean == first.mean < 3.3


@pytest.mark.parametrize(
    ("body", "more", "changed"),
    [
        (b"other", {"Metadata": {"by": "me"}}, "its bytes"),
        (b"image", {"Metadata": {"by": "you"}}, "its metadata"),
        (b"image", {"Metadata": {"by": "me"}, "ContentType": "image/png"}, "its content type"),
    ],
)
def test_an_output_that_was_replaced_is_noticed(
    s3: Any, looks: _Looks, body: bytes, more: dict[str, Any], changed: str
) -> None:
    """GIVEN other bytes, or the same with something else about them THEN it says which."""
    _put(s3, looks, b"image", Metadata={"by": "me"})
    looks.first()
    s3.put_object(**{**looks.place, "ContentType": "image/jpeg", "Body": body, **more})
    assert looks.again()[0].later == f"changed after it was announced: {changed}"


def test_an_output_that_is_gone_is_noticed(s3: Any, looks: _Looks) -> None:
    """It was announced and read, and then deleted."""
    _put(s3, looks, b"image")
    looks.first()
    s3.delete_object(**looks.place)
    assert looks.again()[0].later.startswith("it cannot be read any more")


def test_an_output_without_an_md5_for_an_etag_is_read_again(s3: Any, looks: _Looks) -> None:
    """The ETag of a multipart upload vouches for nothing: its bytes are compared."""
    upload = s3.create_multipart_upload(**looks.place)["UploadId"]
    part = s3.upload_part(**looks.place, UploadId=upload, PartNumber=1, Body=bytes(_PART_BYTES))
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(**looks.place, UploadId=upload, MultipartUpload=parts)
    looks.first()
    assert looks.again() == (looks.again()[0], 1)
    assert looks.again()[0].later == ""
