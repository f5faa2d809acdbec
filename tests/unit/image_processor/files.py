"""Image files for the tests: a scene, and PNGs of kinds that Pillow reads but does not write."""

import io
import struct
import zlib
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Samples = npt.NDArray[np.uint8 | np.uint16]

GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6  # PNG colour types
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


@cache
def scene(width: int, height: int, seed: int = 1) -> Image.Image:
    """Soft light, texture, hard edges and fine lines: what shows a careless resize.

    Shared by all who ask for it: copy it to draw on it.
    """
    random = np.random.default_rng(seed)

    def clouds(cell: int) -> npt.NDArray[np.int16]:
        shape = (height // cell + 2, width // cell + 2, 3)
        small = Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8))
        return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)

    light = clouds(max(2, width // 20)) + (clouds(6) - 128) // 4
    image = Image.fromarray(np.clip(light, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for index in range(40):
        x, y = int(random.integers(width)), int(random.integers(height))
        size = int(random.integers(4, max(5, width // 10)))
        colour = tuple(int(value) for value in random.integers(0, 256, 3))
        if index % 2:
            draw.ellipse((x, y, x + size, y + size), fill=colour)
        else:
            draw.line((x, y, x + 4 * size, y - 2 * size), fill=colour, width=max(1, width // 700))
    return image


def encoded(image: Image.Image, image_format: str, **options: Any) -> bytes:
    """The image as a file."""
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def decoded(data: bytes) -> Image.Image:
    """The image in a file, read to its end."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def segment(marker: int, data: bytes) -> bytes:
    """A JPEG segment with its length."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def png(
    samples: Samples, depth: int, colour_type: int, *extra: bytes, interlaced: bool = False
) -> bytes:
    """A PNG of `samples` (height, width[, channels]) with `depth` bits each.

    `extra` are chunks to put before the pixels: a palette, a transparent colour.
    """
    height, width = samples.shape[:2]
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    rows = (
        b"\0" + _packed(row, depth)
        for x, y, across, down in passes
        if x < width
        for row in samples[y::down, x::across]
    )
    return png_of_rows(rows, (width, height), depth, colour_type, *extra, interlaced=interlaced)


def png_of_rows(
    rows: Iterable[bytes],
    size: tuple[int, int],
    depth: int,
    colour_type: int,
    *extra: bytes,
    interlaced: bool = False,
) -> bytes:
    """A PNG of filtered rows, in the order of the file, held one at a time."""
    deflate = zlib.compressobj(1)
    pixels = b"".join([*map(deflate.compress, rows), deflate.flush()])
    header = struct.pack(">IIBBBBB", *size, depth, colour_type, 0, 0, interlaced)
    chunks = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def black_png(
    size: tuple[int, int], depth: int, colour_type: int, channels: int, *extra: bytes
) -> bytes:
    """An interlaced PNG of zeros: the most pixels in the fewest bytes."""
    width, height = size
    rows = (
        bytes(1 + (-(-(width - x) // across) * depth * channels + 7) // 8)
        for x, y, across, down in _ADAM7
        if x < width
        for _ in range(y, height, down)
    )
    return png_of_rows(rows, size, depth, colour_type, *extra, interlaced=True)


def _packed(row: Samples, depth: int) -> bytes:
    if depth == 16:
        return row.astype(">u2").tobytes()
    if depth == 8:
        return row.astype(np.uint8).tobytes()
    bits = np.unpackbits(row.astype(np.uint8)[..., None], axis=-1)[..., -depth:]
    return np.packbits(bits.reshape(-1)).tobytes()
