"""The output as a file: format, size, compression, and nothing private in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

import imaging
from tests.unit.image_processor.files import decoded, encoded, scene


def with_everything(orientation: int = 1) -> Image.Exif:
    """EXIF data with a position, a camera and an owner."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "SECRET camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "SECRET"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.CameraOwnerName] = "SECRET owner"
    return exif


def test_a_jpeg_comes_out_as_a_jpeg() -> None:
    """A JPEG comes out as a baseline JPEG with 4:2:0 chroma, typed as such."""
    processed = imaging.process(encoded(scene(1500, 1000), "JPEG", progressive=True))
    image = decoded(processed.data)
    assert (processed.format, processed.content_type) == ("JPEG", "image/jpeg")
    assert (image.format, image.size) == ("JPEG", (1024, 683))
    assert "progressive" not in image.info
    assert image.layer == [(1, 2, 2, 0), (2, 1, 1, 1), (3, 1, 1, 1)]  # type: ignore[attr-defined]


def test_a_png_comes_out_as_a_png() -> None:
    """A PNG comes out as a PNG, typed as such."""
    processed = imaging.process(encoded(scene(1500, 1000), "PNG"))
    assert (processed.format, processed.content_type) == ("PNG", "image/png")
    assert decoded(processed.data).format == "PNG"
    assert (processed.width, processed.height) == (1024, 683)
    assert (processed.source_width, processed.source_height) == (1500, 1000)


def test_same_input_same_output() -> None:
    """The output depends on the input alone, to the byte."""
    data = encoded(scene(1500, 1000), "JPEG")
    assert imaging.process(data) == imaging.process(data)


@pytest.mark.parametrize("size", [(1500, 1000), (300, 200)])
def test_nothing_private_in_a_jpeg(size: tuple[int, int]) -> None:
    """Position, camera, owner, comment, XMP and profile are gone, even where nothing is resized."""
    data = encoded(
        scene(*size),
        "JPEG",
        exif=with_everything(),
        comment=b"SECRET comment",
        xmp=b"<x>SECRET</x>",
        icc_profile=b"SECRET profile",
    )
    assert data.count(b"SECRET") >= 5
    processed = imaging.process(data).data
    assert b"SECRET" not in processed
    assert set(decoded(processed).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
@pytest.mark.parametrize("size", [(1500, 1000), (300, 200)])
def test_nothing_private_in_a_png(mode: str, size: tuple[int, int]) -> None:
    """Text, EXIF and profile are gone, even where nothing is resized."""
    text = PngInfo()
    text.add_text("Author", "SECRET author")
    text.add_itxt("XML:com.adobe.xmp", "SECRET xmp")
    data = encoded(
        scene(*size).convert(mode),
        "PNG",
        pnginfo=text,
        exif=with_everything(),
        icc_profile=b"SECRET profile",
    )
    assert data.count(b"SECRET") >= 3
    processed = imaging.process(data).data
    assert b"SECRET" not in processed
    assert decoded(processed).info == {}


def test_small_images_are_not_enlarged() -> None:
    """An image that fits keeps its size."""
    processed = imaging.process(encoded(scene(320, 200), "JPEG"))
    assert (processed.width, processed.height) == (320, 200)


def test_several_pictures_in_one_jpeg() -> None:
    """A phone's JPEG with further pictures in it (MPF) is processed as its first one."""
    first = scene(600, 400)
    data = encoded(first, "MPO", save_all=True, append_images=[scene(300, 200, 2)])
    assert decoded(data).format == "MPO"
    processed = imaging.process(data)
    assert (processed.format, processed.width) == ("JPEG", 600)


def test_noise_is_written_all_the_same() -> None:
    """Noise, the worst case for the JPEG encoder's buffer, is written all the same."""
    noise = Image.effect_noise((1024, 1024), 200)
    assert imaging.process(encoded(Image.merge("RGB", (noise,) * 3), "JPEG", quality=100)).data


@given(width=st.integers(1, 65_535), height=st.integers(1, 65_535))
def test_a_picture_is_fitted_into_the_box(width: int, height: int) -> None:
    """The size fits the box, is never larger than the source, and keeps the shape."""
    fitted_width, fitted_height = imaging.fitted((width, height))
    assert 1 <= fitted_width <= min(width, imaging.BOX)
    assert 1 <= fitted_height <= min(height, imaging.BOX)
    if max(width, height) > imaging.BOX:
        assert max(fitted_width, fitted_height) == imaging.BOX
        assert abs(fitted_width - width * imaging.BOX / max(width, height)) <= 1
        assert abs(fitted_height - height * imaging.BOX / max(width, height)) <= 1
    else:
        assert (fitted_width, fitted_height) == (width, height)
