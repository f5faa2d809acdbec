"""What must become of a picture, rendered independently of the function, and how close it came.

A decoded base comes in and becomes a Reference once; for each upload `expected` gives the picture
that must come out and `compare` the distance to what did.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BOX = 1024  # outputs fit into a square of this many pixels

# How far an output may be from the reference, in levels of 255. A JPEG of quality 85 is 0.8 to 2.8
# levels off on average and up to 16 in its worst block, whatever colours are in its band and a
# decoder that shrinks while it decodes included; a PNG loses next to nothing. Quality 30, another
# picture, a flip, or a shift by a pixel are beyond one of the two
# (tests/unit/images/test_reference.py; docs/report.md says how far).
MEAN_TOLERANCE = {"JPEG": 3.3, "PNG": 1.0}
BLOCK_TOLERANCE = 20.0
_BLOCK = 16

_LUMA = np.array((0.299, 0.587, 0.114), np.float32)  # of red, green and blue (JFIF 1.02)
_LANCZOS_REACH = 3  # source pixels on either side, times the scale

type Pixels = NDArray[np.uint8]  # rows × columns, or rows × columns × channels

# How a picture is shown, by EXIF orientation (CIPA DC-008), as a view of what is stored.
_TURNS: Mapping[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored.swapaxes(0, 1)[:, ::-1],
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: stored.swapaxes(0, 1)[::-1],
}


@dataclass(frozen=True)
class Reference:
    """A base fitted into the box, and the rows around its band from which that part is made anew.

    `near` are the source rows from `near_top` on that the fitted rows `first` … `last` depend on;
    they have the fitted width already, but for pictures with transparency, whose two directions
    cannot be fitted one after the other: Pillow weighs colours by their opacity on the way. The
    band covers the source rows `top` … `bottom`. `height` is that of the source.
    """

    fitted: Pixels
    near: Pixels
    near_top: int
    first: int
    last: int
    top: int
    bottom: int
    height: int


@dataclass(frozen=True)
class Distance:
    """Levels of 255 between two pictures: on average, and in the worst block of 16 × 16 pixels."""

    mean: float
    worst_block: float

    def tolerable(self, form: str) -> bool:
        """Whether it is what honest encoding as `form`, JPEG or PNG, costs."""
        return self.mean <= MEAN_TOLERANCE[form] and self.worst_block <= BLOCK_TOLERANCE


def fitted_size(width: int, height: int) -> tuple[int, int]:
    """The size of an output: the longer side at most BOX, the shape kept, never enlarged."""
    scale = min(1.0, BOX / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def reference(displayed: Pixels, top: int, bottom: int) -> Reference:
    """The Reference of a decoded base (L, RGB or RGBA) with a band on the rows `top` … `bottom`."""
    source_height, source_width = displayed.shape[:2]
    width, height = fitted_size(source_width, source_height)
    scale = source_height / height
    reach = _LANCZOS_REACH * scale
    first = max(0, math.floor((top - reach) / scale) - 1)
    last = min(height, math.ceil((bottom + reach) / scale) + 1)
    near_top = max(0, math.floor(first * scale - reach) - 1)
    near_bottom = min(source_height, math.ceil(last * scale + reach) + 1)
    near = displayed[near_top:near_bottom]
    whole = Image.fromarray(displayed)
    return Reference(
        fitted=np.asarray(whole.resize((width, height), Image.Resampling.LANCZOS)),
        near=near.copy() if whole.has_transparency_data else _fit_across(near, width),
        near_top=near_top,
        first=first,
        last=last,
        top=top,
        bottom=bottom,
        height=source_height,
    )


def expected(base: Reference, band: Pixels, orientation: int, *, halved_chroma: bool) -> Pixels:
    """The output that must come of the base with `band` painted on it, turned as EXIF says.

    `band` is one row, as wide as the source: all rows of the band are the same. Only the rows that
    the band reaches are resized; the rest of the fitted base stays as it is. With `halved_chroma`,
    the source's file has one sample of chroma for 2 × 2 pixels, and no colour of the band begins
    or ends within one.
    """
    near = base.near.copy()
    top, bottom = base.top - base.near_top, base.bottom - base.near_top
    if halved_chroma:
        band = _bled(band, _next_pairs(band))
    if band.shape[1] != near.shape[1]:
        band = _fit_across(band, near.shape[1])
    near[top:bottom] = band
    if halved_chroma:
        for edge in (top, bottom):
            if 0 < edge < len(near):
                rows = near[edge - 1 : edge + 1]
                near[edge - 1 : edge + 1] = _bled(rows, rows[::-1])
    height, width = base.fitted.shape[:2]
    scale = base.height / height
    box = (0, base.first * scale - base.near_top, near.shape[1], base.last * scale - base.near_top)
    patch = Image.fromarray(near).resize(
        (width, base.last - base.first), Image.Resampling.LANCZOS, box=box
    )
    pixels = base.fitted.copy()
    pixels[base.first : base.last] = np.asarray(patch)
    return _turned(pixels, orientation) if orientation in _TURNS else pixels


def _next_pairs(row: Pixels) -> Pixels:
    """For each pixel of a row the nearest one with another sample of chroma; itself at the ends."""
    across = np.arange(row.shape[1])
    nearest = across + np.where(across % 2, 1, -1)
    return row[:, nearest.clip(0, len(across) - 1)]


def _bled(pixels: Pixels, neighbours: Pixels) -> Pixels:
    """RGB pixels with their own luma, and a quarter of their neighbours' chroma.

    That is how decoders bring chroma of half the resolution back to the whole: three quarters of
    the sample that covers a pixel, one quarter of the nearest other one, in either direction
    ("fancy upsampling" in libjpeg's jdsample.c).
    """
    towards = neighbours.astype(np.float32) - pixels
    towards -= (towards @ _LUMA)[..., None]
    return np.rint(pixels + towards / 4).clip(0, 255).astype(np.uint8)


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """A copy that is turned. Its pixels are moved whole: byte by byte takes twice as long."""
    whole = pixels.view(f"V{pixels.shape[2]}")[:, :, 0] if pixels.ndim == 3 else pixels
    turned = np.ascontiguousarray(_TURNS[orientation](whole))
    return turned.view(np.uint8).reshape(*turned.shape, *pixels.shape[2:])


def _fit_across(pixels: Pixels, width: int) -> Pixels:
    """Fit the width alone. Pillow does that first when it fits both, so nothing is lost by it."""
    fitted = Image.fromarray(pixels).resize((width, len(pixels)), Image.Resampling.LANCZOS)
    return np.asarray(fitted)


def pixels_of(picture: Image.Image) -> Pixels:
    """A picture decoded: L, RGB, or RGBA where there is anything transparent."""
    if picture.has_transparency_data:
        return np.asarray(picture.convert("RGBA"))
    return np.asarray(picture if picture.mode in ("L", "RGB") else picture.convert("RGB"))


def compare(output: Pixels, wanted: Pixels) -> Distance:
    """How far `output` is from `wanted`, by eye: colours count as far as they are opaque.

    A side may differ by one pixel, for rounding; any other size is as far off as can be.
    """
    if max(abs(a - b) for a, b in zip(output.shape[:2], wanted.shape[:2], strict=True)) > 1:
        return Distance(255.0, 255.0)
    if output.shape[:2] != wanted.shape[:2]:
        height, width = output.shape[:2]
        wanted = np.asarray(Image.fromarray(wanted).resize((width, height)))
    if _has_alpha(output) or _has_alpha(wanted):
        pairs = [(_on_grey(output), _on_grey(wanted)), (_alpha(output), _alpha(wanted))]
    else:
        pairs = [(output, wanted)]
    distances = [_distance(*_alike(a, b)) for a, b in pairs]
    return Distance(
        mean=max(distance.mean for distance in distances),
        worst_block=max(distance.worst_block for distance in distances),
    )


def _distance(a: Pixels, b: Pixels) -> Distance:
    """Of two pictures of the same shape; by strips of one block's height, which fit the cache."""
    height, width, channels = a.shape
    down, across = math.ceil(height / _BLOCK), math.ceil(width / _BLOCK)
    columns = np.zeros((down, across * _BLOCK * channels), np.uint16)  # 16 × 255 fit
    for row in range(down):
        strip = slice(row * _BLOCK, (row + 1) * _BLOCK)
        difference = np.maximum(a[strip], b[strip])
        difference -= np.minimum(a[strip], b[strip])
        sums = np.add.reduce(difference, axis=0, dtype=np.uint16)
        columns[row, : width * channels] = sums.reshape(-1)
    sums = columns.reshape(down, across, -1).sum(axis=2, dtype=np.uint32)
    areas = np.outer(_sides(height), _sides(width)) * channels
    return Distance(float(sums.sum() / a.size), float((sums / areas).max()))


def _sides(length: int) -> NDArray[np.int64]:
    """The sides of the blocks that a side of a picture has: all alike but the last."""
    return np.diff([*range(0, length, _BLOCK), length])


def _alike(a: Pixels, b: Pixels) -> tuple[Pixels, Pixels]:
    """Both as rows × columns × channels, with as many channels: grey is the same in each."""
    a, b = (each[:, :, None] if each.ndim == 2 else each for each in (a, b))
    shape = (*a.shape[:2], max(a.shape[2], b.shape[2]))
    return np.broadcast_to(a, shape), np.broadcast_to(b, shape)


def _has_alpha(pixels: Pixels) -> bool:
    return pixels.ndim == 3 and pixels.shape[2] == 4


def _on_grey(pixels: Pixels) -> Pixels:
    if not _has_alpha(pixels):
        return pixels
    picture = Image.fromarray(pixels)
    ground = Image.new("RGBA", picture.size, (128, 128, 128, 255))
    return np.asarray(Image.alpha_composite(ground, picture).convert("RGB"))


def _alpha(pixels: Pixels) -> Pixels:
    return pixels[:, :, 3] if _has_alpha(pixels) else np.full(pixels.shape[:2], 255, np.uint8)
