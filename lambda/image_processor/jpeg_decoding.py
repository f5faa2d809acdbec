"""Decoding a JPEG, and noticing that pixels are missing.

Where the coded data of a scan end too early, libjpeg fills in grey and warns; Pillow hides the
warning. So a filling is fed in place of the marker that follows a scan. The decoder reads ahead,
by up to seven bytes: with a whole scan it needs none of them and is through, with one that ends
too early it waits for more and holds back what it is given.

The filling is of ones, which are no Huffman code (T.81, annex C): libjpeg spends 17 bits on each
until it gives up and ends the block. So it makes up for the rest of one block and for one more at
most; what is missing unnoticed is less than that.
"""

from __future__ import annotations

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

import rejections
from parts import Essentials

# Behind an FF that is no marker stands a zero.
_FILLING = b"\xff\0" * 7
_FIRST_RESTART = 0xD0
_END_OF_IMAGE = b"\xff\xd9"


class _Decoder:
    """libjpeg by way of Pillow's own decoder, which takes a file in pieces."""

    def __init__(self, image: JpegImageFile) -> None:
        image.load_prepare()
        codec, extents, _, arguments = image.tile[0]
        self._decoder = Image._getdecoder(image.mode, codec, arguments, image.decoderconfig)
        self._decoder.setimage(image.im, extents)
        self._held_back = b""
        self.is_done = False

    def feed(self, piece: bytes | memoryview) -> None:
        """Decode what can be decoded. Raises ValueError if the data make no sense."""
        data = self._held_back + bytes(piece) if self._held_back else piece
        used, error = self._decoder.decode(data)
        if error < 0:
            raise ValueError("broken data stream")
        self.is_done = used < 0
        self._held_back = b"" if self.is_done else bytes(memoryview(data)[used:])

    def waits(self) -> bool:
        """Whether it waits for pixels: between scans, anything before a marker is passed over.

        Two bytes, as the first may be the last of those that the decoder reads ahead.
        """
        for _ in range(2):
            self.feed(b"\0")
            if self._held_back:
                return True
        return False


def decode(image: JpegImageFile, source: Essentials, *, in_one_scan: bool) -> None:
    """Load the pixels. Raises Rejection if some are missing, ValueError if they make no sense."""
    decoder, data, at = _Decoder(image), memoryview(source.file), 0
    for end in source.scan_ends:
        decoder.feed(data[at:end])
        if not decoder.is_done:
            decoder.feed(_FILLING)
        if decoder.is_done:
            break
        if in_one_scan or decoder.waits():
            raise _incomplete()
        # It may wait for a restart marker, before which it passes over everything, too.
        decoder.feed(_restart(source.file, at, end))
        if decoder.waits():
            raise _incomplete()
        at = end
    if not decoder.is_done:
        decoder.feed(_END_OF_IMAGE)
    if not decoder.is_done:
        raise _incomplete()
    image.tile = []


def _restart(data: bytes, start: int, end: int) -> bytes:
    """The restart marker that is next in a scan: eight of them take turns (T.81, B.2.1)."""
    markers = [bytes((0xFF, _FIRST_RESTART + number)) for number in range(8)]
    places = [data.rfind(marker, start, end) for marker in markers]
    latest = max(places)
    return markers[(places.index(latest) + 1) % 8] if latest >= 0 else markers[0]


def _incomplete() -> rejections.Rejection:
    return rejections.corrupt("decode", "its pixels end before the picture does")
