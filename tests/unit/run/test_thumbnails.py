"""Small pictures of images that are not as they should be, made of what was sent and came out."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from harness.evidence.ledger import Ledger
from harness.evidence.observations import Run
from harness.images.corpus import plan
from harness.images.pictures import Pictures
from harness.run import thumbnails as module
from harness.run.thumbnails import MOST, thumbnails
from tests.unit.runs import SEEN, entry, spoil_output


def bad_run(images: int, **seen: object) -> Run:
    """All of these images are wrong."""
    entries = [entry(index) for index in range(images)]
    for each in entries:
        spoil_output(each, mean=50.0)
    return Run(Ledger(entries), replace(SEEN, **seen))  # type: ignore[arg-type]


def picture_file(size: tuple[int, int], form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, form)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_sent_got_and_wanted_are_small_pictures(pictures: Pictures) -> None:
    """The longer side has 192 pixels; shapes are kept."""
    found = thumbnails(bad_run(1), plan(1, 1), pictures, lambda _: picture_file((600, 300)))
    shown = found[0]
    assert opened(shown.got).format == "WEBP"
    assert opened(shown.got).size == (192, 96)
    assert max(opened(shown.sent).size) <= 192
    assert max(opened(shown.wanted).size) <= 192


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg onload=alert(1)>",
        picture_file((40, 40))[:60],
        picture_file((40, 40), "GIF"),
    ],
    ids=["nothing", "no picture", "half of one", "another format"],
)
def test_what_is_no_picture_has_none(pictures: Pictures, data: bytes) -> None:
    """And nothing of its bytes is in what is shown."""
    assert thumbnails(bad_run(1), plan(1, 1), pictures, lambda _: data)[0].got == b""


def test_a_file_that_claims_to_be_huge_is_not_decoded(
    pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few bytes may claim any number of pixels."""
    monkeypatch.setattr(module, "_LARGEST", 40 * 40 - 1)
    found = thumbnails(bad_run(1), plan(1, 1), pictures, lambda _: picture_file((40, 40)))
    assert found[0].got == b""


def test_no_more_than_there_is_room_for(
    pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many images, and so many bytes of them."""
    sent = [replace(plan(1, 1)[0], index=index) for index in range(MOST + 5)]
    some = thumbnails(bad_run(MOST + 5), sent, pictures, lambda _: b"")
    assert len(some) == MOST
    monkeypatch.setattr(module, "_ROOM_BYTES", 3 * len(some[0].sent + some[0].wanted))
    assert len(thumbnails(bad_run(MOST + 5), sent, pictures, lambda _: b"")) == 3


def test_after_ctrl_c_nobody_waits_for_pictures(pictures: Pictures) -> None:
    """Nor is a target asked that is gone."""
    assert thumbnails(bad_run(2, interrupted=True), plan(2, 1), pictures, _must_not) == {}
    assert thumbnails(bad_run(1, gone=True), plan(1, 1), pictures, _must_not)[0].got == b""


def _must_not(_: object) -> bytes:
    raise AssertionError("it was asked")
