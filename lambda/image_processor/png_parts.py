"""The parts of a PNG: its chunks (PNG specification, third edition).

What is damaged beside the pixels is left out, as libpng does by default (13.2 of the
specification; png_set_crc_action): a text, a profile or a transparency with a wrong checksum or
a wrong length. What concerns the pixels is refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Buffer, Iterator, Mapping, Sequence
from dataclasses import dataclass

import colours
import orientation
import rejections
from parts import Essentials, corrupt, cut_off, too_many_parts

# Real files have some dozens, or thousands where pixels come in chunks of 8 KB, as from libpng.
MAX_CHUNKS = 20_000

_MAGIC = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES, _COLOUR_TYPE = 13, 9
_GREY, _COLOUR, _INDEXED, _GREY_ALPHA = 0, 2, 3, 4  # 11.2.1
_TRANSPARENCY_BYTES = {_GREY: 2, _COLOUR: 6}
_MAX_PALETTE_BYTES = 3 * 256

_CRITICAL = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_BEFORE_PIXELS = {b"tRNS", b"acTL", *colours.CHUNKS}
_NAME = re.compile(rb"[A-Za-z]{4}")
_ANCILLARY = 0x20  # 5.4: the bit that makes the first letter of a name small

# Texts that say how the picture stands, and how much of one is unfolded.
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_XMP, _HEXADECIMAL_EXIF = b"XML:com.adobe.xmp\0", b"Raw profile type exif\0"
_MAX_TEXT_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A chunk with its length, name and checksum."""

    kind: bytes
    whole: memoryview

    @property
    def content(self) -> memoryview:
        """What is between name and checksum."""
        return self.whole[8:-4]

    def is_sound(self) -> bool:
        """Whether its checksum is right."""
        return zlib.crc32(self.whole[4:-4]) == int.from_bytes(self.whole[-4:])

    def checked(self) -> _Chunk:
        """Itself. Raises Rejection if it is damaged."""
        if not self.is_sound():
            raise corrupt(f"the checksum of chunk {self.kind.decode()} is wrong")
        return self

    def text_name(self) -> bytes:
        """The name of a text that says how the picture stands; empty for all others."""
        if self.kind not in _TEXTS:
            return b""
        head = bytes(self.whole[8:30])
        return next((name for name in (_XMP, _HEXADECIMAL_EXIF) if head.startswith(name)), b"")

    def text(self) -> bytes:
        """The text behind its name, unfolded as far as it may go (11.3.3)."""
        rest = bytes(self.content[len(self.text_name()) :])
        if self.kind == b"iTXt":  # whether it is compressed and how, its language, its translation
            *_, text = rest[2:].split(b"\0", 2)
            return _unfolded(text) if rest[:1] == b"\1" else text
        return _unfolded(rest[1:]) if self.kind == b"zTXt" else rest


def essentials(data: bytes) -> Essentials:
    """Header, palette, transparency and pixels, and what was said of colours and orientation."""
    header, palette, pixels = b"", None, list[_Chunk]()
    found, texts = dict[bytes, memoryview](), dict[bytes, _Chunk]()
    first_is_frame = False
    for chunk in _chunks(data):
        if chunk.kind == b"IHDR":
            header = bytes(chunk.checked().content)
            if len(header) != _HEADER_BYTES:
                raise corrupt("its header has the wrong length")
        elif chunk.kind == b"PLTE" and header[_COLOUR_TYPE] == _INDEXED and not pixels:
            palette = _palette(chunk.checked(), palette)
        elif chunk.kind == b"IDAT":
            pixels.append(chunk.checked())
        elif chunk.kind == b"fcTL":
            first_is_frame |= not pixels
        elif chunk.kind == b"eXIf" or (chunk.kind in _BEFORE_PIXELS and not pixels):
            if chunk.kind not in found and chunk.is_sound():
                found[chunk.kind] = chunk.content
        elif (name := chunk.text_name()) and chunk.is_sound():
            texts[name] = chunk
    if not pixels:
        raise cut_off("before its pixels")
    if header[_COLOUR_TYPE] == _INDEXED and not palette:
        raise corrupt("its pixels are of a palette that is missing")
    _refuse_animation(found.get(b"acTL"), first_is_frame=first_is_frame)
    colour_type = header[_COLOUR_TYPE]
    transparency = _transparency(found.get(b"tRNS"), colour_type, palette)
    return Essentials(
        "PNG",
        b"".join([*_file(header, palette, transparency, pixels)]),
        _orientation(found.get(b"eXIf"), texts),
        colours.profile_of_chunks(found, grey=colour_type in (_GREY, _GREY_ALPHA)),
        len(data),
    )


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """The chunks up to the end of the image.

    Where the end is lost behind the pixels, they are what there is: the decoder knows whether any
    are missing.
    """
    view, at, has_pixels = memoryview(data), len(_MAGIC), False
    for number in range(MAX_CHUNKS):
        kind = bytes(view[at + 4 : at + 8])
        end = at + 12 + int.from_bytes(view[at : at + 4])
        if end > len(data) or not _NAME.fullmatch(kind):
            if has_pixels and kind != b"IDAT":
                return
            raise cut_off(f"in chunk {kind.decode('ascii', 'backslashreplace') or number + 1}")
        if kind == b"CgBI":
            raise rejections.rare_format("PNG for iPhones (CgBI)")
        if (kind == b"IHDR") != (number == 0):
            raise corrupt("it does not begin with its only header")
        if kind not in _CRITICAL and not kind[0] & _ANCILLARY:
            raise corrupt(f"it needs a reader that knows chunk {kind.decode()}")
        if kind == b"IEND":
            return
        has_pixels |= kind == b"IDAT"
        yield _Chunk(kind, view[at:end])
        at = end
    raise too_many_parts(MAX_CHUNKS)


def _palette(chunk: _Chunk, before: memoryview | None) -> memoryview:
    """The palette's colours, three bytes each."""
    size = len(chunk.content)
    if before or size % 3 or not 3 <= size <= _MAX_PALETTE_BYTES:
        raise corrupt("its palette makes no sense")
    return chunk.content


def _transparency(
    content: memoryview | None, colour_type: int, palette: memoryview | None
) -> memoryview | None:
    """What says which pixels are transparent, if it has the length that it must have."""
    size = len(content or b"")
    if palette:
        return content if 1 <= size <= len(palette) // 3 else None
    return content if size == _TRANSPARENCY_BYTES.get(colour_type) else None


def _refuse_animation(control: memoryview | None, *, first_is_frame: bool) -> None:
    """Raise Rejection for several frames. The default image need not be one of them."""
    frames = int.from_bytes(control[:4]) if control and len(control) >= 8 else 0
    if frames and (frames + (not first_is_frame)) > 1:
        raise rejections.animated(frames)


def _file(
    header: bytes,
    palette: memoryview | None,
    transparency: memoryview | None,
    pixels: Sequence[_Chunk],
) -> Iterator[Buffer]:
    """What a decoder needs. Pixels that came in many chunks go in one: each costs it time."""
    yield _MAGIC
    yield from _written(b"IHDR", header)
    if palette:
        yield from _written(b"PLTE", palette)
    if transparency:
        yield from _written(b"tRNS", transparency)
    yield from _written(b"IDAT", *(chunk.content for chunk in pixels))
    yield from _written(b"IEND")


def _written(kind: bytes, *contents: Buffer) -> Iterator[Buffer]:
    """A chunk with its length and checksum."""
    checksum = zlib.crc32(kind)
    yield sum(memoryview(content).nbytes for content in contents).to_bytes(4)
    yield kind
    for content in contents:
        checksum = zlib.crc32(content, checksum)
        yield content
    yield checksum.to_bytes(4)


def _orientation(exif: memoryview | None, texts: Mapping[bytes, _Chunk]) -> int:
    """What the first says that says anything."""
    stated = orientation.of_exif(bytes(exif)) if exif else None
    if not stated and _HEXADECIMAL_EXIF in texts:
        stated = orientation.of_hexadecimal(texts[_HEXADECIMAL_EXIF].text())
    if not stated and _XMP in texts:
        stated = orientation.of_xmp(texts[_XMP].text())
    return stated or orientation.UPRIGHT


def _unfolded(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, _MAX_TEXT_BYTES)
    except zlib.error:
        return b""
