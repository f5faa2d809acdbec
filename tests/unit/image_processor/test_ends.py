"""Where a file ends: a lost end mark is no loss, pixels that are missing are."""

import contextlib
import struct
from collections.abc import Sequence

import pytest
from PIL import Image, ImageChops

import containers
import imaging
from rejections import Rejection
from tests.unit.image_processor.files import decoded, encoded, scene, segment
from tests.unit.image_processor.rejected import rejection

PICTURE = scene(60, 40)
PNG = encoded(PICTURE, "PNG")


LOST_ENDS = {
    "nothing": b"",
    "half of it": b"\xff",
    "zeros": bytes(100),
    "FFs": b"\xff" * 50_000,
    "fill before it": b"\xff" * 50 + b"\xff\xd9",
    "junk": b"film" * 20,
}


@pytest.mark.parametrize("end", LOST_ENDS.values(), ids=LOST_ENDS.keys())
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}])
def test_a_lost_end_mark(mode: str, options: dict[str, int], end: bytes) -> None:
    """All pixels are there: the picture is as with its end mark."""
    whole = encoded(PICTURE.convert(mode), "JPEG", **options)
    assert imaging.process(whole[:-2] + end) == imaging.process(whole)


@pytest.mark.parametrize("cut", [4, 8, 12, 16])
def test_a_png_without_its_end(cut: int) -> None:
    """The same for PNG; where the checksum of the pixels is cut, they are no longer proven."""
    if cut <= 12:
        assert imaging.process(PNG[:-cut]) == imaging.process(PNG)
    else:
        assert rejection(PNG[:-cut]).code == "CorruptImage"


def in_scans(image: Image.Image) -> bytes:
    """A sequential JPEG that has each of its three channels in a scan of its own."""
    greys = [encoded(channel, "JPEG", quality=90) for channel in image.split()]
    scan = greys[0].index(b"\xff\xda")
    frame = greys[0].index(b"\xff\xc0")
    head = struct.pack(">BHHB", 8, image.height, image.width, 3)
    channels = b"".join(bytes((number, 0x11, 0)) for number in (1, 2, 3))
    parts = [greys[0][:frame], segment(0xC0, head + channels), greys[0][frame + 13 : scan]]
    for number, grey in enumerate(greys, 1):
        begin = grey.index(b"\xff\xda")
        parts += [segment(0xDA, bytes((1, number, 0, 0, 63, 0))), grey[begin + 10 : -2]]
    return b"".join([*parts, b"\xff\xd9"])


def scans(data: bytes) -> list[int]:
    """Where the pixels of each scan end."""
    return list(containers.essentials(data).scan_ends)


def half_decoded_files() -> list[bytes]:
    noise = Image.merge("RGB", [Image.effect_noise((96, 80), spread) for spread in (20, 50, 90)])
    return [
        encoded(noise, "JPEG"),
        encoded(noise, "JPEG", quality=30, subsampling="4:4:4"),
        encoded(noise.convert("L"), "JPEG", quality=95),
        encoded(noise.convert("CMYK"), "JPEG"),
        encoded(noise, "JPEG", restart_marker_rows=1),
        encoded(noise, "JPEG", progressive=True),
        encoded(noise, "JPEG", progressive=True, restart_marker_blocks=5),
        encoded(noise.convert("L"), "JPEG", progressive=True, restart_marker_blocks=1),
        in_scans(noise),
    ]


@pytest.mark.parametrize("original", half_decoded_files())
@pytest.mark.parametrize("end", [b"\xff\xd9", b""], ids=["with an end", "without"])
def test_a_half_decoded_picture_is_never_stored(original: bytes, end: bytes) -> None:
    """Cut anywhere in its last scan, a picture is refused or loses no more than its last block."""
    whole = decoded(imaging.process(original).data)
    start, stop = ([containers.essentials(original).file.rindex(b"\xff\xda"), *scans(original)])[
        :: len(scans(original))
    ]
    for at in range(start + 20, stop, max(1, (stop - start) // 60)):
        with contextlib.suppress(Rejection):
            processed = decoded(imaging.process(original[:at] + end).data)
            assert lost_pixels(whole, processed) <= 2 * 16 * 16, at


def lost_pixels(one: Image.Image, other: Image.Image) -> int:
    """How many pixels of two pictures are visibly different."""
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).convert("L")
    return sum(difference.histogram()[16:])


def test_scans_that_are_missing() -> None:
    """A file that ends between two scans lacks pixels: without an end mark, or a whole channel."""
    whole = encoded(PICTURE, "JPEG", progressive=True)
    ends = scans(whole)
    for end in ends[:-1]:
        assert rejection(whole[:end]).code == "CorruptImage"
    sequential = in_scans(PICTURE)
    assert imaging.process(sequential).width == PICTURE.width
    for end in scans(sequential)[:-1]:
        for tail in (b"", b"\xff\xd9"):
            assert rejection(sequential[:end] + tail).code == "CorruptImage"


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_whole_pictures_are_never_taken_for_half(mode: str, progressive: bool) -> None:
    """Of any size, sampling, quality and content, coded to the last bit of the last byte."""
    for number in range(60):
        size = (1 + 7 * number % 67, 1 + 11 * number % 59)
        noise = Image.effect_noise(size, (0, 5, 60, 200)[number % 4])
        channels: Sequence[Image.Image] = [noise.rotate(90 * turn) for turn in range(len(mode))]
        data = encoded(
            Image.merge(mode, channels) if len(mode) > 1 else noise,
            "JPEG",
            quality=(5, 50, 95)[number % 3],
            progressive=progressive,
            optimize=bool(number % 2),
            restart_marker_blocks=number % 5,
            **({"subsampling": number % 3} if mode == "RGB" else {}),
        )
        assert imaging.process(data).width == size[0]
