"""Files that could make a careless reader work for ever: each writer makes one of about n bytes."""

import random
import struct
import zlib
from collections.abc import Callable, Mapping

from PIL import ImageCms

from tests.unit.image_processor.files import chunk, encoded, scene, segment

_JPEG = encoded(scene(64, 48), "JPEG")
_PROGRESSIVE = encoded(scene(64, 48), "JPEG", progressive=True)
_PNG = encoded(scene(64, 48), "PNG")
_PALETTE = encoded(scene(64, 48).quantize(16), "PNG")
_EXIF, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_LARGEST = 65_533  # the content of a segment

type Writer = Callable[[int], bytes]


def _in_jpeg(part: bytes, n: int) -> bytes:
    return _JPEG[:2] + part * (n // len(part)) + _JPEG[2:]


def _in_png(part: bytes, n: int) -> bytes:
    return _PNG[:33] + part * (n // len(part)) + _PNG[33:]


def _one_chunk(kind: bytes, head: bytes, n: int) -> bytes:
    return _PNG[:33] + chunk(kind, head + b"x" * n) + _PNG[33:]


def _packed(kind: bytes, head: bytes, n: int) -> bytes:
    """A chunk of up to n bytes that unfold to a thousand times as much."""
    return _PNG[:33] + chunk(kind, head + zlib.compress(bytes(900 * min(n, 50_000)))) + _PNG[33:]


def _directory(n: int) -> bytes:
    """An EXIF directory as long as can be, in a file of many, each with a header of its own."""
    entries = struct.pack(">HHII", 0x0100, 4, 1, 8) * 5_000
    exif = _EXIF + b"MM\0*" + struct.pack(">IH", 8, 65_535) + entries
    return _in_jpeg(segment(0xE1, exif), n)


def _many_headers(n: int) -> bytes:
    return _in_jpeg(segment(0xE1, (_EXIF * 20_000)[:_LARGEST]), n)


def _profile_in_pieces(n: int) -> bytes:
    pieces = min(255, n // 60_000 + 1)
    profile = _profile(min(n, 255 * 60_000))
    size = -(-len(profile) // pieces)
    return (
        _JPEG[:2]
        + b"".join(
            segment(0xE2, _ICC + bytes((at + 1, pieces)) + profile[at * size : (at + 1) * size])
            for at in range(pieces)
        )
        + _JPEG[2:]
    )


def _profile(n: int) -> bytes:
    sound = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    renamed = sound.replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))
    return struct.pack(">I", max(n, len(sound))) + renamed[4:] + bytes(max(0, n - len(sound)))


def _chains(n: int) -> bytes:
    """A profile whose chain of matrices is as long as n bytes allow; each is the same one."""
    matrix = b"matf\0\0\0\0" + struct.pack(">HH12f", 3, 3, *(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0))
    count = min(n, 7_000_000) // 8
    places = struct.pack(">II", 16 + 8 * count, len(matrix)) * count
    chain = b"mpet\0\0\0\0" + struct.pack(">HHI", 3, 3, count) + places + matrix
    table = struct.pack(">I4sII", 1, b"D2B0", 144, len(chain))
    sound = _profile(0)
    profile = struct.pack(">I", 144 + len(chain)) + sound[4:128] + table + chain
    return _PNG[:33] + chunk(b"iCCP", b"name\0\0" + zlib.compress(profile, 0)) + _PNG[33:]


def _one_byte_of_pixels(n: int) -> bytes:
    """Every byte of the pixels in a chunk of its own."""
    row = random.Random(1).randbytes(n // 13)
    pixels = zlib.compress(b"\0" + row, 0)
    head = struct.pack(">IIBBBBB", len(row), 1, 8, 0, 0, 0, 0)
    parts = (chunk(b"IDAT", pixels[at : at + 1]) for at in range(len(pixels)))
    return _PNG[:8] + chunk(b"IHDR", head) + b"".join(parts) + chunk(b"IEND", b"")


def _scans(n: int) -> bytes:
    last = _PROGRESSIVE.rindex(b"\xff\xda")
    scan = _PROGRESSIVE[last:-2]
    return _PROGRESSIVE[:last] + scan * (n // len(scan)) + _PROGRESSIVE[-2:]


def _xmp_without_end(n: int) -> bytes:
    return _in_jpeg(segment(0xE1, _XMP + b"tiff:Orientation" * 4_000), n)


WRITERS: Mapping[str, Writer] = {
    "FF behind the pixels": lambda n: _JPEG[:-2] + b"\xff" * n,
    "FF before an end": lambda n: _JPEG[:-2] + b"\xff" * n + b"\xff\xd9",
    "FF before the pixels": lambda n: _JPEG[:2] + b"\xff" * n + _JPEG[2:],
    "FF and zero behind the pixels": lambda n: _JPEG[:-2] + b"\xff\0" * (n // 2) + _JPEG[-2:],
    "runs of FF and zero": lambda n: _JPEG[:2] + (b"\xff" * 99 + b"\0") * (n // 100) + _JPEG[2:],
    "restart markers": lambda n: _JPEG[:-2] + b"\xff\xd0" * (n // 2) + _JPEG[-2:],
    "zeros behind the pixels": lambda n: _JPEG[:-2] + bytes(n),
    "zeros before the pixels": lambda n: _JPEG[:20] + bytes(n) + _JPEG[20:],
    "empty comments": lambda n: _in_jpeg(segment(0xFE, b""), n),
    "empty tables": lambda n: _in_jpeg(segment(0xDB, b""), n),
    "large comments": lambda n: _in_jpeg(segment(0xFE, bytes(_LARGEST)), n),
    "large tables": lambda n: _in_jpeg(segment(0xDB, bytes(65 * 1000)), n),
    "many Exif segments": lambda n: _in_jpeg(segment(0xE1, _EXIF + b"MM\0*\0\0\0\x08\0\0"), n),
    "long EXIF directories": _directory,
    "many Exif headers": _many_headers,
    "XMP without an end": _xmp_without_end,
    "a profile in pieces": _profile_in_pieces,
    "a profile in tiny pieces": lambda n: _in_jpeg(segment(0xE2, _ICC + b"\1\1x"), n),
    "a profile of chains": _chains,
    "many JFIF segments": lambda n: _in_jpeg(_JPEG[2:20], n),
    "many scans": _scans,
    "many scans behind the picture": lambda n: (
        _JPEG[:-2] + _JPEG[_JPEG.index(b"\xff\xda") : -2] * (n // 1_500)
    ),
    "a progressive one that begins again": lambda n: _PROGRESSIVE + _PROGRESSIVE[2:] * (n // 3_000),
    "empty chunks": lambda n: _in_png(chunk(b"prIv", b""), n),
    "tiny texts": lambda n: _in_png(chunk(b"tEXt", b"Author\0me"), n),
    "tiny XMP": lambda n: _in_png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0x"), n),
    "a private chunk": lambda n: _one_chunk(b"prIv", b"", n),
    "a text": lambda n: _one_chunk(b"tEXt", b"Author\0", n),
    "XMP in a text": lambda n: _one_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0", n),
    "XMP of zeros": lambda n: _one_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1" + bytes(n), n),
    "EXIF in hexadecimal": lambda n: _one_chunk(b"tEXt", b"Raw profile type exif\0\n\n\n", n),
    "EXIF in a chunk": lambda n: _one_chunk(b"eXIf", b"MM\0*\0\0\0\x08\xff\xff" + bytes(n), n),
    "Exif headers in a chunk": lambda n: _one_chunk(b"eXIf", _EXIF * (n // 6), n),
    "a packed text": lambda n: _packed(b"zTXt", b"Author\0\0", n),
    "packed XMP": lambda n: _packed(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0", n),
    "packed EXIF": lambda n: _packed(b"zTXt", b"Raw profile type exif\0\0", n),
    "a packed profile": lambda n: _packed(b"iCCP", b"name\0\0", n),
    "a profile": lambda n: _one_chunk(b"iCCP", b"name\0\0" + zlib.compress(_profile(n), 0), 0),
    "a palette again and again": lambda n: (
        _PALETTE[:33] + _PALETTE[33 : 33 + 60] * (n // 60) + _PALETTE[33:]
    ),
    "pixels of one byte": _one_byte_of_pixels,
    "empty pixels": lambda n: _in_png(chunk(b"IDAT", b""), n),
    "pixels behind the picture": lambda n: _PNG[:-12] + chunk(b"IDAT", bytes(n)) + _PNG[-12:],
    "junk behind the pixels": lambda n: _PNG[:-12] + bytes(n),
}
