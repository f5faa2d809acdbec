"""How a picture has to be turned to stand upright, wherever its writer has put that.

EXIF says it; some writers of PNG put their EXIF as hexadecimal text (ImageMagick's "Raw profile
type exif"), and some programs write XMP alone. Browsers read EXIF only; Pillow's `exif_transpose`
turns by all three, and so does this: who states an orientation wants an upright picture. EXIF
that states one goes before the others.

Each function returns 1 to 8, or None if nothing is stated. Damage does not make a picture bad.
"""

from __future__ import annotations

import re
import struct

UPRIGHT = 1

# TIFF 6.0, section 2: the byte order; then the types of whole numbers. The EXIF standard knows
# only SHORT here, writers also use LONG and the signed ones (8, 9), and the value is as clear.
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_ORIENTATION = 0x0112
_INTEGERS = {3: "H", 4: "I", 8: "h", 9: "i"}

# Some writers put the header twice.
_HEADERS = re.compile(rb"(?:Exif\0\0)*+")
_IN_XMP = re.compile(rb"""tiff:Orientation(?:=["']|>)([1-8])""")
# What is read of EXIF in hexadecimal: the first directory is at its beginning.
_MAX_HEXADECIMAL = 2**18


def of_exif(exif: bytes) -> int | None:
    """The orientation in EXIF data, with or without its header."""
    headers = _HEADERS.match(exif)
    tiff = memoryview(exif)[headers.end() if headers else 0 :]
    order = _BYTE_ORDERS.get(bytes(tiff[:4]))
    if not order:
        return None
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
    except struct.error:  # it ends too early
        return None
    entries = tiff[at + 2 : at + 2 + 12 * count]
    entries = entries[: len(entries) // 12 * 12]
    for tag, kind, values, content in struct.iter_unpack(f"{order}HHI4s", entries):
        if tag == _ORIENTATION and values == 1 and kind in _INTEGERS:
            (value,) = struct.unpack_from(f"{order}{_INTEGERS[kind]}", content)
            return int(value) if 1 <= value <= 8 else UPRIGHT
    return None


def of_hexadecimal(text: bytes) -> int | None:
    """The orientation in EXIF data as text: a line with its name, one with its size, its bytes."""
    digits = b"".join(text[:_MAX_HEXADECIMAL].split(b"\n")[3:])
    try:
        return of_exif(bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii")))
    except ValueError:
        return None


def of_xmp(packet: bytes) -> int | None:
    """The orientation in an XMP packet."""
    found = _IN_XMP.search(packet)
    return int(found[1]) if found else None
