"""Pictures put together from three pieces: the rows before a band, the band, and the rows after it.

Only the band of an upload is new, so making a twelve-megapixel photo costs milliseconds.
"""

import re
import struct
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_START_OF_SCAN = 0xDA
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FILTER_SUB = 1  # each byte minus the one a pixel to the left: knows nothing of the row above
_EMPTY_LAST_BLOCK = b"\x03\x00"
_ADLER_BASE = 65521


def cut_jpeg(jpeg: bytes, first: int, rows: int) -> tuple[bytes, bytes]:
    """What comes before and after the MCU rows `first` … `first + rows - 1` of a baseline JPEG.

    The JPEG has a restart marker after every MCU row: coding starts afresh behind each (ITU-T T.81,
    E.1.4), so rows can be exchanged between files with the same tables. The last row must stay.
    """
    start = _scan_start(jpeg)
    markers = [marker.start() for marker in _RESTART.finditer(jpeg, start)]
    begin = markers[first - 1] + 2 if first else start
    return jpeg[:begin], jpeg[markers[first + rows - 1] :]


def jpeg_band(strip: bytes, first: int) -> bytes:
    """The rows of the JPEG `strip`, numbered to stand from MCU row `first` on in another JPEG."""
    rows = _RESTART.split(strip[_scan_start(strip) : -2])
    numbered = [row + bytes([0xFF, 0xD0 + (first + number) % 8]) for number, row in enumerate(rows)]
    return b"".join(numbered)[:-2]


def with_exif(jpeg: bytes, exif: bytes) -> bytes:
    """`jpeg`, or its head, with `exif` (which starts with "Exif") as its first segment, APP1."""
    return b"".join(
        (jpeg[:2], b"\xff\xe1", struct.pack(">H", len(exif) + 2), exif, memoryview(jpeg)[2:])
    )


def _scan_start(jpeg: bytes) -> int:
    """Where the entropy-coded data of the first scan begins."""
    position = 2
    while True:
        marker, length = jpeg[position + 1], int.from_bytes(jpeg[position + 2 : position + 4])
        position += 2 + length
        if marker == _START_OF_SCAN:
            return position


def png_head(
    width: int, height: int, depth: int, colour: int, extra: Mapping[bytes, bytes]
) -> bytes:
    """Signature, IHDR and the chunks of `extra`; `depth` and `colour` as in PNG section 11.2.1."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"".join(
        [_PNG_SIGNATURE, chunk(b"IHDR", header), *(chunk(n, d) for n, d in extra.items())]
    )


def png_rows(rows: NDArray[np.uint8], pixel_bytes: int, *, first: bool) -> tuple[bytes, int, int]:
    """An IDAT chunk of `rows` (rows × bytes) that can stand next to others, its Adler-32 and size.

    A full flush ends it, so that nothing in it refers to what came before (RFC 1951, zlib manual).
    """
    filtered = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = _FILTER_SUB
    filtered[:, 1 : pixel_bytes + 1] = rows[:, :pixel_bytes]
    np.subtract(rows[:, pixel_bytes:], rows[:, :-pixel_bytes], out=filtered[:, pixel_bytes + 1 :])
    plain = filtered.tobytes()
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = deflate.compress(plain) + deflate.flush(zlib.Z_FULL_FLUSH)
    return (
        chunk(b"IDAT", (b"\x78\x9c" if first else b"") + packed),
        zlib.adler32(plain),
        len(plain),
    )


def png_end(adler: int) -> bytes:
    """The end of the image data, whose whole Adler-32 is `adler`, and of the file."""
    return chunk(b"IDAT", _EMPTY_LAST_BLOCK + struct.pack(">I", adler)) + chunk(b"IEND", b"")


def joined_adler(first: int, second: int, second_size: int) -> int:
    """The Adler-32 of two pieces of data together, from that of each and the second's size."""
    low = (first & 0xFFFF) + (second & 0xFFFF) - 1
    high = (first >> 16) + (second >> 16) + second_size * ((first & 0xFFFF) - 1)
    return high % _ADLER_BASE << 16 | low % _ADLER_BASE


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG with its length and checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
