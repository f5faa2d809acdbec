"""What the function accepts fits into its memory; what would not is refused by its header."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import containers
import imaging
import jpeg_parts
import png_parts
from tests.unit.image_processor.files import (
    COLOUR_ALPHA,
    GREY,
    PALETTE,
    black_png,
    chunk,
    encoded,
    scene,
)
from tests.unit.image_processor.function import MEMORY_MB, Function
from tests.unit.image_processor.rejected import rejection


def side_for(bytes_per_pixel: float, file_bytes: int) -> int:
    """The side of the largest square that is accepted."""
    pixels = (imaging.MAX_WORKING_BYTES - 3 * file_bytes) / bytes_per_pixel
    return int(min(pixels, imaging.MAX_PIXELS) ** 0.5)


def deep_png() -> bytes:
    """16 bit RGBA, interlaced, as many pixels as are accepted."""
    side = side_for(4, 3_300_000)
    return black_png((side, side), 16, COLOUR_ALPHA, 4)


def deep_png_with_baggage() -> bytes:
    """The same in the largest file that is accepted, most of it a private chunk."""
    side = side_for(4, imaging.MAX_FILE_BYTES)
    bare = black_png((side, side), 16, COLOUR_ALPHA, 4)
    return black_png(
        (side, side),
        16,
        COLOUR_ALPHA,
        4,
        chunk(b"prIv", bytes(imaging.MAX_FILE_BYTES - len(bare) - 12)),
    )


def deep_grey_png() -> bytes:
    """16 bit grey with a transparent value, which is converted by way of 32 bit."""
    side = side_for(2, 1_200_000)
    return black_png((side, side), 16, GREY, 1, chunk(b"tRNS", b"\0\1"))


def tall_png() -> bytes:
    """As high as is accepted: a pointer per row, and a palette with transparency."""
    size = (imaging.MAX_PIXELS // imaging.MAX_SIDE, imaging.MAX_SIDE)
    palette = (chunk(b"PLTE", bytes(768)), chunk(b"tRNS", bytes(range(256))))
    return black_png(size, 8, PALETTE, 1, *palette)


def progressive_cmyk() -> bytes:
    """Progressive, four full channels: libjpeg keeps eight bytes of coefficients per pixel."""
    side = side_for(8 + 4 / 4, 20_000_000)
    noise = Image.effect_noise((side // 4, side // 4), 60).resize((side, side))
    ink = Image.merge("CMYK", (noise, noise, noise, noise))
    return encoded(ink, "JPEG", quality=40, progressive=True, subsampling="4:4:4")


def large_photo() -> bytes:
    """The 50 megapixels of a phone's best camera, progressive and with thumbnail-free header."""
    photo = scene(2040, 1530).resize((8160, 6120))
    return encoded(photo, "JPEG", quality=80, progressive=True, subsampling="4:2:0")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's VmHWM")
@pytest.mark.parametrize(
    "make",
    [deep_png, deep_png_with_baggage, deep_grey_png, tall_png, progressive_cmyk, large_photo],
)
def test_the_largest_that_is_accepted_fits_into_memory(make: Callable[[], bytes]) -> None:
    """The largest image that is accepted, in the worst modes, leaves room in the 512 MB."""
    with Function() as function:
        outcome, peak_mb = function.process(make())
    assert outcome == "processed"
    assert peak_mb < MEMORY_MB - 32


@pytest.mark.parametrize(
    ("size", "channels"),
    [
        ((imaging.MAX_SIDE + 1, 1), 1),
        ((1, imaging.MAX_SIDE + 1), 1),
        ((imaging.MAX_SIDE, imaging.MAX_PIXELS // imaging.MAX_SIDE + 1), 1),
        ((10_000, 9_300), 4),
    ],
)
def test_too_large_is_refused_by_its_header(size: tuple[int, int], channels: int) -> None:
    """Too many pixels, too long a side or too much memory is seen before anything is decoded."""
    colour_type = {1: GREY, 4: COLOUR_ALPHA}[channels]
    found = rejection(black_png(size, 8, colour_type, channels))
    assert (found.code, found.stage) == ("ImageTooLarge", "validate")
    assert f"{size[0]}x{size[1]}" in found.message


def test_an_absurd_header_is_refused() -> None:
    """A header of two thousand million by two thousand million pixels is refused."""
    header = (2**31 - 1).to_bytes(4) * 2 + bytes([8, 2, 0, 0, 0])
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", b"\0") + chunk(b"IEND", b"")
    assert rejection(b"\x89PNG\r\n\x1a\n" + chunks).code == "ImageTooLarge"


def test_progressive_needs_more_than_baseline() -> None:
    """What is refused as a progressive JPEG is accepted as a baseline one, and the text says so."""
    photo = Image.new("RGB", (9_000, 7_500), "teal")
    options = {"quality": 30, "subsampling": "4:4:4"}
    refused = rejection(encoded(photo, "JPEG", progressive=True, **options))
    assert refused.code == "ImageTooLarge"
    assert "not progressive" in refused.action
    accepted = imaging.process(encoded(photo, "JPEG", **options))
    assert (accepted.width, accepted.height) == (1024, 853)


def test_too_many_bytes_are_refused() -> None:
    """A file over the limit is refused whatever it holds."""
    found = rejection(b"\xff\xd8\xff" + bytes(imaging.MAX_FILE_BYTES))
    assert (found.code, found.stage) == ("FileTooLarge", "validate")


def test_a_profile_bomb_is_left_out() -> None:
    """A profile that unfolds to gigabytes is left out without unfolding it."""
    packed = zlib.compress((50_000_000).to_bytes(4) + bytes(50_000_000), 9)
    bomb = black_png((8, 8), 8, GREY, 1, chunk(b"iCCP", b"name\0\0" + packed))
    assert containers.essentials(bomb).profile is None


def test_scans_without_end_are_refused() -> None:
    """A JPEG of scans without end, each of which visits every pixel, is refused."""
    data = encoded(Image.new("L", (64, 64)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    found = rejection(data[:last] + data[last:-2] * 40 + data[-2:])
    assert (found.code, found.stage) == ("DecompressionBomb", "validate")


def test_scans_behind_the_picture() -> None:
    """Where the first scan is all of the picture, what follows it costs nothing."""
    data = encoded(scene(64, 64), "JPEG")
    last = data.rindex(b"\xff\xda")
    many = data[:last] + data[last:-2] * 4000 + data[-2:]
    assert containers.essentials(many).file == data


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(
            black_png((8, 8), 8, GREY, 1, chunk(b"prIv", b"") * png_parts.MAX_CHUNKS),
            id="PNG of empty chunks",
        ),
        pytest.param(
            b"\xff\xd8"
            + b"\xff\xfe\0\2" * jpeg_parts.MAX_SEGMENTS
            + encoded(scene(8, 8), "JPEG")[2:],
            id="JPEG of empty comments",
        ),
    ],
)
def test_parts_without_end_are_refused(file: bytes) -> None:
    """A file of nothing but headers of parts, each of which costs time, is refused."""
    found = rejection(file)
    assert (found.code, found.stage) == ("DecompressionBomb", "validate")


@pytest.mark.parametrize("size", [(65_500, 1), (1, 65_500), (65_500, 30), (1, 1)])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_a_strip_comes_out_at_least_a_pixel_wide(size: tuple[int, int], image_format: str) -> None:
    """However long and thin, the output is at least one pixel wide and high."""
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, image_format)
    processed = imaging.process(file.getvalue())
    assert max(processed.width, processed.height) <= imaging.BOX
    assert min(processed.width, processed.height) >= 1
