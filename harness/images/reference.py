"""What must become of a picture, rendered independently of the function, and how close it came.

A decoded base comes in and becomes a Reference once; for each upload `expected` gives the picture
that must come out and `compare` the distance to what did.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

BOX = 1024  # outputs fit into a square of this many pixels

# How far an output may be from the reference, in levels of 255. A JPEG of quality 85 is 1 to 2.7
# levels off on average and up to 14 in its worst block, a decoder that shrinks while it decodes
# included; a PNG loses next to nothing. Quality 30, another picture, a flip, or a shift by three
# pixels are beyond one of the two (tests/unit/images/test_reference.py).
MEAN_TOLERANCE = {"JPEG": 3.3, "PNG": 1.0}
BLOCK_TOLERANCE = 20.0
_BLOCK = 16

_LANCZOS_REACH = 3  # source pixels on either side, times the scale
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

type Pixels = NDArray[np.uint8]  # rows × columns, or rows × columns × channels


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


def expected(base: Reference, band: Pixels, orientation: int) -> Image.Image:
    """The output that must come of the base with `band` painted on it, turned as EXIF says.

    `band` is one row, as wide as the source: all rows of the band are the same. Only the rows that
    the band reaches are resized; the rest of the fitted base stays as it is.
    """
    near = base.near.copy()
    if band.shape[1] != near.shape[1]:
        band = _fit_across(band, near.shape[1])
    near[base.top - base.near_top : base.bottom - base.near_top] = band
    height, width = base.fitted.shape[:2]
    scale = base.height / height
    box = (0, base.first * scale - base.near_top, near.shape[1], base.last * scale - base.near_top)
    patch = Image.fromarray(near).resize(
        (width, base.last - base.first), Image.Resampling.LANCZOS, box=box
    )
    pixels = base.fitted.copy()
    pixels[base.first : base.last] = np.asarray(patch)
    picture = Image.fromarray(pixels)
    return picture.transpose(_TURNS[orientation]) if orientation in _TURNS else picture


def _fit_across(pixels: Pixels, width: int) -> Pixels:
    """Fit the width alone. Pillow does that first when it fits both, so nothing is lost by it."""
    fitted = Image.fromarray(pixels).resize((width, len(pixels)), Image.Resampling.LANCZOS)
    return np.asarray(fitted)


def compare(output: Image.Image, wanted: Image.Image) -> Distance:
    """How far `output` is from `wanted`, by eye: colours count as far as they are opaque.

    A side may differ by one pixel, for rounding; any other size is as far off as can be.
    """
    if max(abs(a - b) for a, b in zip(output.size, wanted.size, strict=True)) > 1:
        return Distance(255.0, 255.0)
    if output.size != wanted.size:
        wanted = wanted.resize(output.size)
    pairs = [(_on_grey(output), _on_grey(wanted))]
    if output.has_transparency_data or wanted.mode == "RGBA":
        pairs.append((_alpha(output), _alpha(wanted)))
    distances = [_distance(a, b) for a, b in pairs]
    return Distance(
        mean=max(distance.mean for distance in distances),
        worst_block=max(distance.worst_block for distance in distances),
    )


def _distance(a: Image.Image, b: Image.Image) -> Distance:
    difference = ImageChops.difference(a, b)
    channels = np.array(difference.histogram()).reshape(-1, 256)
    mean = float((channels @ np.arange(256)).mean() / (a.width * a.height))
    worst = np.asarray(difference.reduce(_BLOCK)).reshape(-1, len(channels)).mean(axis=1).max()
    return Distance(mean, float(worst))


def _on_grey(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, (128, 128, 128, 255))
    return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")


def _alpha(picture: Image.Image) -> Image.Image:
    return picture.convert("RGBA").getchannel("A")
