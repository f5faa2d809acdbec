"""Colours as a file states them come out as the same colours in sRGB."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms

import colours
import icc
import imaging
from tests.unit.image_processor.files import chunk, decoded, encoded, segment

LINEAR = chunk(b"gAMA", struct.pack(">I", 100_000))
SRGB = chunk(b"sRGB", b"\0")
DISPLAY_P3 = chunk(b"cICP", bytes((12, 13, 0, 1)))
P3_POINTS = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
SRGB_POINTS = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


def chromaticities(points: tuple[int, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *points))


def profile(data: bytes) -> bytes:
    return chunk(b"iCCP", b"name\0\0" + zlib.compress(data))


def gamma_profile(gamma: float) -> bytes:
    points = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
    return icc.made((0.3127, 0.3290), points, lambda value: value**gamma)


def shown(*parts: bytes, colour: tuple[int, ...] = (55, 55, 55), mode: str = "RGB") -> object:
    """What comes out of a PNG of one colour that states `parts`."""
    image = Image.new("RGB", (64, 64), colour[:3])
    image = image.quantize(4) if mode == "P" else image.convert(mode)
    if mode == "RGBA":
        image.putalpha(colour[3])
    data = encoded(image, "PNG")
    made = decoded(imaging.process(data[:33] + b"".join(parts) + data[33:]).data)
    return made.convert("RGB" if mode in ("P", "1") else mode).getpixel((5, 5))


def near(one: object, other: tuple[int, ...], by: int = 2) -> bool:
    assert isinstance(one, tuple)
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


def test_a_gamma_is_followed() -> None:
    """Values that are light itself are brighter on a screen: 55 of 255 is 128."""
    assert near(shown(LINEAR), (128, 128, 128))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA"])
def test_gamma_of_every_kind_of_pixel(mode: str) -> None:
    """The same for grey, for a palette, and beside an alpha, which is none of it."""
    colour = (55, 55, 55, 77)
    found = shown(LINEAR, colour=colour, mode=mode)
    wanted = {"L": (128,), "P": (128,) * 3, "RGBA": (128, 128, 128, 77)}[mode]
    assert near(found if isinstance(found, tuple) else (found,), wanted)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([LINEAR, SRGB], id="sRGB beside it"),
        pytest.param([SRGB, LINEAR], id="sRGB before it"),
        pytest.param([chunk(b"gAMA", struct.pack(">I", 45_455))], id="a screen's gamma"),
        pytest.param([chunk(b"gAMA", struct.pack(">I", 46_000))], id="about a screen's gamma"),
        pytest.param([chromaticities(SRGB_POINTS)], id="sRGB's primaries"),
        pytest.param([chunk(b"cICP", bytes((1, 13, 0, 1))), LINEAR], id="sRGB by its numbers"),
        pytest.param([chunk(b"cICP", bytes((1, 1, 0, 1))), LINEAR], id="as on television"),
        pytest.param([profile(gamma_profile(2.2)), LINEAR], id="a profile beside it"),
    ],
)
def test_what_says_srgb_is_left_alone(parts: list[bytes]) -> None:
    """Whatever goes before gAMA in the standard goes before it here."""
    assert near(shown(*parts), (55, 55, 55), by=3)


def test_of_several_statements_the_standards_first_counts() -> None:
    """cICP before a profile, a profile before sRGB; what is not understood is passed over."""
    linear = profile(gamma_profile(1.0))
    assert near(shown(linear, SRGB), (128, 128, 128))
    assert near(shown(chunk(b"cICP", bytes((1, 13, 0, 1))), linear), (55, 55, 55))
    assert near(shown(chunk(b"cICP", bytes((99, 13, 0, 1))), linear), (128, 128, 128))
    assert near(shown(profile(b"no profile" * 20), LINEAR), (128, 128, 128))


def test_grey_does_not_take_a_profile_for_colours() -> None:
    """A profile for RGB in a grey PNG is none (libpng); what comes after it counts."""
    assert shown(profile(gamma_profile(1.0)), mode="L") == 55
    assert near((shown(profile(gamma_profile(1.0)), LINEAR, mode="L"),), (128,))


def test_primaries_are_followed_however_they_are_stated() -> None:
    """A red of Display P3 is more of a red than sRGB has, however it is stated."""
    red = (200, 30, 30)
    for parts in ([DISPLAY_P3], [chromaticities(P3_POINTS)]):
        assert near(shown(*parts, colour=red), (218, 0, 6))


def test_against_a_profile_that_somebody_else_made() -> None:
    """sRGB of our own making is that of littleCMS."""
    ours = ImageCms.ImageCmsProfile(BytesIO(_srgb_made_here()))
    theirs = ImageCms.createProfile("sRGB")
    ramp = Image.linear_gradient("L").resize((64, 64))
    image = Image.merge("RGB", (ramp, ramp.rotate(90), ramp.rotate(180)))
    converted = ImageCms.profileToProfile(image, ours, theirs)
    assert converted is not None
    pairs = zip(image.tobytes(), converted.tobytes(), strict=True)
    assert max(abs(a - b) for a, b in pairs) <= 1


def _srgb_made_here() -> bytes:
    points = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
    return icc.made((0.3127, 0.3290), points, colours._srgb)


@pytest.mark.parametrize(
    ("numbers", "value", "wanted"),
    [
        pytest.param((1, 8, 0, 1), 55, 128, id="linear"),
        pytest.param((1, 13, 0, 0), 235, 255, id="white of video"),
        pytest.param((1, 13, 0, 0), 16, 0, id="black of video"),
        pytest.param((9, 16, 0, 1), 148, 255, id="paper white of PQ"),
        pytest.param((9, 16, 0, 1), 255, 255, id="what is brighter"),
        pytest.param((9, 18, 0, 1), 191, 255, id="paper white of HLG"),
        pytest.param((9, 18, 0, 1), 0, 0, id="black of HLG"),
    ],
)
def test_a_curve_keeps_black_and_white(numbers: tuple[int, ...], value: int, wanted: int) -> None:
    """Black is black and what is as white as paper is white, whatever the curve."""
    made = shown(chunk(b"cICP", bytes(numbers)), colour=(value,) * 3)
    assert near(made, (wanted,) * 3, by=3)


@pytest.mark.parametrize("size", [1_000_000, 1_500_000, 7_900_000])
@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_profiles_of_every_size(size: int, image_format: str) -> None:
    """A profile is followed whatever its size, up to the 8 MB that libpng takes as well."""
    sound = gamma_profile(1.0)
    large = struct.pack(">I", size) + sound[4:] + bytes(size - len(sound))
    image = Image.new("RGB", (64, 64), (55, 55, 55))
    data = encoded(image, image_format)
    if image_format == "PNG":
        data = data[:33] + profile(large) + data[33:]
    else:
        pieces = [large[at : at + 65_000] for at in range(0, size, 65_000)]
        segments = (
            segment(0xE2, b"ICC_PROFILE\0" + bytes((number, len(pieces))) + piece)
            for number, piece in enumerate(pieces, 1)
        )
        data = data[:2] + b"".join(segments) + data[2:]
    assert near(decoded(imaging.process(data).data).getpixel((5, 5)), (128, 128, 128), by=3)


def test_a_profile_beyond_all_sizes_is_left_out() -> None:
    """More than 8 MB is not unfolded: the picture is as without it."""
    sound = gamma_profile(1.0)
    huge = struct.pack(">I", 8_100_000) + sound[4:] + bytes(8_100_000 - len(sound))
    assert near(shown(profile(huge)), (55, 55, 55))
