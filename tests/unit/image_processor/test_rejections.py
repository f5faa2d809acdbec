"""Every kind of bad file is refused with a code, a stage, and words that say what to do."""

import contextlib
import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import imaging
import rejections
from rejections import Rejection
from tests.unit.image_processor.files import GREY, black_png, chunk, encoded, scene
from tests.unit.image_processor.rejected import rejection

JPEG = encoded(scene(200, 150), "JPEG")
PNG = encoded(scene(200, 150), "PNG")


def other_format(image_format: str) -> bytes:
    return encoded(scene(200, 150), image_format)


def animation() -> bytes:
    file = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    return file.getvalue()


def flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :]


@pytest.mark.parametrize(
    ("data", "code", "stage"),
    [
        pytest.param(b"", "EmptyFile", "validate", id="empty"),
        pytest.param(b"\n", "UnsupportedFormat", "validate", id="one byte"),
        pytest.param(b"<svg/>", "UnsupportedFormat", "validate", id="svg"),
        pytest.param(other_format("GIF"), "UnsupportedFormat", "validate", id="gif"),
        pytest.param(other_format("WEBP"), "UnsupportedFormat", "validate", id="webp"),
        pytest.param(b" " + JPEG, "UnsupportedFormat", "validate", id="shifted"),
        pytest.param(JPEG[:3], "CorruptImage", "validate", id="jpeg magic only"),
        pytest.param(JPEG[:200], "CorruptImage", "validate", id="jpeg header cut"),
        pytest.param(JPEG[: len(JPEG) // 2], "CorruptImage", "decode", id="jpeg half"),
        pytest.param(PNG[:8], "CorruptImage", "validate", id="png magic only"),
        pytest.param(PNG[:60], "CorruptImage", "validate", id="png header cut"),
        pytest.param(PNG[: len(PNG) // 2], "CorruptImage", "validate", id="png half"),
        pytest.param(PNG[:-16], "CorruptImage", "validate", id="png without its last checksum"),
        pytest.param(flipped(PNG, len(PNG) // 2), "CorruptImage", "validate", id="png one byte"),
        pytest.param(black_png((0, 0), 8, GREY, 1), "CorruptImage", "validate", id="png 0x0"),
        pytest.param(animation(), "AnimatedImage", "validate", id="animated png"),
    ],
)
def test_a_bad_file_is_refused_where_its_fault_shows(data: bytes, code: str, stage: str) -> None:
    """Bad files are told apart, and each is refused where its fault shows."""
    found = rejection(data)
    assert (found.code, found.stage) == (code, stage)


def test_png_of_too_little_data() -> None:
    """A PNG with sound checksums but too few rows is refused."""
    whole = black_png((64, 64), 8, GREY, 1)
    rows = black_png((64, 8), 8, GREY, 1)
    at, short = whole.index(b"IDAT") - 4, rows.index(b"IDAT") - 4
    assert rejection(whole[:at] + rows[short:]).stage == "decode"


@pytest.mark.parametrize(
    "make",
    [
        lambda: rejections.key_too_long(1030, 1024),
        lambda: rejections.source_gone("NoSuchVersion"),
        rejections.source_archived,
        rejections.source_encrypted,
        lambda: rejections.rare_format("lossless JPEG"),
        rejections.empty_file,
        lambda: rejections.too_many_bytes(10, 5),
        lambda: rejections.not_an_image(b"GIF89a"),
        lambda: rejections.bad_dimensions(1, 2, "the limit is 1"),
        lambda: rejections.decompression_bomb("99 scans"),
        lambda: rejections.animated(3),
        lambda: rejections.corrupt("decode", "broken"),
    ],
)
def test_a_rejection_says_what_to_do_in_sentences(make: Callable[[], Rejection]) -> None:
    """Message and action are sentences; codes are one word; stages are of the three."""
    found = make()
    for sentence in (found.message, found.action):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "\n" not in sentence
    assert found.code.isalnum()
    assert found.stage in ("validate", "download", "decode")
    assert str(found) == found.message


@pytest.mark.parametrize("original", [JPEG, PNG], ids=["JPEG", "PNG"])
@given(data=st.data())
def test_damage_never_escapes(original: bytes, data: st.DataObject) -> None:
    """However a file is damaged, it is either processed or rejected: nothing else is raised."""
    start = data.draw(st.integers(0, len(original) - 1))
    junk = data.draw(st.binary(max_size=40))
    damaged = original[:start] + junk + original[start + data.draw(st.integers(0, 40)) :]
    with contextlib.suppress(Rejection):
        assert imaging.process(damaged).data


@given(exif=st.binary(max_size=200))
def test_damaged_exif_is_no_fault(exif: bytes) -> None:
    """An image with senseless EXIF data is processed: its pixels are good."""
    data = encoded(Image.new("L", (16, 8)), "JPEG", exif=b"Exif\0\0" + exif)
    assert imaging.process(data).format == "JPEG"


def test_ancillary_chunks_do_not_matter() -> None:
    """Unknown chunks and comments are passed over and left out."""
    processed = imaging.process(black_png((8, 8), 8, GREY, 1, chunk(b"prIv", b"secret")))
    assert b"secret" not in processed.data
