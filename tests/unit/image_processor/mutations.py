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

from tests.unit.image_processor.files import chunk

type Draw = st.DrawFn

_PNG_MAGIC = 8
_SIZES = st.sampled_from([0, 1, 2, 255, 1024, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1])
_JUNK = st.binary(max_size=64)
_START_OF_SCAN = re.compile(rb"\xff\xda")


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
    baggage = st.sampled_from([_exif, _profile, _colours, _ancillary, _lost_end])
    for mutate in draw(st.lists(baggage, min_size=1, max_size=3)):
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
    return data[:at] + draw(_JUNK) + data[at + draw(st.integers(0, 400)) :]


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


def parts(data: bytes) -> list[bytes]:
    """A file as its magic number and its parts: chunks of a PNG, segments of a JPEG, pixels last.

    Where a damaged file makes no sense any more, the rest is one part.
    """
    png = data.startswith(b"\x89PNG")
    found, at = [data[: _PNG_MAGIC if png else 2]], _PNG_MAGIC if png else 2
    while at + 12 <= len(data):
        if png:
            end = at + 12 + int.from_bytes(data[at : at + 4])
        else:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
            if data[at] != 0xFF or _START_OF_SCAN.match(data, at):
                break
        found.append(data[at:end])
        at = end
    return [*found, data[at:]]


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
    size = draw(_SIZES)
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
    content = content[:where] + draw(_JUNK) + content[where + draw(st.integers(0, 64)) :]
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
        value = draw(_SIZES | st.integers(0, 300))
        changed[at : at + 4] = (
            struct.pack(">I", value) if at < fields[2] else bytes([value & 0xFF])
        ) + bytes(changed[at + 1 : at + 4] if at >= fields[2] else b"")
        changed[29:33] = struct.pack(">I", zlib.crc32(changed[12:29]))
    elif frame := re.search(rb"\xff[\xc0-\xc2]", data):
        at = frame.start() + draw(st.integers(1, 19))
        value = draw(_SIZES)
        changed[at : at + 2] = struct.pack(">H", value & 0xFFFF)
    return bytes(changed)


# --- What is beside the picture -----------------------------------------------------------------


def _exif(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """EXIF data of entries that say anything, or of no entries at all."""
    order = draw(st.sampled_from("<>"))
    number = st.integers(0, 2**32 - 1) | _SIZES
    entries = draw(
        st.lists(
            st.tuples(
                st.sampled_from([0x0112, 0x0112, 0x8769, 0x8825, 0x011A, 0x0128, 0x0100]),
                st.integers(0, 14),
                st.integers(0, 3) | number,
                st.integers(0, 9) | number,
            ),
            max_size=6,
        )
    )
    body = b"".join(struct.pack(f"{order}HHII", *entry) for entry in entries)
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(
        f"{order}I", draw(st.just(8) | number)
    )
    count = draw(st.just(len(entries)) | st.integers(0, 65_535))
    exif = head + struct.pack(f"{order}H", count) + body + draw(_JUNK)
    headers = b"Exif\0\0" * draw(st.integers(0, 2))
    if data.startswith(b"\x89PNG"):
        return _with_chunk(draw, data, b"eXIf", headers + exif)
    return _with_segment(data, 0xE1, b"Exif\0\0" + headers + exif)


def _profile(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """A colour profile of junk, or a sound one that was damaged."""
    profile = bytearray(draw(st.sampled_from(_PROFILES)))
    for at in draw(st.lists(st.integers(0, len(profile) - 1), max_size=12)):
        profile[at] = draw(st.integers(0, 255))
    profile = profile[: draw(st.just(len(profile)) | st.integers(0, len(profile)))]
    if draw(st.booleans()):  # it says how long it is
        profile += bytes(draw(st.sampled_from([0, 0, 60_000, 1_200_000])))
        profile[:4] = len(profile).to_bytes(4)
    if data.startswith(b"\x89PNG"):
        packed = b"name\0\0" + zlib.compress(bytes(profile), 1)
        return _with_chunk(draw, data, b"iCCP", packed)
    pieces = [bytes(profile[at : at + 60_000]) for at in range(0, len(profile) or 1, 60_000)]
    for number, piece in reversed([*enumerate(pieces, 1)]):
        numbers = bytes((number, len(pieces)))
        data = _with_segment(data, 0xE2, b"ICC_PROFILE\0" + numbers + piece)
    return data


def _colours(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """A PNG states colours that exist, or none that do."""
    if not data.startswith(b"\x89PNG"):
        return data
    kind, size = draw(st.sampled_from([(b"gAMA", 4), (b"cHRM", 32), (b"cICP", 4), (b"sRGB", 1)]))
    numbers = st.lists(st.integers(0, 18), min_size=size, max_size=size).map(bytes)
    return _with_chunk(draw, data, kind, draw(st.binary(min_size=size, max_size=size) | numbers))


def _ancillary(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """A part that need not be understood: of a PNG, with a checksum that is wrong."""
    if not data.startswith(b"\x89PNG"):
        return _with_segment(data, draw(st.sampled_from([0xE0, 0xE2, 0xEE])), draw(_JUNK))
    kind = draw(st.sampled_from([b"tEXt", b"pHYs", b"iCCP", b"tRNS", b"eXIf", b"acTL", b"prIv"]))
    part = chunk(kind, draw(_JUNK))
    own = parts(data)
    own.insert(2, part[:-1] + bytes([part[-1] ^ 1]))
    return b"".join(own)


def _baggage(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """Texts, animations and private parts, under names that mean something to a reader."""
    names = [b"transparency", b"icc_profile", b"bbox", b"interlace", b"exif", b"XML:com.adobe.xmp"]
    text = draw(st.sampled_from(names)) + b"\0" + draw(_JUNK)
    if data.startswith(b"\x89PNG"):
        kind = draw(
            st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"acTL", b"fcTL", b"tRNS", b"gAMA"])
        )
        return _with_chunk(draw, data, kind, text if b"X" in kind else draw(_JUNK))
    return _with_segment(
        data, draw(st.sampled_from([0xE0, 0xE1, 0xED, 0xEE, 0xFE, 0xDC, 0xDD])), text
    )


def _with_chunk(draw: Draw, data: bytes, kind: bytes, content: bytes) -> bytes:
    own = parts(data)
    own.insert(draw(st.integers(2, 4)), chunk(kind, content))  # the header comes first
    return b"".join(own)


def _with_segment(data: bytes, marker: int, content: bytes) -> bytes:
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + data[2:]


def _sound_profiles() -> list[bytes]:
    from PIL import ImageCms

    made = [ImageCms.createProfile(name) for name in ("sRGB", "XYZ")]
    lab = ImageCms.createProfile("LAB", 5000)
    return [ImageCms.ImageCmsProfile(each).tobytes() for each in (*made, lab)]


_PROFILES = _sound_profiles()

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
    _exif,
    _profile,
    _colours,
    _ancillary,
    _baggage,
)
