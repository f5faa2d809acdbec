"""The colours that a file states, as an ICC profile for the conversion to sRGB; None for sRGB.

A JPEG has an ICC profile in pieces. A PNG has up to five statements, of which the first that is
understood counts: cICP, iCCP, sRGB, then gAMA with cHRM (PNG specification, third edition, 4.3).
What cannot be read is passed over, as libpng does.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Buffer, Callable, Mapping, Sequence

import icc
from icc import Point

# In a PNG.
CHUNKS = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM")

# What libpng unfolds at most (PNG_USER_CHUNK_MALLOC_MAX); the largest honest profiles have 4 MB.
MAX_PROFILE_BYTES = 8_000_000

type Curve = Callable[[float], float]

_WHITE = (0.3127, 0.3290)
# ITU-T H.273, table 2: white, red, green and blue of the numbers that pictures have.
_SRGB_PRIMARIES = (_WHITE, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_NTSC_PRIMARIES = (_WHITE, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
_PRIMARIES: Mapping[int, tuple[Point, ...]] = {
    1: _SRGB_PRIMARIES,
    5: (_WHITE, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: _NTSC_PRIMARIES,
    7: _NTSC_PRIMARIES,
    9: (_WHITE, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: ((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: (_WHITE, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
# libpng takes a gamma this near to that of a screen for the screen's (PNG_GAMMA_THRESHOLD).
_SCREEN_GAMMA, _NEAR = 2.2, 0.05
_GAMMAS = (0.1, 10.0)  # what is beyond was not meant
_ROUNDING = 0.002  # between chromaticities
# BT.2408: what is white on paper has 203 of the cd/m² that HDR can show; what is brighter is white.
_PAPER = 203.0


def profile_of_segments(pieces: Sequence[bytes]) -> bytes | None:
    """The profile in a JPEG's segments, each of which begins with its number and their count.

    Whole or not at all, as in libjpeg (jdicc.c).
    """
    numbered = {piece[0]: piece for piece in pieces if len(piece) > 2}
    numbers = sorted(numbered)
    if len(numbered) != len(pieces) or numbers != list(range(1, len(pieces) + 1)):
        return None
    if {piece[1] for piece in pieces} != {len(pieces)}:
        return None
    profile = b"".join(numbered[number][2:] for number in numbers)
    return icc.without_chains(profile) if len(profile) <= MAX_PROFILE_BYTES else None


def profile_of_chunks(chunks: Mapping[bytes, Buffer], *, grey: bool) -> bytes | None:
    """The profile that the chunks of a PNG state or amount to; `chunks` are contents by name."""
    if stated := _code_points(bytes(chunks.get(b"cICP", b""))):
        return _made(*stated, grey=grey)
    if b"iCCP" in chunks:
        profile = _unfolded(chunks[b"iCCP"])
        if icc.is_for(profile, icc.GREY if grey else icc.COLOUR):
            return icc.without_chains(profile)
    if b"sRGB" in chunks:
        return None
    curve = _gamma(bytes(chunks.get(b"gAMA", b"")))
    primaries = _chromaticities(bytes(chunks.get(b"cHRM", b"")))
    return _made(primaries, curve, grey=grey)


def _made(primaries: Sequence[Point], curve: Curve, *, grey: bool) -> bytes | None:
    """A profile with these properties; None if they are sRGB's, or make no sense."""
    if curve is _srgb and (grey or primaries == _SRGB_PRIMARIES):
        return None
    if grey:
        return icc.made_grey(curve)
    try:
        return icc.made(primaries[0], primaries[1:], curve)
    except (ZeroDivisionError, struct.error):  # points that span no colours, or none that fit
        return None


def _code_points(content: bytes) -> tuple[Sequence[Point], Curve] | None:
    """Primaries and curve by their numbers in H.273, as in cICP (11.3.2.6)."""
    if len(content) != 4:
        return None
    primaries, curve, matrix, full_range = content
    if matrix or full_range > 1 or primaries not in _PRIMARIES or curve not in _CURVES:
        return None
    chosen = _CURVES[curve]
    return _PRIMARIES[primaries], chosen if full_range else lambda value: chosen(_full(value))


def _unfolded(content: Buffer) -> bytes:
    """The profile in iCCP (11.3.2.3), as far as it says that it goes; empty if it cannot be had."""
    _, _, packed = bytes(content).partition(b"\0")  # behind its name
    inflate = zlib.decompressobj()
    try:
        size = inflate.decompress(packed[1:], 4)  # behind the method, of which there is one
        length = int.from_bytes(size)
        if not 4 < length <= MAX_PROFILE_BYTES:
            return b""
        return size + inflate.decompress(inflate.unconsumed_tail, length - 4)
    except zlib.error:
        return b""


def _gamma(content: bytes) -> Curve:
    """The curve of gAMA (11.3.2.2); sRGB's if there is none, or one that means a screen."""
    gamma = int.from_bytes(content) / 100_000 if len(content) == 4 else 0.0
    if not (gamma and _GAMMAS[0] <= gamma <= _GAMMAS[1]):
        return _srgb
    if abs(gamma * _SCREEN_GAMMA - 1) < _NEAR:
        return _srgb
    return _power(1 / gamma)


def _chromaticities(content: bytes) -> Sequence[Point]:
    """White, red, green and blue of cHRM (11.3.2.1); sRGB's if there are none, or as good as."""
    if len(content) != 32:
        return _SRGB_PRIMARIES
    values = [value / 100_000 for value in struct.unpack(">8I", content)]
    points = tuple(zip(values[::2], values[1::2], strict=True))
    known = [value for point in _SRGB_PRIMARIES for value in point]
    near = all(abs(a - b) < _ROUNDING for a, b in zip(values, known, strict=True))
    return _SRGB_PRIMARIES if near else points


def _full(value: float) -> float:
    """A value of which 16 is black and 235 is white, as in video."""
    return (255 * value - 16) / 219


def _srgb(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else math.pow((value + 0.055) / 1.055, 2.4)


def _power(exponent: float) -> Curve:
    return lambda value: math.pow(max(0.0, value), exponent)


def _perceptual_quantizer(value: float) -> float:
    """SMPTE ST 2084: absolute luminance up to 10,000 cd/m²."""
    root = math.pow(max(0.0, value), 32 / 2523)
    light = max(0.0, root - 0.8359375) / (18.8515625 - 18.6875 * root)
    return 10_000 / _PAPER * math.pow(light, 8192 / 1305)


def _hybrid_log_gamma(value: float) -> float:
    """BT.2100, for a screen of 1,000 cd/m²."""
    scene = value * value / 3
    if value > 0.5:
        scene = (math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return 1_000 / _PAPER * math.pow(scene, 1.2)


# H.273, table 3. Browsers show what was meant for television (1, 6, 14, 15) as if it were sRGB.
_CURVES: Mapping[int, Curve] = {
    **dict.fromkeys((1, 6, 13, 14, 15), _srgb),
    4: _power(2.2),
    5: _power(2.8),
    8: _power(1.0),
    16: _perceptual_quantizer,
    18: _hybrid_log_gamma,
}
