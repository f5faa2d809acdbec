"""What of a JPEG or PNG file makes the picture; everything else in it is left out.

In: the bytes of an upload. Out: its `Essentials`, of which imaging.py decodes the file, or a
Rejection. Decoders never see texts, comments, EXIF and other baggage, where parsers stumble: those
can be made to cost memory and time without end, and in Pillow a text can pose as a property.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from typing import Literal

import rejections

# Real files have some dozens, or thousands where a PNG's pixels come in chunks of 8 KB.
MAX_PARTS = 50_000

_JPEG_MAGIC = b"\xff\xd8\xff"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"

# JPEG (ITU-T T.81, annex B.1.1). Any number of FF may stand before a marker, and what is none is
# skipped, as decoders do: after a start of scan, that is the pixels with their restart markers.
_MARKER = re.compile(rb"\xff+([^\xff\x00\xd0-\xd7])")
_END_OF_IMAGE, _START_OF_SCAN, _COMMENT = 0xD9, 0xDA, 0xFE
_WITHOUT_LENGTH = {0x01, 0xD8}
_APPLICATION = range(0xE0, 0xF0)
# Of what applications put into a JPEG, what decides how its pixels look.
_COLOUR_SEGMENTS = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_EXIF_SEGMENT = 0xE1, b"Exif\0\0"

# PNG (third edition, 11.2 and 11.3).
_BEFORE_PIXELS = {b"PLTE", b"tRNS", b"iCCP"}
_COLOUR_TYPE_AT, _INDEXED = 25, 3

# TIFF 6.0, section 2: the byte order, and the types that an orientation has in practice.
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_ORIENTATION = 0x0112
_INTEGERS = {3: "H", 4: "I"}


@dataclass(frozen=True, slots=True)
class Essentials:
    """A JPEG or PNG (`format`) of the same picture, and its EXIF orientation, 1 to 8.

    `scans` is how often a JPEG's pixels are visited, `upload_bytes` the size of the whole upload.
    """

    format: Literal["JPEG", "PNG"]
    file: bytes
    orientation: int
    upload_bytes: int
    scans: int = 0


def essentials(data: bytes) -> Essentials:
    """What makes the picture. The content decides what it is.

    Checks what decoders do not: the checksums of a PNG, that it is one picture, and that the file
    does not consist of parts without end. Raises Rejection.
    """
    if data.startswith(_JPEG_MAGIC):
        return _jpeg(data)
    if data.startswith(_PNG_MAGIC):
        return _png(data)
    raise rejections.not_an_image(data[:8])


def _jpeg(data: bytes) -> Essentials:
    """Up to the first picture's end: further pictures or a film may follow it."""
    view = memoryview(data)
    kept, orientation, scans, at = [view[:2]], 1, 0, 2
    for _ in range(MAX_PARTS):
        found = _MARKER.search(data, at)
        if not found:
            if not scans:
                raise _cut_off("before its pixels")
            kept.append(view[at:])  # the decoder knows whether pixels are missing
            return Essentials("JPEG", b"".join(kept), orientation, len(data), scans)
        if scans:
            kept.append(view[at : found.start()])
        marker, start = found[1][0], found.end() - 2
        at = found.end()
        if marker not in _WITHOUT_LENGTH and marker != _END_OF_IMAGE:
            length = int.from_bytes(view[at : at + 2])
            at += length
            if length < 2 or at > len(data):
                raise _cut_off(f"in segment {marker:02X}")
        content = view[start + 4 : at]
        if marker == _EXIF_SEGMENT[0] and bytes(content[:6]) == _EXIF_SEGMENT[1] and not scans:
            orientation = _orientation(bytes(content[6:]))
        if _shows(marker, content):
            kept.append(view[start:at])
        scans += marker == _START_OF_SCAN
        if marker == _END_OF_IMAGE:
            return Essentials("JPEG", b"".join(kept), orientation, len(data), scans)
    raise _too_many_parts()


def _shows(marker: int, content: memoryview) -> bool:
    """Whether a segment of a JPEG matters to its pixels."""
    if marker in _COLOUR_SEGMENTS:
        begins = _COLOUR_SEGMENTS[marker]
        return bytes(content[: len(begins)]) == begins
    return marker not in _APPLICATION and marker != _COMMENT


def _png(data: bytes) -> Essentials:
    view = memoryview(data)
    kept, orientation, at = [view[:8]], 1, 8
    frames = in_pixels = first_is_frame = has_palette = 0
    for number in range(MAX_PARTS):
        if at + 12 > len(data):
            raise _cut_off("before its end")
        length, kind = struct.unpack_from(">I4s", data, at)
        start, end = at + 8, at + 12 + length
        if end > len(data):
            raise _cut_off(f"in chunk {_name(kind)}")
        if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(view[end - 4 : end]):
            raise rejections.corrupt("validate", f"the checksum of chunk {_name(kind)} is wrong")
        if (kind == b"IHDR") != (number == 0):
            raise rejections.corrupt("validate", "it does not begin with its only header")
        if kind == b"acTL" and not in_pixels and length >= 8:
            frames = int.from_bytes(view[start : start + 4])
        elif kind == b"fcTL":
            first_is_frame |= not in_pixels
        elif kind == b"eXIf":
            orientation = _orientation(data[start : end - 4])
        elif kind in (b"IHDR", b"IDAT", b"IEND") or (kind in _BEFORE_PIXELS and not in_pixels):
            kept.append(view[at:end])
            in_pixels |= kind == b"IDAT"
            has_palette |= kind == b"PLTE"
        if kind == b"IEND":
            if data[_COLOUR_TYPE_AT] == _INDEXED and not has_palette:
                raise rejections.corrupt("validate", "its pixels are of a palette that is missing")
            # The default image of an animation need not be one of its frames.
            if frames and (frames + (not first_is_frame)) > 1:
                raise rejections.animated(frames)
            return Essentials("PNG", b"".join(kept), orientation, len(data))
        at = end
    raise _too_many_parts()


def _orientation(exif: bytes) -> int:
    """The orientation in EXIF data, 1 to 8; damaged EXIF does not make the picture a bad one."""
    order = _BYTE_ORDERS.get(exif[:4])
    if not order:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, form, values = struct.unpack_from(f"{order}HHI", exif, entry)
            if tag == _ORIENTATION and values == 1 and form in _INTEGERS:
                (value,) = struct.unpack_from(f"{order}{_INTEGERS[form]}", exif, entry + 8)
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:  # it ends too early
        pass
    return 1


def _name(kind: bytes) -> str:
    return kind.decode("ascii", "backslashreplace")


def _cut_off(where: str) -> rejections.Rejection:
    return rejections.corrupt("validate", f"the file ends {where}")


def _too_many_parts() -> rejections.Rejection:
    return rejections.decompression_bomb(f"more than {MAX_PARTS:,} parts")
