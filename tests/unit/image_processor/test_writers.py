"""Files as their writers leave them: what browsers and libpng show comes out, upright and whole."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageOps

import containers
import imaging
from tests.unit.image_processor.files import (
    COLOUR,
    GREY,
    PALETTE,
    black_png,
    chunk,
    encoded,
    scene,
    segment,
)
from tests.unit.image_processor.rejected import rejection

PICTURE = scene(60, 40)
JPEG, PNG = encoded(PICTURE, "JPEG"), encoded(PICTURE, "PNG")
EXIF, XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"


def in_jpeg(*parts: bytes) -> bytes:
    return JPEG[:2] + b"".join(parts) + JPEG[2:]


def in_png(*parts: bytes) -> bytes:
    return PNG[:33] + b"".join(parts) + PNG[33:]


def tiff(orientation: int, kind: int = 3) -> bytes:
    value = struct.pack({3: ">H2x", 4: ">I", 8: ">h2x", 9: ">i"}[kind], orientation)
    return b"MM\0*" + struct.pack(">IHHHI", 8, 1, 0x0112, kind, 1) + value + bytes(4)


def exif(*contents: bytes) -> list[bytes]:
    return [segment(0xE1, EXIF + content) for content in contents]


def xmp(orientation: int) -> bytes:
    return b'<rdf:Description tiff:Orientation="%d"/>' % orientation


def hexadecimal(data: bytes) -> bytes:
    """EXIF as ImageMagick writes it into a text."""
    digits = data.hex()
    lines = [digits[at : at + 72] for at in range(0, len(digits), 72)]
    return "\n".join(["", "exif", f"{len(data):8}", *lines, ""]).encode()


def spoiled(part: bytes) -> bytes:
    """A chunk with a wrong checksum."""
    return part[:-1] + bytes([part[-1] ^ 1])


# --- Orientation --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(in_jpeg(*exif(tiff(6), tiff(1))), id="an editor's behind the camera's"),
        pytest.param(in_jpeg(*exif(tiff(1), tiff(6))), id="the other way round"),
        pytest.param(in_jpeg(*exif(EXIF + tiff(6))), id="its header twice"),
        pytest.param(in_jpeg(*exif(tiff(6)[:20], tiff(6)[20:])), id="in two segments"),
        pytest.param(in_jpeg(*exif(tiff(6, 8))), id="signed"),
        pytest.param(in_jpeg(*exif(tiff(6, 9))), id="signed and long"),
        pytest.param(in_jpeg(segment(0xE1, XMP + xmp(8))), id="XMP alone"),
        pytest.param(
            in_jpeg(segment(0xE1, XMP + xmp(8)), *exif(tiff(3))), id="XMP that says something else"
        ),
        pytest.param(
            in_jpeg(segment(0xE1, XMP + xmp(8)), *exif(tiff(0))), id="XMP beside a 0 in EXIF"
        ),
        pytest.param(in_png(chunk(b"eXIf", tiff(5))), id="PNG"),
        pytest.param(in_png(chunk(b"eXIf", EXIF + tiff(5))), id="PNG with a header"),
        pytest.param(
            in_png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6))), id="PNG with XMP"
        ),
        pytest.param(
            in_png(chunk(b"tEXt", b"Raw profile type exif\0" + hexadecimal(EXIF + tiff(7)))),
            id="ImageMagick",
        ),
        pytest.param(
            in_png(
                chunk(
                    b"zTXt",
                    b"Raw profile type exif\0\0" + zlib.compress(hexadecimal(EXIF + tiff(7))),
                )
            ),
            id="ImageMagick, compressed",
        ),
    ],
)
def test_upright_as_pillow_has_it(data: bytes) -> None:
    """Wherever the orientation is written, the picture is turned as by `exif_transpose`."""
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    processed = imaging.process(data)
    assert (processed.width, processed.height) == upright.size
    stated = Image.open(io.BytesIO(data)).getexif().get(0x0112)
    assert containers.essentials(data).orientation == (stated or 1)


def test_xmp_may_be_compressed() -> None:
    """XMP in a PNG may be compressed."""
    packed = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp(6))
    assert containers.essentials(in_png(chunk(b"iTXt", packed))).orientation == 6


def test_damaged_orientation_is_not_believed() -> None:
    """EXIF with a wrong checksum says nothing, as in libpng."""
    assert containers.essentials(in_png(spoiled(chunk(b"eXIf", tiff(6))))).orientation == 1


# --- Damage beside the pixels -------------------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(spoiled(chunk(b"tEXt", b"Comment\0hello")), id="text"),
        pytest.param(spoiled(chunk(b"pHYs", struct.pack(">IIB", 3000, 3000, 1))), id="density"),
        pytest.param(spoiled(chunk(b"gAMA", struct.pack(">I", 100_000))), id="gamma"),
        pytest.param(spoiled(chunk(b"cICP", bytes((12, 13, 0, 1)))), id="colour space"),
        pytest.param(spoiled(chunk(b"iCCP", b"n\0\0" + zlib.compress(bytes(200)))), id="profile"),
        pytest.param(spoiled(chunk(b"tRNS", bytes(6))), id="transparency"),
        pytest.param(spoiled(chunk(b"acTL", struct.pack(">II", 2, 0))), id="animation"),
        pytest.param(spoiled(chunk(b"PLTE", bytes(9))), id="suggested palette"),
        pytest.param(spoiled(chunk(b"prIv", b"x")), id="private"),
        pytest.param(chunk(b"tRNS", b"\0"), id="transparency too short"),
        pytest.param(chunk(b"tRNS", bytes(7)), id="transparency too long"),
        pytest.param(chunk(b"gAMA", b"\0"), id="gamma too short"),
        pytest.param(chunk(b"gAMA", bytes(4)), id="gamma of nothing"),
        pytest.param(chunk(b"cHRM", bytes(32)), id="primaries of nothing"),
        pytest.param(chunk(b"cHRM", b"\xff" * 32), id="primaries beyond all colours"),
        pytest.param(chunk(b"cICP", bytes((2, 2, 0, 1))), id="unspecified colours"),
        pytest.param(chunk(b"iCCP", b"no end of its name"), id="profile without a name"),
        pytest.param(chunk(b"iCCP", b"n\0\0not packed"), id="profile that is not packed"),
        pytest.param(chunk(b"eXIf", b"junk"), id="EXIF"),
    ],
)
def test_damage_beside_the_pixels_of_a_png(part: bytes) -> None:
    """A part that decides nothing, or cannot be read, is left out: the picture is as without it."""
    assert imaging.process(in_png(part)) == imaging.process(PNG)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(segment(0xEE, b"Adobe"), id="Adobe"),
        pytest.param(segment(0xE2, b"ICC_PROFILE\0"), id="profile without numbers"),
        pytest.param(segment(0xE2, b"ICC_PROFILE\0\2\2half"), id="half a profile"),
        pytest.param(segment(0xE2, b"ICC_PROFILE\0\1\1x") * 2, id="profile twice"),
        pytest.param(segment(0xE0, b"JFIF\0"), id="JFIF"),
        pytest.param(segment(0xE0, b""), id="nothing"),
    ],
)
def test_damage_beside_the_pixels_of_a_jpeg(part: bytes) -> None:
    """A segment that is too short is nothing to libjpeg, and nothing here."""
    assert imaging.process(in_jpeg(part)) == imaging.process(JPEG)


def test_jpeg_with_a_short_jfif_segment_alone() -> None:
    """Without JFIF, the channels are those of their numbers, which is the same."""
    assert imaging.process(JPEG[:2] + segment(0xE0, b"JFIF\0") + JPEG[20:]) == imaging.process(JPEG)


def test_transparency_beyond_the_palette_is_left_out() -> None:
    """More of it than the palette has colours is no transparency, as in libpng."""
    palette = chunk(b"PLTE", bytes(range(12)))
    plain = imaging.process(black_png((8, 8), 2, PALETTE, 1, palette))
    long = imaging.process(black_png((8, 8), 2, PALETTE, 1, palette, chunk(b"tRNS", bytes(5))))
    assert long == plain


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(in_png(chunk(b"ABCD", b"x")), "chunk ABCD", id="unknown critical chunk"),
        pytest.param(spoiled(PNG[:33]) + PNG[33:], "IHDR", id="header"),
        pytest.param(
            black_png((8, 8), 2, PALETTE, 1, spoiled(chunk(b"PLTE", bytes(12)))), "PLTE", id="PLTE"
        ),
        pytest.param(
            black_png((8, 8), 2, PALETTE, 1, chunk(b"PLTE", bytes(11))), "palette", id="palette"
        ),
        pytest.param(
            black_png((8, 8), 2, PALETTE, 1, chunk(b"PLTE", bytes(12)) * 2), "palette", id="two"
        ),
        pytest.param(PNG[:33] + PNG[-12:], "before its pixels", id="no pixels"),
    ],
)
def test_what_concerns_the_pixels_of_a_png(data: bytes, reason: str) -> None:
    """Header, palette and pixels must be sound, and every part that they need known."""
    found = rejection(data)
    assert found.code == "CorruptImage"
    assert reason in found.message


def test_a_wrong_sum_over_the_pixels() -> None:
    """A wrong checksum of the pixels (Adler-32) says that they are not what was written; one that
    is lost says nothing, once every row is there.
    """
    length = int.from_bytes(PNG[33:37])
    pixels = PNG[41 : 41 + length]
    wrong = pixels[:-1] + bytes([pixels[-1] ^ 1])
    assert rejection(PNG[:33] + chunk(b"IDAT", wrong) + PNG[-12:]).code == "CorruptImage"
    lost = PNG[:33] + chunk(b"IDAT", pixels[:-4]) + PNG[-12:]
    assert imaging.process(lost) == imaging.process(PNG)


# --- Rare kinds ---------------------------------------------------------------------------------


def relabelled(marker: int) -> bytes:
    return JPEG.replace(b"\xff\xc0", bytes((0xFF, marker)), 1)


def deep() -> bytes:
    at = JPEG.index(b"\xff\xc0") + 4
    return JPEG[:at] + b"\x0c" + JPEG[at + 1 :]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(deep(), "12 bits", id="12 bits"),
        pytest.param(relabelled(0xC3), "lossless", id="lossless"),
        pytest.param(relabelled(0xC9), "arithmetic", id="arithmetic"),
        pytest.param(relabelled(0xCA), "arithmetic", id="arithmetic, progressive"),
        pytest.param(relabelled(0xCB), "lossless", id="arithmetic, lossless"),
        pytest.param(relabelled(0xC5), "hierarchical", id="hierarchical"),
        pytest.param(relabelled(0xF7), "JPEG-LS", id="JPEG-LS"),
        pytest.param(PNG[:8] + chunk(b"CgBI", b"\x50\0\x20\6") + PNG[8:], "iPhone", id="CgBI"),
    ],
)
def test_a_rare_kind_is_no_damaged_file(data: bytes, kind: str) -> None:
    """A sound file that browsers do not show is no damaged one, and the advice is another."""
    found = rejection(data)
    assert (found.code, found.stage) == ("UnsupportedFormat", "validate")
    assert kind in found.message
    assert "save it as" in found.action


@pytest.mark.parametrize("samples", [GREY, COLOUR])
def test_pixels_in_many_chunks(samples: int) -> None:
    """Pixels of one byte a chunk are the same pixels."""
    channels = {GREY: 1, COLOUR: 3}[samples]
    whole = black_png((8, 8), 8, samples, channels)
    length = int.from_bytes(whole[33:37])
    parts = (chunk(b"IDAT", whole[at : at + 1]) for at in range(41, 41 + length))
    assert imaging.process(whole[:33] + b"".join(parts) + whole[-12:]) == imaging.process(whole)
