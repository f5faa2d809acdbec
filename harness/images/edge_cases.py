"""Edge cases: a picture of any kind, and files that a careless function cannot handle.

A path gives the same bytes each time.
"""

import io
import re
import struct
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.images.corpus import SCENES, Kind, Picture
from harness.images.splice import (
    chunk,
    joined_adler,
    jpeg_band,
    png_end,
    png_head,
    png_rows,
    with_exif,
)

SMALL = Kind("small", 0, 320, 240)
SMALL_PNG = Kind("small-png", 0, 320, 240, "PNG", "RGBA", content="graphic")

# The largest photo that is taken: decoded at its full size, it takes 479 MB.
VAST = (12_600, 9_504)
# A screenshot of a wall: a PNG cannot be decoded smaller than it is, and this one takes 202 MB.
WALL = (8_000, 6_300)
_MCU = 16
_ROWS = 100


def picture(path: str, number: int = 0, kind: Kind = SMALL, **fields: Any) -> Picture:
    """A sound picture to upload as `path`; with another number, another picture."""
    given = {"orientation": 1, "metadata": {}, **fields}
    return Picture(
        number, path, kind, number % SCENES, 0x123456789ABCDE + number * 0x777777, **given
    )


def vast_photo() -> tuple[bytes, Image.Image]:
    """A JPEG of 120 megapixels, and what it must become but for its height of one pixel.

    One row of blocks, encoded once and repeated, so that it costs neither time nor memory here.
    """
    width, height = VAST
    line = _line(width)
    rows = height // _MCU
    file = io.BytesIO()
    line.resize((width, 2 * _MCU)).save(file, "JPEG", quality=90, restart_marker_rows=1)
    encoded = file.getvalue()
    head = encoded[: encoded.index(b"\xff\xda")]
    start_of_scan = encoded[len(head) : len(head) + 14]  # T.81, B.2.3: three components
    frame = head.index(b"\xff\xc0") + 5  # past marker, length and precision: the height
    head = head[:frame] + struct.pack(">H", height) + head[frame + 2 :]
    one = re.split(rb"\xff[\xd0-\xd7]", jpeg_band(encoded, 0))[0]
    scan = b"".join(one + bytes([0xFF, 0xD0 + row % 8]) for row in range(rows))[:-2]
    return head + start_of_scan + scan + b"\xff\xd9", line


def wall() -> tuple[bytes, Image.Image]:
    """A PNG of 50 megapixels, made of the same rows again and again, and its line."""
    line = _line(WALL[0])
    return _png(np.repeat(np.asarray(line).reshape(1, -1), _ROWS, axis=0), WALL), line


def _png(rows: NDArray[np.uint8], size: tuple[int, int]) -> bytes:
    """An RGB PNG of `size` in which `rows` are repeated down to its end."""
    repeats = size[1] // len(rows)
    first, adler, length = png_rows(rows, 3, first=True)
    further, _, _ = png_rows(rows, 3, first=False)
    whole = adler
    for _ in range(repeats - 1):
        whole = joined_adler(whole, adler, length)
    return png_head(*size, 8, 2, {}) + first + further * (repeats - 1) + png_end(whole)


def _line(width: int) -> Image.Image:
    """A row of pixels in which every column has a colour of its own."""
    ramp = np.linspace(0, 255, width).astype(np.uint8)
    return Image.fromarray(np.stack([ramp, ramp[::-1], 255 - ramp // 2], axis=-1)[None])


def unusable() -> Mapping[str, bytes]:
    """Files that are no sound still JPEG or PNG, by file name; an extension proves nothing."""
    photo, png = _encoded("JPEG"), _encoded("PNG")
    middle = len(png) // 2
    return {
        "empty.jpg": b"",
        "notes.jpg": b"Dear diary, this is not a picture.\n",
        "page.png": b"<!doctype html><title>404 Not Found</title>",
        "film.png": _encoded("GIF"),
        "modern.jpeg": _encoded("WEBP"),
        "half.jpg": photo[: len(photo) // 2],
        "header only.jpg": photo[:100],
        "flipped bit.png": png[:middle] + bytes([png[middle] ^ 1]) + png[middle + 1 :],
        "animation.png": _animation(),
        "lies.png": _claiming(60_000, 60_000),
        "claims 5 GB.png": _claiming(41_000, 41_000),
        "chunk of 4 GB.png": _chunk_of(2**32 - 1),
        "absurd.png": _claiming(2**31 - 1, 2**31 - 1),
        "absurd.jpg": _resized(photo, 65_535, 65_535),
        "0x0.png": _claiming(0, 0),
        "0x0.jpg": _resized(photo, 0, 0),
        "two inks.jpg": _of_two_channels(photo),
        "unknown colours.png": _claiming(8, 8, colour=5),
        "no palette.png": _claiming(8, 8, colour=3),
        "bomb.png": _bomb(),
        "half with an end.jpg": photo[: len(photo) // 2] + b"\xff\xd9",
        "12 bits.jpg": _of_twelve_bits(photo),
        "for iPhones.png": png[:8] + chunk(b"CgBI", b"\x50\0\x20\6") + png[8:],
        "needs a reader.png": png[:33] + chunk(b"ABCD", b"x") + png[33:],
    }


def careless() -> Mapping[str, Callable[[bytes], bytes]]:
    """What careless programs make of a sound file, by file name; the picture is none the worse."""
    camera, editor = (
        b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, turned, 0, 0)
        for turned in (1, 6)
    )
    text, transparency = chunk(b"tEXt", b"Comment\0hello"), chunk(b"tRNS", b"\0")
    return {
        **{f"EXIF {name}.jpg": partial(_with, exif) for name, exif in broken_exif().items()},
        "an editor's EXIF behind the camera's.jpg": lambda jpeg: _with(camera, _with(editor, jpeg)),
        "without its end mark.jpg": lambda jpeg: jpeg[:-2],
        "FF to the end.jpg": lambda jpeg: jpeg[:-2] + b"\xff" * 2**20,
        "without its end.png": lambda png: png[:-12],
        "a text with a wrong checksum.png": lambda png: png[:33] + text[:-4] + bytes(4) + png[33:],
        "a transparency too short.png": lambda png: png[:33] + transparency + png[33:],
    }


def _with(exif: bytes, jpeg: bytes) -> bytes:
    return with_exif(jpeg, exif)


def broken_exif() -> Mapping[str, bytes]:
    """EXIF data (CIPA DC-008) that nobody can make sense of; no picture is the worse for it."""
    head = b"Exif\0\0MM\0*" + struct.pack(">I", 8)
    everywhere = b"".join(struct.pack(">HHII", tag, 7, 2**31, 2**32 - 1) for tag in range(900))
    return {
        "junk": b"Exif\0\0" + bytes(range(256)) * 20,
        "cut off": head + struct.pack(">HHH", 40, 0x0112, 3),
        "nowhere": head[:-4] + struct.pack(">I", 2**32 - 1),
        "in a circle": head + struct.pack(">HHHII", 1, 0x8769, 4, 1, 8) + struct.pack(">I", 8),
        "4 GB each": head + struct.pack(">H", 900) + everywhere,
        "orientation 99": head + struct.pack(">HHHIHH", 1, 0x0112, 3, 1, 99, 0),
    }


def _noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (90, 120, 3), np.uint8))


def _encoded(form: str) -> bytes:
    file = io.BytesIO()
    _noise().save(file, form)
    return file.getvalue()


def _animation() -> bytes:
    file = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    return file.getvalue()


def _claiming(width: int, height: int, colour: int = 2) -> bytes:
    """A PNG of 63 bytes whose header says that it has so many pixels, of this colour type."""
    return png_head(width, height, 8, colour, {}) + png_end(1)


def _chunk_of(size: int) -> bytes:
    """A PNG that says that its first chunk of pixels has so many bytes; they are not there."""
    head = png_head(90, 120, 8, 2, {})
    return head + struct.pack(">I4s", size, b"IDAT") + bytes(200)


def _resized(photo: bytes, width: int, height: int) -> bytes:
    """A JPEG whose header says that it is of this size (T.81, B.2.2)."""
    at = photo.index(b"\xff\xc0") + 5
    return photo[:at] + struct.pack(">HH", height, width) + photo[at + 4 :]


def _of_twelve_bits(photo: bytes) -> bytes:
    """A JPEG that says it has 12 bits a channel (T.81, B.2.2), as X-rays have."""
    at = photo.index(b"\xff\xc0") + 4
    return photo[:at] + b"\x0c" + photo[at + 1 :]


def _of_two_channels(photo: bytes) -> bytes:
    """A JPEG that says it has two channels, which are no colours that anybody knows."""
    at = photo.index(b"\xff\xc0")
    frame = photo[at + 4 : at + 9] + b"\2" + photo[at + 10 : at + 16]
    length = struct.unpack(">H", photo[at + 2 : at + 4])[0]
    return photo[: at + 2] + struct.pack(">H", len(frame) + 2) + frame + photo[at + 2 + length :]


def _bomb() -> bytes:
    """A sound PNG of less than a megabyte, black, that takes 900 MB to decode."""
    return _png(np.zeros((_ROWS, 45_000), np.uint8), (15_000, 15_000))
