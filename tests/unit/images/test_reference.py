"""The comparison with the reference lets honest outputs pass and catches every wrong one."""

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageFilter, ImageOps

from harness.images.corpus import KINDS, SCENES, Kind, Picture, of_kind
from harness.images.pictures import Pictures
from harness.images.reference import Distance, compare, fitted_size, pixels_of

PHOTOS = [KINDS["thumbnail"], KINDS["avatar"], KINDS["messenger"], KINDS["social"]]
CAMERA = Kind("camera-like", 1, 1600, 1200, camera=True)


def processed(data: bytes, *, quality: int = 85, shrinking_decoder: bool = True) -> Image.Image:
    """What an honest implementation makes of an RGB JPEG."""
    file: Image.Image = Image.open(io.BytesIO(data))
    if shrinking_decoder:
        file.draft("RGB", (1024, 1024))
    upright = ImageOps.exif_transpose(file)
    fitted = upright.resize(fitted_size(*upright.size), Image.Resampling.LANCZOS)
    return encoded(fitted, quality)


def encoded(picture: Image.Image, quality: int = 85) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def distance(pictures: Pictures, picture: Picture, output: Image.Image) -> Distance:
    return compare(pixels_of(output), pictures.expected(picture))


@pytest.mark.parametrize("shrinking_decoder", [True, False])
@pytest.mark.parametrize("kind", [*PHOTOS, CAMERA], ids=lambda kind: kind.name)
def test_honest_outputs_pass(pictures: Pictures, kind: Kind, shrinking_decoder: bool) -> None:
    """A JPEG of quality 85 is within the tolerance, however it was decoded."""
    picture = of_kind(kind, 1, seed=1)[0]
    output = processed(pictures.render(picture), shrinking_decoder=shrinking_decoder)
    assert distance(pictures, picture, output).tolerable("JPEG")


@pytest.mark.parametrize(
    ("scene", "code"),
    [(1, 0x202303C9A8FCCDC), *((scene, 0x333333333333333) for scene in range(SCENES))],
    ids=["thumbnail 9,312 of seed 1", "green and magenta", "green and magenta, other scene"],
)
@pytest.mark.parametrize("kind", PHOTOS, ids=lambda kind: kind.name)
def test_honest_outputs_pass_whatever_colours_are_side_by_side(
    pictures: Pictures, kind: Kind, scene: int, code: int
) -> None:
    """Chroma of half the resolution blurs the edges of colours; that is in the reference too."""
    picture = replace(of_kind(kind, 1, seed=1)[0], scene=scene, code=code)
    output = processed(pictures.render(picture))
    assert distance(pictures, picture, output).tolerable("JPEG")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_differs_from_the_others(pictures: Pictures, orientation: int) -> None:
    """An output that is turned the right way passes; turned in any other way it fails."""
    first = of_kind(CAMERA, 1, seed=1)[0]
    output = processed(pictures.render(replace(first, orientation=orientation)))
    for other in range(1, 9):
        picture = replace(first, orientation=other)
        right = distance(pictures, picture, output).tolerable("JPEG")
        assert right is (other == orientation)


@pytest.mark.parametrize("kind", PHOTOS, ids=lambda kind: kind.name)
def test_a_picture_swapped_with_another_of_the_same_scene_fails(
    pictures: Pictures, kind: Kind
) -> None:
    """The code painted on it gives each picture away."""
    first, *others = (replace(p, scene=0) for p in of_kind(kind, 20, seed=1))
    output = processed(pictures.render(first))
    assert not any(distance(pictures, other, output).tolerable("JPEG") for other in others)


def lower_half_grey(picture: Image.Image) -> Image.Image:
    copy = picture.convert("RGB")
    copy.paste((128, 128, 128), (0, copy.height // 2, copy.width, copy.height))
    return copy


WRONGS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "flipped": ImageOps.mirror,
    "upside down": ImageOps.flip,
    "shifted": lambda picture: ImageChops.offset(picture.convert("RGB"), 3, 0),
    "shifted by one pixel": lambda picture: ImageChops.offset(picture.convert("RGB"), 1, 0),
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(2)),
    "cut short": lower_half_grey,
    "channels swapped": lambda picture: Image.merge("RGB", picture.split()[::-1]),
    "brighter": lambda picture: picture.point([min(255, value + 12) for value in range(256)] * 3),
    "smaller": lambda picture: picture.resize((picture.width // 2, picture.height // 2)),
}


@pytest.mark.parametrize("wrong", WRONGS)
@pytest.mark.parametrize("kind", PHOTOS, ids=lambda kind: kind.name)
def test_wrong_outputs_fail(pictures: Pictures, kind: Kind, wrong: str) -> None:
    """Each defect is beyond the tolerance, on every size of picture."""
    picture = of_kind(kind, 1, seed=1)[0]
    output = encoded(WRONGS[wrong](processed(pictures.render(picture))))
    assert not distance(pictures, picture, output).tolerable("JPEG")


@pytest.mark.parametrize("kind", PHOTOS, ids=lambda kind: kind.name)
def test_an_over_compressed_output_fails(pictures: Pictures, kind: Kind) -> None:
    """Quality 30 in place of 85 is seen."""
    picture = of_kind(kind, 1, seed=1)[0]
    output = processed(pictures.render(picture), quality=30)
    assert not distance(pictures, picture, output).tolerable("JPEG")


def test_lost_transparency_fails(pictures: Pictures) -> None:
    """A PNG that comes out opaque is wrong even if its colours are right."""
    picture = of_kind(KINDS["icon"], 1, seed=1)[0]
    wanted = pictures.expected(picture)
    assert compare(wanted, wanted).tolerable("PNG")
    assert not compare(wanted[:, :, :3], wanted).tolerable("PNG")


def test_one_pixel_of_rounding_is_allowed() -> None:
    """1024 × 683 and 1024 × 682 are both right for a picture of 3:2."""
    gradient = Image.linear_gradient("L").resize((1024, 683))
    wanted, *others = (pixels_of(gradient.resize((1024, height))) for height in (683, 682, 680))
    assert [compare(other, wanted).tolerable("JPEG") for other in others] == [True, False]


@pytest.mark.parametrize("shape", [(48, 64, 3), (50, 37, 3), (16, 16), (33, 15), (5, 3, 3)])
def test_the_distance_is_exact(shape: tuple[int, ...]) -> None:
    """Mean and worst block are those of the definition, in blocks cut off by an edge too."""
    rng = np.random.default_rng(1)
    a, b = (rng.integers(0, 256, shape, np.uint8) for _ in range(2))
    off = np.abs(a.astype(int) - b)
    tops, lefts = range(0, shape[0], 16), range(0, shape[1], 16)
    blocks = [off[top : top + 16, left : left + 16].mean() for top in tops for left in lefts]
    found = compare(a, b)
    assert found.mean == pytest.approx(off.mean())
    assert found.worst_block == pytest.approx(max(blocks))


def test_grey_is_compared_with_colour() -> None:
    """A grey picture stored in three channels is the same picture."""
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert compare(np.repeat(grey[:, :, None], 3, axis=2), grey) == Distance(0.0, 0.0)
