"""Pictures as bytes: a base, made once and kept on disk, with a band of unique colours across it.

Only the band is made for each upload.
"""

import io
import os
import threading
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

from harness.images import scenes, splice
from harness.images.corpus import Kind, Picture
from harness.images.reference import (
    Pixels,
    Reference,
    expected,
    fitted_size,
    pixels_of,
    reference,
)

_VERSION = 2  # raise it when bases change, so that kept ones are made anew
_UNIT = 16  # pixels: a multiple of the height of every MCU
_TILES = 10  # of 6 bits each, together the 60 bits of Picture.code
_LEVELS = (20, 90, 160, 230)
_COLOURS = np.array([(r, g, b) for r in _LEVELS for g in _LEVELS for b in _LEVELS], np.uint8)
_SCENE_COLOURS = 256 - len(_COLOURS)  # what the band leaves of a palette

# EXIF tags (CIPA DC-008): a device and a place, which must not come out at the other end.
_MAKE, _MODEL, _ORIENTATION, _DATE, _GPS = 0x010F, 0x0110, 0x0112, 0x0132, 0x8825


@dataclass(frozen=True)
class Base:
    """A picture but for its band. Its file is `head`, band and `tail`.

    `adler` holds the Adler-32 of a PNG's head, that of its tail, and the tail's size. A progressive
    JPEG cannot be cut: its `pixels` are encoded as a whole each time.
    """

    reference: Reference
    head: bytes = b""
    tail: bytes = b""
    adler: tuple[int, int, int] = (0, 0, 0)
    pixels: Pixels | None = None


type Wanted = Callable[[Image.Image], Image.Image]


class Pictures:
    """The bases, by kind and scene, kept as files under `folder`. Threads may share it.

    `wanted` makes the output of what fits into the box; without it, that is the output.
    """

    def __init__(self, folder: Path, wanted: Wanted | None = None) -> None:
        self._wanted = wanted
        self._folder = folder / f"v{_VERSION}-pillow-{PIL.__version__}"
        self._bases: dict[tuple[str, int], Base] = {}
        self._lock = threading.Lock()

    def prepare(self, pictures: Iterable[Picture]) -> None:
        """Have every base that `pictures` need. One after the other, for the sake of memory."""
        needed = {(picture.scene, picture.kind.name): picture for picture in pictures}
        for _, picture in sorted(needed.items(), key=itemgetter(0)):
            self._base(picture)

    def render(self, picture: Picture) -> bytes:
        """The file to upload. Equal pictures give equal bytes; some milliseconds of one core."""
        if picture.file is not None:
            return picture.file
        base, kind = self._base(picture), picture.kind
        band = _stored(_band(picture), kind, base.reference.bottom - base.reference.top)
        if base.pixels is not None:
            pixels = base.pixels.copy()
            pixels[base.reference.top : base.reference.bottom] = band
            parts = [_jpeg(pixels, kind)]
        elif kind.form == "JPEG":
            first = base.reference.top // _mcu_height(kind)
            parts = [base.head, splice.jpeg_band(_jpeg(band, kind), first), base.tail]
        else:
            parts = _png_parts(base, band, kind)
        if kind.camera:
            parts[0] = splice.with_exif(parts[0], _exif(picture.orientation))
        return b"".join(parts)

    def expected(self, picture: Picture) -> Pixels:
        """The output that must come of `picture`, apart from what encoding costs."""
        base, kind = self._base(picture).reference, picture.kind
        band = _displayed(_band(picture), kind)
        fitted = expected(base, band, picture.orientation, halved_chroma=_has_halved_chroma(kind))
        return pixels_of(self._wanted(Image.fromarray(fitted))) if self._wanted else fitted

    def output_size(self, picture: Picture) -> tuple[int, int]:
        """Width and height of the output that must come of `picture`."""
        size = fitted_size(*picture.displayed_size)
        return self._wanted(Image.new("RGB", size)).size if self._wanted else size

    def _base(self, picture: Picture) -> Base:
        name = (picture.kind.name, picture.scene)
        base = self._bases.get(name)
        if base is None:
            file = self._folder / f"{name[0]}-{name[1]}.npz"
            base = _load(file) or _save(file, _make_base(picture.kind, picture.scene))
            with self._lock:
                base = self._bases.setdefault(name, base)
        return base


def _band(picture: Picture) -> Pixels:
    """The numbers of the colours (0 … 63) along the band, whose rows are all the same."""
    width = picture.kind.width
    numbers = [picture.code >> 6 * tile & 63 for tile in range(_TILES)]
    tile_width = width // _TILES // _UNIT * _UNIT
    columns = np.minimum(np.arange(width) // tile_width, _TILES - 1)
    return np.array(numbers, np.uint8)[columns][None]


def _displayed(band: Pixels, kind: Kind) -> Pixels:
    """A row of the band as a viewer shows it, in the mode of the kind's reference."""
    if kind.mode in ("L", "I;16"):
        return band * np.uint8(4)
    colours = _COLOURS[band]
    if kind.mode in ("RGBA", "PA"):
        return np.concatenate([colours, np.full((*band.shape, 1), 255, np.uint8)], axis=2)
    return colours


def _stored(band: Pixels, kind: Kind, rows: int) -> Pixels:
    """The whole band as the file stores it; sixteen-bit channels as two bytes each."""
    if kind.mode in ("P", "PA"):
        row = band + np.uint8(_SCENE_COLOURS)
    else:
        row = _displayed(band, kind)
        if kind.mode == "CMYK":
            row = np.concatenate([255 - row, np.zeros((*band.shape, 1), np.uint8)], axis=2)
        elif kind.mode.endswith(";16"):
            row = _two_bytes(row)
    return np.repeat(row, rows, axis=0)


def _two_bytes(pixels: Pixels) -> Pixels:
    """Eight-bit channels as sixteen-bit ones, big-endian: times 257 is the same byte twice."""
    return np.repeat(pixels, 2, axis=-1)


def _make_base(kind: Kind, scene: int) -> Base:
    content = getattr(scenes, kind.content)(scene, kind.width, kind.height)
    units = kind.height // _UNIT
    top = units * 2 // 7 * _UNIT  # off the middle, so that a turned picture shows
    bottom = top + max(1, units // 24) * _UNIT
    return (_jpeg_base if kind.form == "JPEG" else _png_base)(content, kind, top, bottom)


def _jpeg_base(content: Image.Image, kind: Kind, top: int, bottom: int) -> Base:
    pixels = np.asarray(content.convert(kind.mode))
    data = _jpeg(pixels, kind)
    shown = Image.open(io.BytesIO(data)).convert("L" if kind.mode == "L" else "RGB")
    wanted = reference(np.asarray(shown), top, bottom)
    if kind.progressive:
        return Base(wanted, pixels=pixels)
    row = _mcu_height(kind)
    head, tail = splice.cut_jpeg(data, top // row, (bottom - top) // row)
    return Base(wanted, head, tail)


def _jpeg(pixels: Pixels, kind: Kind) -> bytes:
    buffer = io.BytesIO()
    cut = {} if kind.progressive else {"restart_marker_rows": 1}
    Image.fromarray(pixels, kind.mode).save(
        buffer, "JPEG", quality=kind.quality, progressive=kind.progressive, **cut
    )
    return buffer.getvalue()


def _mcu_height(kind: Kind) -> int:
    return 16 if _has_halved_chroma(kind) else 8


def _has_halved_chroma(kind: Kind) -> bool:
    return kind.form == "JPEG" and kind.mode == "RGB"  # as Pillow encodes it by default


def _png_base(content: Image.Image, kind: Kind, top: int, bottom: int) -> Base:
    extra: dict[bytes, bytes] = {}
    if kind.mode in ("P", "PA"):
        indexed = content.quantize(_SCENE_COLOURS, Image.Quantize.FASTOCTREE)
        palette = np.array(indexed.getpalette("RGBA"), np.uint8).reshape(-1, 4)
        whole = np.zeros((256, 4), np.uint8)
        whole[: len(palette)] = palette
        whole[_SCENE_COLOURS:] = [(*colour, 255) for colour in _COLOURS.tolist()]
        pixels = np.asarray(indexed)
        displayed = whole[pixels][:, :, : 4 if kind.mode == "PA" else 3]
        extra[b"PLTE"] = whole[:, :3].tobytes()
        if kind.mode == "PA":
            extra[b"tRNS"] = whole[:, 3].tobytes()
    else:
        displayed = np.asarray(
            content.convert({"I;16": "L", "RGB;16": "RGB"}.get(kind.mode, kind.mode))
        )
        pixels = _two_bytes(displayed) if kind.mode.endswith(";16") else displayed
    depth, colour, _ = _PNG_FORMS[kind.mode]
    above, above_adler, _ = _png_part(pixels[:top], kind, first=True)
    below, below_adler, below_size = _png_part(pixels[bottom:], kind)
    return Base(
        reference(np.ascontiguousarray(displayed), top, bottom),
        splice.png_head(kind.width, kind.height, depth, colour, extra) + above,
        below,
        (above_adler, below_adler, below_size),
    )


# Bit depth, colour type and bytes per pixel (PNG, section 11.2.1).
_PNG_FORMS = {
    "RGB": (8, 2, 3),
    "RGBA": (8, 6, 4),
    "P": (8, 3, 1),
    "PA": (8, 3, 1),
    "I;16": (16, 0, 2),
    "RGB;16": (16, 2, 6),
}


def _png_part(pixels: Pixels, kind: Kind, *, first: bool = False) -> tuple[bytes, int, int]:
    return splice.png_rows(pixels.reshape(len(pixels), -1), _PNG_FORMS[kind.mode][2], first=first)


def _png_parts(base: Base, band: Pixels, kind: Kind) -> list[bytes]:
    above_adler, below_adler, below_size = base.adler
    chunk, adler, size = _png_part(band, kind)
    adler = splice.joined_adler(above_adler, adler, size)
    adler = splice.joined_adler(adler, below_adler, below_size)
    return [base.head, chunk, base.tail, splice.png_end(adler)]


@lru_cache
def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[_MAKE], exif[_MODEL], exif[_DATE] = "Tapline", "T-1000", "2026:07:14 18:03:21"
    exif[_ORIENTATION] = orientation
    exif.get_ifd(_GPS).update({1: "N", 2: (59.0, 19.0, 45.1), 3: "E", 4: (18.0, 4.0, 7.2)})
    return exif.tobytes()


def _save(file: Path, base: Base) -> Base:
    """Write `base` to `file` at once or not at all; the base itself comes back."""
    kept = base.reference
    numbers = [kept.near_top, kept.first, kept.last, kept.top, kept.bottom, kept.height]
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}.part")
    with open(part, "wb") as out:
        np.savez(
            out,
            fitted=kept.fitted,
            near=kept.near,
            numbers=numbers,
            head=np.frombuffer(base.head, np.uint8),
            tail=np.frombuffer(base.tail, np.uint8),
            adler=np.array(base.adler, np.int64),
            pixels=np.zeros(0, np.uint8) if base.pixels is None else base.pixels,
        )
    part.replace(file)
    return base


def _load(file: Path) -> Base | None:
    """The base in `file`; None if there is none, or none that can be read."""
    try:
        with np.load(file) as kept:
            return Base(
                Reference(kept["fitted"], kept["near"], *kept["numbers"].tolist()),
                kept["head"].tobytes(),
                kept["tail"].tobytes(),
                tuple(kept["adler"].tolist()),
                kept["pixels"] if kept["pixels"].size else None,
            )
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None
