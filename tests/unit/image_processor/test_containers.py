"""What is taken out of a file before it is decoded, and what is not."""

import struct
import warnings
import zlib

import pytest
from PIL import Image

import imaging
from containers import essentials
from rejections import Rejection
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

JPEG = encoded(scene(96, 64), "JPEG")


def tiff(*entries: bytes) -> bytes:
    """EXIF data of these entries, big-endian."""
    return b"MM\0*" + struct.pack(">IH", 8, len(entries)) + b"".join(entries)


@pytest.mark.parametrize("name", [b"transparency", b"icc_profile", b"bbox", b"interlace", b"exif"])
def test_a_text_is_no_property(name: bytes) -> None:
    """A text in a PNG does not become what its name says, nor does it make the picture bad."""
    plain = imaging.process(black_png((8, 8), 8, COLOUR, 3))
    assert imaging.process(black_png((8, 8), 8, COLOUR, 3, chunk(b"tEXt", name + b"\0x"))) == plain


def test_texts_are_not_unfolded() -> None:
    """Texts that would take gigabytes are left out unread."""
    packed = zlib.compress(bytes(50_000_000), 9)
    file = black_png((8, 8), 8, GREY, 1, chunk(b"zTXt", b"k\0\0" + packed))
    assert len(essentials(file).file) < 200


def test_what_follows_the_picture_is_left_out() -> None:
    """Phones append films and further pictures to a JPEG, which may hold anything."""
    film = b"ftyp" + b"\xff\xda\0\x08" * 100
    found = essentials(JPEG + film)
    assert found.file == JPEG
    assert imaging.process(JPEG + film) == imaging.process(JPEG)


def test_the_picture_stays_as_it_is() -> None:
    """Without baggage, the file is the same to the byte."""
    for image_format, options in (("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {})):
        data = encoded(scene(96, 64), image_format, **options)
        assert essentials(data).file == data


@pytest.mark.parametrize("between", [b"\xff\xff\xff", b"junk"])
def test_filling_between_segments_is_skipped(between: bytes) -> None:
    """Filling and junk before a marker are skipped, as decoders do."""
    assert imaging.process(JPEG[:20] + between + JPEG[20:]) == imaging.process(JPEG)


@pytest.mark.parametrize(
    "exif",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"MM\0*\0\0\0\x08", id="no directory"),
        pytest.param(b"MM\0*\xff\xff\xff\xff", id="a directory far away"),
        pytest.param(tiff(struct.pack(">HHII", 0x0112, 3, 1, 0)), id="orientation 0"),
        pytest.param(tiff(struct.pack(">HHIHH", 0x0112, 3, 1, 9, 0)), id="orientation 9"),
        pytest.param(tiff(struct.pack(">HHII", 0x0112, 3, 2, 8)), id="two orientations"),
        pytest.param(tiff(struct.pack(">HHII", 0x0112, 2, 1, 0x36000000)), id="a letter"),
        pytest.param(
            tiff(*(struct.pack(">HHII", tag, 7, 2**31, 8) for tag in range(2000))), id="bombs"
        ),
    ],
)
def test_broken_exif_is_no_fault(exif: bytes) -> None:
    """Whatever is in EXIF data, the picture is processed as it is, without a word in the log."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for file in (
            JPEG[:2] + segment(0xE1, b"Exif\0\0" + exif) + JPEG[2:],
            black_png((96, 64), 8, GREY, 1, chunk(b"eXIf", exif)),
        ):
            processed = imaging.process(file)
            assert (processed.width, processed.height) == (96, 64)


@pytest.mark.parametrize(("form", "kind"), [("H2x", 3), ("I", 4)])
@pytest.mark.parametrize("order", "<>")
def test_orientation_of_either_byte_order(order: str, form: str, kind: int) -> None:
    """Short or long, big- or little-endian."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}IH", 8, 2)
    other = struct.pack(f"{order}HHII", 0x0100, 4, 1, 96)
    entry = struct.pack(f"{order}HHI{form}", 0x0112, kind, 1, 6)
    exif = b"Exif\0\0" + head + other + entry
    assert essentials(JPEG[:2] + segment(0xE1, exif) + JPEG[2:]).orientation == 6


def test_a_second_header_is_refused() -> None:
    """A PNG whose header changes on the way is no sound one."""
    header = struct.pack(">IIBBBBB", 8, 8, 16, COLOUR, 0, 0, 1)
    with pytest.raises(Rejection, match="only header"):
        imaging.process(black_png((8, 8), 8, GREY, 1, chunk(b"IHDR", header)))


def test_an_animation_of_one_frame_is_a_still() -> None:
    """One frame that is the picture itself; two make an animation."""
    control = struct.pack(">IIIIIHHBB", 0, 8, 8, 0, 0, 1, 1, 0, 0)
    still = chunk(b"acTL", struct.pack(">II", 1, 0)) + chunk(b"fcTL", control)
    assert imaging.process(black_png((8, 8), 8, GREY, 1, still)).format == "PNG"
    with pytest.raises(Rejection) as raised:
        imaging.process(black_png((8, 8), 8, GREY, 1, chunk(b"acTL", struct.pack(">II", 2, 0))))
    assert raised.value.code == "AnimatedImage"


def test_sampling_of_zero_is_refused() -> None:
    """A progressive JPEG whose header says that its channels have no pixels."""
    data = bytearray(encoded(Image.new("RGB", (64, 48)), "JPEG", progressive=True))
    components = data.index(b"\xff\xc2") + 10
    for number in range(3):
        data[components + 3 * number + 1] = 0
    with pytest.raises(Rejection):
        imaging.process(bytes(data))


def test_a_palette_that_is_missing() -> None:
    """Pixels that are numbers of colours, without the colours."""
    with pytest.raises(Rejection, match="palette"):
        imaging.process(black_png((8, 8), 8, PALETTE, 1))


def test_profile_is_kept() -> None:
    """A profile in several segments is read whole."""
    profile = bytes(range(256)) * 400
    data = encoded(scene(32, 32), "JPEG", icc_profile=profile)
    assert essentials(data).profile == profile
