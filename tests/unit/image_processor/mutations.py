"""Damage to real files, drawn by Hypothesis.

A JPEG or PNG comes in; the same file after a few mutations goes out: of its bytes, of its parts
(segments or chunks), of the sizes in its header, of its EXIF and profile. test_fuzz.py draws them.
"""

import re
import struct
import zlib
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import accumulate

from hypothesis import strategies as st

from tests.unit.image_processor import baggage
from tests.unit.image_processor.baggage import JUNK, SIZES, Draw, parts
from tests.unit.image_processor.files import chunk


class File(bytes):
    """Bytes that are not shown in full when a test fails: Hypothesis says how to get them again."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes, {self[:4].hex()}…, sha256 {sha256(self).hexdigest()[:12]}>"


@st.composite
def damaged(draw: Draw, originals: Sequence[File]) -> File:
    """One of the files after up to five mutations, which may undo or worsen one another."""
    data: bytes = draw(st.sampled_from(originals))
    for mutate in draw(st.lists(st.sampled_from(_MUTATIONS), min_size=1, max_size=5)):
        data = mutate(draw, data, originals)
    return File(data)


@st.composite
def with_broken_baggage(draw: Draw, originals: Sequence[File]) -> File:
    """One of the files with up to three parts beside the picture that make no sense."""
    data: bytes = draw(st.sampled_from(originals))
    for mutate in draw(st.lists(st.sampled_from(_HARMLESS), min_size=1, max_size=3)):
        data = mutate(draw, data, originals)
    return File(data)


# --- Bytes --------------------------------------------------------------------------------------


def _flip(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """Some bits turn over."""
    changed = bytearray(data)
    for at in draw(st.lists(_place(data), min_size=1, max_size=8)):
        if at < len(changed):
            changed[at] ^= 1 << draw(st.integers(0, 7))
    return bytes(changed)


def _cut(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """The end is missing."""
    return data[: draw(_place(data))]


def _hole(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """A piece is missing, or other bytes are in its place."""
    at = draw(_place(data))
    return data[:at] + draw(JUNK) + data[at + draw(st.integers(0, 400)) :]


def _splice(draw: Draw, data: bytes, originals: Sequence[bytes]) -> bytes:
    """It begins as one file and goes on as another."""
    other = draw(st.sampled_from(originals))
    return data[: draw(_place(data))] + other[draw(_place(other)) :]


def _fill(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """A run of one byte: of FF, as of an erased card, or of zeros."""
    at, byte = draw(_place(data)), draw(st.sampled_from([b"\xff", b"\0", b"\xff\0", b"\xff\xd0"]))
    return data[:at] + byte * draw(st.integers(1, 5000)) + data[at:]


def _lost_end(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """The end mark is missing, or half of it, and there may be something else instead."""
    end = 12 if data.startswith(b"\x89PNG") else 2
    rest = draw(st.sampled_from([b"", b"\xff" * 3000, bytes(100)]))
    whole = data.endswith((b"IEND\xaeB`\x82", b"\xff\xd9"))
    return data[: -draw(st.integers(1, end))] + rest if whole else data


def _place(data: bytes) -> st.SearchStrategy[int]:
    """An offset, as often in the headers as in the pixels."""
    return st.integers(0, min(len(data), 700)) | st.integers(0, len(data))


# --- Parts --------------------------------------------------------------------------------------


def _rearrange(draw: Draw, data: bytes, originals: Sequence[bytes]) -> bytes:
    """Parts are left out, repeated, moved, or come from another file."""
    own, others = parts(data), parts(draw(st.sampled_from(originals)))
    at, to = draw(st.integers(0, len(own) - 1)), draw(st.integers(1, len(own)))
    kind = draw(st.sampled_from(["without", "twice", "moved", "foreign", "often"]))
    if kind == "without":
        del own[at]
    elif kind == "foreign":
        own.insert(to, draw(st.sampled_from(others)))
    else:
        part = own.pop(at) if kind == "moved" else own[at]
        own.insert(to, part * (draw(st.integers(2, 40)) if kind == "often" else 1))
    return b"".join(own)


def _length(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """A part claims to be longer or shorter than it is: up to 4 GB."""
    own = parts(data)
    at = draw(st.integers(1, len(own) - 1))
    size = draw(SIZES)
    if data.startswith(b"\x89PNG"):
        own[at] = struct.pack(">I", size) + own[at][4:]
    else:
        own[at] = own[at][:2] + struct.pack(">H", size & 0xFFFF) + own[at][4:]
    return b"".join(own)


def _content(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """The content of a part changes, and its length and checksum with it: it looks sound."""
    own = parts(data)
    at = draw(st.integers(1, len(own) - 1))
    png = data.startswith(b"\x89PNG")
    content = own[at][8:-4] if png else own[at][4:]
    where = draw(st.integers(0, min(len(content), 300)))
    content = content[:where] + draw(JUNK) + content[where + draw(st.integers(0, 64)) :]
    if png:
        own[at] = chunk(own[at][4:8].ljust(4, b"a"), content)
    else:
        own[at] = own[at][:2] + struct.pack(">H", (len(content) + 2) & 0xFFFF) + content
    return b"".join(own)


def _checksum(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """The last byte of a part is another: of a chunk, that is its checksum."""
    own = parts(data)
    at = draw(st.integers(1, len(own) - 1))
    own[at] = own[at][:-1] + bytes(1) if own[at] else own[at]
    return b"".join(own)


def _header(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """Width, height, depth, channels or sampling are others, the checksum is right."""
    changed = bytearray(data)
    if data.startswith(b"\x89PNG"):
        fields = list(accumulate([16, 4, 4, 1, 1, 1, 1]))
        at = draw(st.sampled_from(fields))
        value = draw(SIZES | st.integers(0, 300))
        changed[at : at + 4] = (
            struct.pack(">I", value) if at < fields[2] else bytes([value & 0xFF])
        ) + bytes(changed[at + 1 : at + 4] if at >= fields[2] else b"")
        changed[29:33] = struct.pack(">I", zlib.crc32(changed[12:29]))
    elif frame := re.search(rb"\xff[\xc0-\xc2]", data):
        at = frame.start() + draw(st.integers(1, 19))
        value = draw(SIZES)
        changed[at : at + 2] = struct.pack(">H", value & 0xFFFF)
    return bytes(changed)


_MUTATIONS: Sequence[Callable[[Draw, bytes, Sequence[bytes]], bytes]] = (
    _flip,
    _cut,
    _hole,
    _fill,
    _lost_end,
    _splice,
    _rearrange,
    _length,
    _content,
    _checksum,
    _header,
    baggage.exif,
    baggage.profile,
    baggage.colours,
    baggage.ancillary,
    baggage.baggage,
)

_HARMLESS = (baggage.exif, baggage.profile, baggage.colours, baggage.ancillary, _lost_end)
