"""Pictures as bytes: valid files, unique, and what they are said to be."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from harness.images.corpus import KINDS, MIX, Kind, Picture, of_kind
from harness.images.pictures import Pictures
from harness.images.reference import compare, fitted_size, pixels_of

SMALL = [kind for kind in MIX if kind.width * kind.height <= 1_600_000]
STORED = {"PA": "P", "RGB;16": "RGB"}  # what Pillow calls our modes


def one(kind: Kind, index: int = 0) -> Picture:
    return of_kind(kind, index + 1, seed=5)[index]


@pytest.mark.parametrize("kind", SMALL, ids=lambda kind: kind.name)
def test_a_file_is_what_its_kind_says(pictures: Pictures, kind: Kind) -> None:
    """Every file decodes completely, in the format, mode and size of its kind."""
    with Image.open(io.BytesIO(pictures.render(one(kind)))) as file:
        file.load()
        assert (file.format, file.size) == (kind.form, (kind.width, kind.height))
        assert file.mode == STORED.get(kind.mode, kind.mode)
        assert bool(file.info.get("progressive")) is kind.progressive


@pytest.mark.parametrize("kind", SMALL, ids=lambda kind: kind.name)
def test_a_file_fits_its_reference(pictures: Pictures, kind: Kind) -> None:
    """Decoded and fitted, the file is its own reference, its band with all its edges included."""
    picture = one(kind)
    with Image.open(io.BytesIO(pictures.render(picture))) as file:
        eight_bits: Image.Image = file
        if file.mode == "I;16":
            eight_bits = Image.fromarray((np.asarray(file) >> 8).astype(np.uint8))
        mode = {"P": "RGB", "PA": "RGBA", "CMYK": "RGB"}.get(kind.mode, eight_bits.mode)
        fitted = eight_bits.convert(mode).resize(fitted_size(*file.size), Image.Resampling.LANCZOS)
    distance = compare(pixels_of(fitted), pictures.expected(picture))
    assert distance.mean < 0.1
    assert distance.worst_block < 1


def test_equal_pictures_give_equal_bytes(pictures: Pictures, tmp_path: Path) -> None:
    """The bytes depend on the picture alone, not on whether its base was kept on disk."""
    again = Pictures(tmp_path)
    for name in ("thumbnail", "icon"):
        picture = one(KINDS[name])
        again.prepare([picture])
        kept = Pictures(tmp_path)
        assert pictures.render(picture) == again.render(picture) == kept.render(picture)


def test_pictures_of_one_kind_differ_in_their_pixels(pictures: Pictures) -> None:
    """Two uploads never decode to the same pixels."""
    pixels = {
        Image.open(io.BytesIO(pictures.render(picture))).convert("RGB").tobytes()
        for picture in of_kind(KINDS["thumbnail"], 100, seed=5)
    }
    assert len(pixels) == 100


def test_camera_pictures_name_their_device_place_and_orientation(pictures: Pictures) -> None:
    """There is something private in the EXIF for the function to remove."""
    kind = Kind("small-camera", 1, 320, 240, camera=True)
    picture = next(p for p in of_kind(kind, 100, seed=5) if p.orientation == 6)
    with Image.open(io.BytesIO(pictures.render(picture))) as file:
        exif = file.getexif()
        assert exif[0x0112] == 6
        assert exif[0x010F]
        assert exif.get_ifd(0x8825)
        assert ImageOps.exif_transpose(file).size == picture.displayed_size == (240, 320)


def test_a_damaged_base_is_made_anew(tmp_path: Path) -> None:
    """A file that was cut short, by a full disk say, does not stop a later run."""
    picture = one(KINDS["icon"])
    first = Pictures(tmp_path)
    first.prepare([picture])
    (file,) = tmp_path.rglob("*.npz")
    file.write_bytes(file.read_bytes()[:1000])
    assert Pictures(tmp_path).render(picture) == first.render(picture)
