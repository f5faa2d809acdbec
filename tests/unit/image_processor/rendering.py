"""What an output must look like, made another way: decoded in full, in floating point.

Nothing is shared with the function but Pillow's decoders and its Lanczos kernel.
"""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

Planes = npt.NDArray[np.float32]  # height x width x (red, green, blue, alpha), 0 to 255

# By EXIF orientation: whether rows and columns change places, then which axes are reversed.
_TURNS = {
    1: (False, ()),
    2: (False, (1,)),
    3: (False, (0, 1)),
    4: (False, (0,)),
    5: (True, ()),
    6: (True, (1,)),
    7: (True, (0, 1)),
    8: (True, (0,)),
}


def planes(image: Image.Image) -> Planes:
    """Red, green, blue and alpha of a loaded image of any mode."""
    if image.mode == "I;16":
        grey = np.asarray(image).astype(np.float32) / np.float32(257)
        return _stacked(grey, grey, grey)
    if image.mode == "CMYK":
        ink = np.asarray(image).astype(np.float32)
        paper = (255 - ink[..., :3]) * (255 - ink[..., 3:]) / 255
        return _stacked(*np.moveaxis(paper, -1, 0))
    return np.asarray(image.convert("RGBA")).astype(np.float32)


def rendering(data: bytes) -> Planes:
    """The output that belongs to a file."""
    image: Image.Image = Image.open(io.BytesIO(data))
    image.load()
    orientation = image.getexif().get(0x0112, 1)
    if profile := image.info.get("icc_profile"):
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
        assert converted is not None
        image = converted
    return fitted(turned(planes(image), orientation))


def turned(source: Planes, orientation: int) -> Planes:
    """Upright, by an EXIF orientation."""
    swapped, reversed_axes = _TURNS[orientation]
    return np.flip(source.swapaxes(0, 1) if swapped else source, reversed_axes)


def fitted(source: Planes, box: int = 1024) -> Planes:
    """Fitted into the box with Lanczos, averaging light only where there is something to see."""
    height, width = source.shape[:2]
    scale = min(1, box / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    seen = source[..., 3:] / 255
    premultiplied = np.concatenate([source[..., :3] * seen, source[..., 3:]], axis=-1)
    resized = [
        np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS))
        for plane in np.moveaxis(premultiplied, -1, 0)
    ]
    result = np.stack(resized, axis=-1).clip(0, 255)
    with np.errstate(divide="ignore", invalid="ignore"):
        colour = np.nan_to_num(result[..., :3] / (result[..., 3:] / 255))
    return np.concatenate([colour.clip(0, 255), result[..., 3:]], axis=-1)


def difference(one: Planes, other: Planes) -> float:
    """The mean absolute difference of 0 to 255, of what is seen: colour counts with its alpha."""
    assert one.shape == other.shape

    def seen(values: Planes) -> Planes:
        return np.concatenate([values[..., :3] * values[..., 3:] / 255, values[..., 3:]], axis=-1)

    return float(abs(seen(one) - seen(other)).mean())


def through_jpeg(source: Planes) -> Planes:
    """With the loss of the output's JPEG compression, so that only the rest differs."""
    file = io.BytesIO()
    opaque = Image.fromarray(source[..., :3].round().astype(np.uint8))
    opaque.save(file, "JPEG", quality=85, subsampling="4:2:0")
    return planes(Image.open(file))


def _stacked(red: Planes, green: Planes, blue: Planes) -> Planes:
    return np.stack([red, green, blue, np.full_like(red, 255)], axis=-1)
