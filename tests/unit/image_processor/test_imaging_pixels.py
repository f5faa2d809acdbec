"""Outputs against a full-decode rendering, for every kind of pixel that a JPEG or PNG holds."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

import imaging
from tests.unit.image_processor.files import (
    COLOUR,
    COLOUR_ALPHA,
    GREY,
    GREY_ALPHA,
    PALETTE,
    chunk,
    decoded,
    encoded,
    png,
    scene,
)
from tests.unit.image_processor.rendering import (
    Planes,
    difference,
    planes,
    rendering,
    through_jpeg,
)

ORIENTATION = 0x0112


def output(data: bytes) -> Planes:
    return planes(decoded(imaging.process(data).data))


def with_alpha(image: Image.Image) -> Image.Image:
    """The image with an alpha that has soft and hard edges, and colour where nothing is seen."""
    alpha = scene(*image.size, seed=2).convert("L")
    alpha.paste(0, (0, 0, image.width // 3, image.height // 2))
    image = image.copy()
    image.putalpha(alpha)
    return image


def wide_gamut_profile() -> bytes:
    """An ICC profile whose colours are visibly other than sRGB's: red and green are swapped."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    count = int.from_bytes(profile[128:132])
    data = bytearray(profile)
    entries = {
        profile[at : at + 4]: slice(at + 4, at + 12) for at in range(132, 132 + 12 * count, 12)
    }
    data[entries[b"rXYZ"]], data[entries[b"gXYZ"]] = (
        profile[entries[b"gXYZ"]],
        profile[entries[b"rXYZ"]],
    )
    description = int.from_bytes(profile[entries[b"desc"]][:4])
    return bytes(data).replace(
        profile[description + 28 : description + 32], "No".encode("utf-16-be"), 1
    )


@pytest.mark.parametrize(
    "size",
    # Some just beyond and just short of where libjpeg may halve the scale, and a strip.
    [(1280, 960), (1537, 2049), (3072, 1000), (700, 3071), (4032, 800), (6200, 310)],
)
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_comes_out_as_one_decoded_in_full(size: tuple[int, int], progressive: bool) -> None:
    """A JPEG decoded at a reduced scale is within 2/255 of one decoded in full."""
    data = encoded(scene(*size), "JPEG", quality=90, progressive=progressive)
    assert difference(output(data), through_jpeg(rendering(data))) < 2


@pytest.mark.parametrize("mode", ["L", "CMYK"])
@pytest.mark.parametrize("size", [(900, 700), (2300, 1500)])
def test_a_jpeg_keeps_its_grey_and_its_inks_become_rgb(mode: str, size: tuple[int, int]) -> None:
    """Grey stays grey; CMYK, inverted as Adobe writes it, becomes the RGB it stands for."""
    data = encoded(scene(*size).convert(mode), "JPEG", quality=95)
    processed = decoded(imaging.process(data).data)
    assert processed.mode == {"L": "L", "CMYK": "RGB"}[mode]
    assert difference(planes(processed), through_jpeg(rendering(data))) < 2


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(300, 200), (1400, 1100), (4600, 500)])
def test_a_png_of_any_mode_comes_out_as_it_looks(mode: str, size: tuple[int, int]) -> None:
    """Every mode that Pillow writes comes out as it looks, transparency included."""
    image = with_alpha(scene(*size)) if mode.endswith("A") else scene(*size)
    # Not dithered: noise of black and white shows where 8 bit arithmetic clips between its passes.
    data = encoded(image.convert(mode, dither=Image.Dither.NONE), "PNG", compress_level=1)
    assert difference(output(data), rendering(data)) < 1


@pytest.mark.parametrize("size", [(300, 200), (4600, 500)])
@pytest.mark.parametrize("transparency", [7, bytes(range(0, 256, 2))])
def test_a_transparent_entry_of_a_palette_stays_transparent(
    size: tuple[int, int], transparency: int | bytes
) -> None:
    """A palette with one transparent entry, or an alpha for each, stays transparent there."""
    image = scene(*size).quantize(128, Image.Quantize.FASTOCTREE)
    data = encoded(image, "PNG", transparency=transparency)
    processed = decoded(imaging.process(data).data)
    assert processed.convert("RGBA").getchannel("A").getextrema() != (255, 255)
    assert difference(planes(processed), rendering(data)) < 1


@pytest.mark.parametrize("size", [(300, 200), (4600, 500)])
@pytest.mark.parametrize("interlaced", [False, True])
def test_png_16_bit_grey(size: tuple[int, int], interlaced: bool) -> None:
    """16 bit grey is scaled to 8 bit, not clipped."""
    grey = np.asarray(scene(*size).convert("L")).astype(np.uint16) * 257
    data = png(grey, 16, GREY, interlaced=interlaced)
    processed = decoded(imaging.process(data).data)
    assert processed.mode == "L"
    assert difference(planes(processed), rendering(data)) < 1


@pytest.mark.parametrize("colour_type", [COLOUR, GREY_ALPHA, COLOUR_ALPHA])
@pytest.mark.parametrize("interlaced", [False, True])
def test_png_16_bit_channels(colour_type: int, interlaced: bool) -> None:
    """16 bit colour and alpha come out as their upper eight bits look."""
    mode = {COLOUR: "RGB", GREY_ALPHA: "LA", COLOUR_ALPHA: "RGBA"}[colour_type]
    image = scene(1500, 1100)
    eight = (with_alpha(image) if "A" in mode else image).convert(mode)
    data = png(np.asarray(eight).astype(np.uint16) * 257, 16, colour_type, interlaced=interlaced)
    assert difference(output(data), rendering(encoded(eight, "PNG"))) < 1


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("size", [(64, 40), (4600, 500)])
def test_the_grey_that_is_named_stays_transparent(depth: int, size: tuple[int, int]) -> None:
    """The grey named transparent is, at every depth, and no other is."""
    top = (1 << depth) - 1
    grey = np.full(size[::-1], top, dtype=np.uint16)
    grey[:, : size[0] // 2] = top // 2
    data = png(grey, depth, GREY, chunk(b"tRNS", (top // 2).to_bytes(2)))
    processed = output(data)
    middle = processed.shape[1] // 2
    assert (processed[:, : middle - 8, 3] == 0).all()
    assert (processed[:, middle + 8 :] == 255).all()


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("size", [(64, 40), (4600, 500)])
def test_the_colour_that_is_named_stays_transparent(depth: int, size: tuple[int, int]) -> None:
    """The colour named transparent is, and no other is."""
    top = (1 << depth) - 1
    colour = np.full((size[1], size[0], 3), top, dtype=np.uint16)
    colour[:, : size[0] // 2] = (top, top // 2, 0)
    key = b"".join(value.to_bytes(2) for value in (top, top // 2, 0))
    processed = output(png(colour, depth, COLOUR, chunk(b"tRNS", key)))
    middle = processed.shape[1] // 2
    assert (processed[:, : middle - 8, 3] == 0).all()
    assert (processed[:, middle + 8 :] == 255).all()


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_palette_of_any_depth_keeps_its_colours(depth: int) -> None:
    """Palettes of two to 256 colours come out in their colours."""
    colours = 1 << depth
    palette = np.random.default_rng(1).integers(0, 256, (colours, 3), dtype=np.uint8)
    indices = np.arange(1500 * 1200).reshape(1200, 1500) // 5000 % colours
    data = png(indices.astype(np.uint8), depth, PALETTE, chunk(b"PLTE", palette.tobytes()))
    assert difference(output(data), rendering(data)) < 1


def test_small_palette_is_kept() -> None:
    """A palette image that fits keeps its palette, as its file would grow otherwise."""
    image = scene(300, 200).quantize(16)
    processed = decoded(imaging.process(encoded(image, "PNG", transparency=3)).data)
    assert processed.mode == "P"
    assert processed.info["transparency"] == 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("size", [(300, 180), (1500, 900)])
def test_every_orientation_comes_out_upright(
    orientation: int, image_format: str, size: tuple[int, int]
) -> None:
    """All eight EXIF orientations come out upright, and the output says nothing of them."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(scene(*size), image_format, exif=exif)
    processed = imaging.process(data)
    expected = rendering(data)
    if image_format == "JPEG":
        expected = through_jpeg(expected)
    assert difference(planes(decoded(processed.data)), expected) < 2
    assert ORIENTATION not in decoded(processed.data).getexif()
    displayed = size if orientation < 5 else size[::-1]
    assert (processed.source_width, processed.source_height) == displayed


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_a_profile_is_followed_and_left_out(image_format: str) -> None:
    """Colours are converted to sRGB by the embedded profile, which is then left out."""
    image, profile = scene(1200, 800), wide_gamut_profile()
    data = encoded(image, image_format, icc_profile=profile)
    processed = decoded(imaging.process(data).data)
    expected = rendering(data)
    if image_format == "JPEG":
        expected = through_jpeg(expected)
    assert difference(planes(processed), expected) < 2
    assert difference(expected, rendering(encoded(image, image_format))) > 20
    assert "icc_profile" not in processed.info


def test_profile_with_alpha_and_palette() -> None:
    """A profile applies to what is seen of a palette or a transparent image, not to its alpha."""
    profile = wide_gamut_profile()
    image = with_alpha(scene(400, 300))
    converted = output(encoded(image, "PNG", icc_profile=profile))
    assert (converted[..., 3] == planes(image)[..., 3]).all()
    assert difference(converted, planes(image)) > 10
    image = scene(400, 300).quantize(64)
    converted = output(encoded(image, "PNG", icc_profile=profile))
    assert (
        difference(converted, output(encoded(image.convert("RGB"), "PNG", icc_profile=profile)))
        == 0
    )


@pytest.mark.parametrize("profile", [b"not a profile", wide_gamut_profile()[:200]])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_an_unusable_profile_does_not_spoil_a_picture(profile: bytes, mode: str) -> None:
    """A profile that cannot be read, or is for other channels, does not spoil the image."""
    image = scene(400, 300).convert(mode)
    assert imaging.process(encoded(image, "JPEG", icc_profile=profile)).data == (
        imaging.process(encoded(image, "JPEG")).data
    )


def test_profile_for_other_channels() -> None:
    """An RGB profile in a grey or CMYK file is ignored."""
    for mode in ("L", "CMYK"):
        image = scene(400, 300).convert(mode)
        assert imaging.process(encoded(image, "JPEG", icc_profile=wide_gamut_profile())).data == (
            imaging.process(encoded(image, "JPEG")).data
        )


def test_print_with_a_screen_profile() -> None:
    """Ink whose profile says sRGB, which is of no use to it, comes out as colours for screens."""
    ink = scene(64, 48).convert("CMYK")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    processed = imaging.process(encoded(ink, "JPEG", icc_profile=profile))
    assert decoded(processed.data).mode == "RGB"
    assert processed == imaging.process(encoded(ink, "JPEG"))


def test_profile_with_an_umlaut() -> None:
    """A profile of version 2 whose name is not in ASCII, as its makers write it, is followed."""
    profile, photo = wide_gamut_profile(), scene(64, 48)
    at = profile.index(b"mluc")
    name = b"desc" + bytes(4) + (5).to_bytes(4) + b"f\xfcr \0"
    named = profile[:at] + name + profile[at + len(name) :]
    with pytest.raises(ValueError, match="not in range"):
        assert ImageCms.ImageCmsProfile(BytesIO(named)).profile.profile_description
    wanted = imaging.process(encoded(photo, "JPEG", icc_profile=profile))
    assert imaging.process(encoded(photo, "JPEG", icc_profile=named)) == wanted
