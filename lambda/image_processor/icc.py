"""ICC profiles (ICC.1:2001-04): made of primaries and a curve, and looked at from outside."""

from __future__ import annotations

import struct
from collections.abc import Buffer, Callable, Sequence

GREY, COLOUR = b"GRAY", b"RGB "  # colour spaces, as a profile's header names them

_HEADER_BYTES = 128
_SPACE, _SIGNATURE = slice(16, 20), slice(36, 40)
_ENTRY_BYTES, _MAX_ENTRIES = 12, 100  # of the table of tags, which lcms limits so, too
# Chains of any number of steps, for every pixel (ICC.1:2010, 9.2.18). No browser reads them, and a
# profile that has them has the same again in a form without.
_CHAINS = {b"D2B0", b"D2B1", b"D2B2", b"D2B3", b"B2D0", b"B2D1", b"B2D2", b"B2D3"}
_POINTS = 4096  # of a curve: what is darkest of 8 bits still has a few of them

# The white to which profiles refer, and cones' response to light, by which Bradford adapts to it.
_D50 = (0.9642, 1.0, 0.8249)
_CONES = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))

type Vector = tuple[float, ...]
type Matrix = tuple[Vector, ...]
type Point = tuple[float, float]  # x and y of CIE 1931


def is_for(profile: Buffer, space: bytes) -> bool:
    """Whether it looks like a profile, as long as it says, for images of this colour space."""
    head = bytes(memoryview(profile)[:_HEADER_BYTES])
    return (
        len(head) == _HEADER_BYTES
        and head[_SIGNATURE] == b"acsp"
        and head[_SPACE] == space
        and int.from_bytes(head[:4]) <= memoryview(profile).nbytes
    )


def without_chains(profile: bytes) -> bytes:
    """The profile without what costs any amount of time per pixel."""
    at = _HEADER_BYTES + 4
    count = min(int.from_bytes(profile[_HEADER_BYTES:at]), _MAX_ENTRIES)
    end = at + _ENTRY_BYTES * count
    entries = [profile[place : place + _ENTRY_BYTES] for place in range(at, end, _ENTRY_BYTES)]
    kept = [entry for entry in entries if entry[:4] not in _CHAINS]
    if len(kept) == len(entries):
        return profile
    table = len(kept).to_bytes(4) + b"".join(kept)
    return profile[:_HEADER_BYTES] + table.ljust(end - _HEADER_BYTES, b"\0") + profile[end:]


def made(white: Point, primaries: Sequence[Point], curve: Callable[[float], float]) -> bytes:
    """A profile for RGB with these primaries, whose `curve` leads from stored values to light.

    Raises ZeroDivisionError if the points span no colours.
    """
    light = [_light(point) for point in primaries]
    shares = _applied(_inverse(tuple(zip(*light, strict=True))), _light(white))
    to_cones, from_cones = _CONES, _inverse(_CONES)
    seen, wanted = _applied(to_cones, _light(white)), _applied(to_cones, _D50)
    tags = {b"wtpt": _xyz(_D50)}
    for name, share, values in zip((b"rXYZ", b"gXYZ", b"bXYZ"), shares, light, strict=True):
        cones = _applied(to_cones, tuple(share * value for value in values))
        adapted = tuple(a * b / c for a, b, c in zip(cones, wanted, seen, strict=True))
        tags[name] = _xyz(_applied(from_cones, adapted))
    return _file(COLOUR, tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(curve)))


def made_grey(curve: Callable[[float], float]) -> bytes:
    """A profile for grey, whose `curve` leads from stored values to light."""
    return _file(GREY, {b"wtpt": _xyz(_D50), b"kTRC": _curve(curve)})


def _file(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """The header, the table of tags and their contents; equal ones are shared."""
    at = _HEADER_BYTES + 4 + 12 * len(tags)
    places: dict[bytes, int] = {}
    for content in tags.values():
        if content not in places:
            places[content] = at
            at += len(content)
    table = b"".join(
        struct.pack(">4sII", name, places[content], len(content)) for name, content in tags.items()
    )
    header = struct.pack(
        ">I4xI4s4s4s12x4s28x12s48x", at, 0x02400000, b"mntr", space, b"XYZ ", b"acsp", _fixed(_D50)
    )
    return b"".join([header, struct.pack(">I", len(tags)), table, *places])


def _xyz(values: Vector) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _fixed(values: Vector) -> bytes:
    return struct.pack(">3i", *(round(value * 65536) for value in values))


def _curve(curve: Callable[[float], float]) -> bytes:
    light = (curve(point / (_POINTS - 1)) for point in range(_POINTS))
    values = (round(65535 * min(1.0, max(0.0, value))) for value in light)
    return struct.pack(f">4s4xI{_POINTS}H", b"curv", _POINTS, *values)


def _light(point: Point) -> Vector:
    """X, Y and Z of a colour of which x and y are known, with Y = 1."""
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _applied(matrix: Matrix, vector: Vector) -> Vector:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _inverse(matrix: Matrix) -> Matrix:
    """By cofactors, whose indices go round."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return tuple(
        tuple(value / determinant for value in row)
        for row in (
            (e * i - f * h, c * h - b * i, b * f - c * e),
            (f * g - d * i, a * i - c * g, c * d - a * f),
            (d * h - e * g, b * g - a * h, a * e - b * d),
        )
    )
