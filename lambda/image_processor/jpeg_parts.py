"""The parts of a JPEG: its segments and scans (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
from collections.abc import Buffer, Iterator
from dataclasses import dataclass, field

import colours
import orientation
import rejections
from parts import Essentials, cut_off, too_many_parts

# What is no marker is skipped, as decoders do: after a start of scan, that is the pixels with
# their restart markers. Any number of FF may stand before a marker (B.1.1.2); looking for the last
# one only keeps the search linear, and lets `re` look for FF at the speed of memchr.
_MARKER = re.compile(rb"\xff[^\xff\x00\xd0-\xd7]")
_END_OF_IMAGE, _START_OF_SCAN, _COMMENT = 0xD9, 0xDA, 0xFE
_WITHOUT_LENGTH = {0x01, 0xD8, _END_OF_IMAGE}
_END = bytes((0xFF, _END_OF_IMAGE))
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = 0xC2
_HUFFMAN_CODED_DCT = {0xC0, 0xC1, _PROGRESSIVE}
_RARE = {0xDE: "hierarchical", 0xF7: "JPEG-LS"} | {
    marker: "lossless" if marker % 4 == 3 else "arithmetic" if marker > 0xC8 else "hierarchical"
    for marker in _FRAMES - _HUFFMAN_CODED_DCT
}

# Of what applications put into a JPEG, what decides how its pixels look, and how many bytes of it
# libjpeg needs to take it for that (jdmarker.c, APP0_DATA_LEN and APP14_DATA_LEN).
_APPLICATION = range(0xE0, 0xF0)
_COLOUR_SEGMENTS = {0xE0: (b"JFIF\0", 14), 0xEE: (b"Adobe", 12)}
_EXIF = 0xE1, b"Exif\0\0"
_XMP = 0xE1, b"http://ns.adobe.com/xap/1.0/\0"
_PROFILE = 0xE2, b"ICC_PROFILE\0"

_BITS, _MAX_CHANNELS, _COEFFICIENTS = 8, 4, 64
# Real files have some dozens of segments; the largest file that is accepted holds 1,000 full ones.
MAX_SEGMENTS = 5_000
MAX_TABLE_BYTES = 2**18  # what is kept beside pixels; real files have some kilobytes
MAX_SCANS = 32  # a progressive JPEG has about ten; each visits every pixel again


def essentials(data: bytes) -> Essentials:
    """Up to the first picture's end: further pictures or a film may follow it.

    A lost end mark is put back, as libjpeg does (jdatasrc.c, fill_input_buffer): whether pixels
    are missing, the decoder reports it.
    """
    kept: list[Buffer] = [data[:2]]
    exif, xmp, profile = list[bytes](), b"", list[bytes]()
    scans, size, table_bytes, ended = _Scans(), 2, 0, False
    for segment in _segments(data):
        if segment.marker == _END_OF_IMAGE:
            ended = True
        elif segment.marker in _RARE:
            raise rejections.rare_format(f"{_RARE[segment.marker]} JPEG")
        elif segment.begins(_EXIF) and not scans.ends:
            exif.append(bytes(segment.content[len(_EXIF[1]) :]))
        elif segment.begins(_XMP) and not scans.ends:
            xmp = bytes(segment.content)
        elif segment.begins(_PROFILE) and not scans.ends:
            profile.append(bytes(segment.content[len(_PROFILE[1]) :]))
        elif segment.shows():
            kept += (segment.whole, segment.pixels)
            size += len(segment.whole) + len(segment.pixels)
            table_bytes += len(segment.whole)
            if table_bytes > MAX_TABLE_BYTES:
                raise rejections.decompression_bomb(
                    f"more than {MAX_TABLE_BYTES >> 10} KB of tables"
                )
            if segment.marker in _FRAMES:
                scans.begin_frame(segment.marker, bytes(segment.content))
            elif segment.marker == _START_OF_SCAN:
                scans.ends.append(size)
                if len(scans.ends) > MAX_SCANS:
                    raise rejections.decompression_bomb(f"more than {MAX_SCANS} scans")
                if scans.begin(bytes(segment.content)):
                    break
    else:
        if not scans.ends:
            raise cut_off("before its pixels")
        scans.check(ended=ended)
    turned = orientation.of_exif(b"".join(exif)) or orientation.of_xmp(xmp)
    return Essentials(
        "JPEG",
        b"".join([*kept, _END]),
        turned or orientation.UPRIGHT,
        colours.profile_of_segments(profile),
        len(data),
        tuple(scans.ends),
    )


@dataclass(frozen=True, slots=True)
class _Segment:
    """A marker with what belongs to it; behind a start of scan come `pixels`."""

    marker: int
    whole: memoryview
    pixels: memoryview

    @property
    def content(self) -> memoryview:
        """What follows marker and length."""
        return self.whole[4:]

    def begins(self, kind: tuple[int, bytes]) -> bool:
        """Whether it is of this marker and begins with these bytes."""
        return self.marker == kind[0] and self.content[: len(kind[1])] == kind[1]

    def shows(self) -> bool:
        """Whether it matters to the pixels."""
        if self.marker in _COLOUR_SEGMENTS:
            name, least = _COLOUR_SEGMENTS[self.marker]
            return len(self.content) >= least and self.begins((self.marker, name))
        return self.marker not in _APPLICATION and self.marker != _COMMENT


def _segments(data: bytes) -> Iterator[_Segment]:
    """The segments up to the end of the image, or to that of the file."""
    view, at = memoryview(data), 2
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(data, at)
        if not found:
            return
        marker, start, at = data[found.end() - 1], found.start(), found.end()
        if marker not in _WITHOUT_LENGTH:
            length = int.from_bytes(view[at : at + 2])
            if length < 2 or at + length > len(data):
                raise cut_off(f"in segment {marker:02X}")
            at += length
        whole = view[start:at]
        if marker == _START_OF_SCAN:
            end = _MARKER.search(data, at)
            start, at = at, end.start() if end else len(data)
            yield _Segment(marker, whole, _without_fill(view[start:at]))
        else:
            yield _Segment(marker, whole, view[:0])
        if marker == _END_OF_IMAGE:
            return
    raise too_many_parts(MAX_SEGMENTS)


def _without_fill(pixels: memoryview) -> memoryview:
    """Pixels without the FFs before the marker that follows, or left of one that is lost."""
    if bytes(pixels[-1:]) != b"\xff":
        return pixels
    return pixels[: len(bytes(pixels).rstrip(b"\xff"))]


@dataclass(slots=True)
class _Scans:
    """Which coefficients of which channels have come, to which bit, and where each scan ends."""

    channels: bytes = b""
    progressive: bool = False
    ends: list[int] = field(default_factory=list)
    left: dict[tuple[int, int], int] = field(default_factory=dict)  # bits yet to come

    def begin_frame(self, marker: int, content: bytes) -> None:
        """Raises Rejection for a frame that needs a special decoder."""
        if len(content) > 5 and content[0] != _BITS:
            raise rejections.rare_format(f"JPEG with {content[0]} bits a channel")
        self.channels = content[6 : 6 + 3 * content[5] : 3] if len(content) > 5 else b""
        self.progressive = marker == _PROGRESSIVE

    def begin(self, content: bytes) -> bool:
        """Take in a scan's header; whether it is all of the picture."""
        count = content[0] if content else 0
        channels, parameters = content[1 : 1 + 2 * count : 2], content[1 + 2 * count :]
        if not 1 <= count <= _MAX_CHANNELS or len(parameters) < 3:
            raise cut_off("in the header of a scan")
        first, last = parameters[:2] if self.progressive else (0, _COEFFICIENTS - 1)
        left = parameters[2] & 15 if self.progressive else 0
        for channel in channels:
            for coefficient in range(first, min(last, _COEFFICIENTS - 1) + 1):
                self.left[channel, coefficient] = left
        return not self.progressive and count == len(self.channels)

    def check(self, *, ended: bool) -> None:
        """Raise Rejection if not every channel has come. Where the end of the file is missing, so
        may be scans: then every bit of every coefficient must have come.
        """
        needed = range(1 if ended else _COEFFICIENTS)
        for channel in self.channels:
            for coefficient in needed:
                left = self.left.get((channel, coefficient))
                if left is None or (left and not ended):
                    raise cut_off("before its last scan")
