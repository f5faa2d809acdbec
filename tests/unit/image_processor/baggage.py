"""What is beside the picture in a file, and makes no sense there, drawn by Hypothesis."""

import re
import struct
import zlib
from collections.abc import Sequence

from hypothesis import strategies as st

from tests.unit.image_processor.files import chunk

type Draw = st.DrawFn

SIZES = st.sampled_from([0, 1, 2, 255, 1024, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1])
JUNK = st.binary(max_size=64)
_PNG_MAGIC = 8
_START_OF_SCAN = re.compile(rb"\xff\xda")


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


def exif(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """EXIF data of entries that say anything, or of no entries at all."""
    order = draw(st.sampled_from("<>"))
    number = st.integers(0, 2**32 - 1) | SIZES
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
    exif = head + struct.pack(f"{order}H", count) + body + draw(JUNK)
    headers = b"Exif\0\0" * draw(st.integers(0, 2))
    if data.startswith(b"\x89PNG"):
        return _with_chunk(draw, data, b"eXIf", headers + exif)
    return _with_segment(data, 0xE1, b"Exif\0\0" + headers + exif)


def profile(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
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


def colours(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """A PNG states colours that exist, or none that do."""
    if not data.startswith(b"\x89PNG"):
        return data
    kind, size = draw(st.sampled_from([(b"gAMA", 4), (b"cHRM", 32), (b"cICP", 4), (b"sRGB", 1)]))
    numbers = st.lists(st.integers(0, 18), min_size=size, max_size=size).map(bytes)
    return _with_chunk(draw, data, kind, draw(st.binary(min_size=size, max_size=size) | numbers))


def ancillary(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """A part that need not be understood: of a PNG, with a checksum that is wrong."""
    if not data.startswith(b"\x89PNG"):
        return _with_segment(data, draw(st.sampled_from([0xE0, 0xE2, 0xEE])), draw(JUNK))
    kind = draw(st.sampled_from([b"tEXt", b"pHYs", b"iCCP", b"tRNS", b"eXIf", b"acTL", b"prIv"]))
    part = chunk(kind, draw(JUNK))
    own = parts(data)
    own.insert(2, part[:-1] + bytes([part[-1] ^ 1]))
    return b"".join(own)


def baggage(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    """Texts, animations and private parts, under names that mean something to a reader."""
    names = [b"transparency", b"icc_profile", b"bbox", b"interlace", b"exif", b"XML:com.adobe.xmp"]
    text = draw(st.sampled_from(names)) + b"\0" + draw(JUNK)
    if data.startswith(b"\x89PNG"):
        kind = draw(
            st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"acTL", b"fcTL", b"tRNS", b"gAMA"])
        )
        return _with_chunk(draw, data, kind, text if b"X" in kind else draw(JUNK))
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
