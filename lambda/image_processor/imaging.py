"""One image file in, one processed image file out; no AWS, no state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

import containers
import rejections
from jpeg_decoding import decode
from parts import Essentials

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsProfile

BOX = 1024  # the output fits into a square of this many pixels

# What holds within the function's 512 MB, proven by tests/unit/image_processor/test_limits.py.
MAX_FILE_BYTES = 64 * 2**20
MAX_PIXELS = 120_000_000  # bounds the time as well: 60 s with the 0.3 vCPU of a 512 MB function
MAX_SIDE = 65_535  # what a JPEG can have; Pillow keeps a pointer per row, so height costs memory
MAX_WORKING_BYTES = 352 * 2**20

JPEG_QUALITY = 85
# Of zlib-ng. On photos as small as level 9 or optimize=True, on graphics 4 % larger, and up to
# 13 times faster.
PNG_LEVEL = 4

# libjpeg may shrink by 2, 4 or 8 while decoding, as long as this much is left for Lanczos.
# Against a full decode the mean difference of photos is below 1/255, at a third of the time for
# 12 MP. With 1.5 photos of 6, 20 and 24 MP would be decoded at twice the scale, for as much again.
DRAFT_GAP = 1.25
REDUCING_GAP = 2.0  # the same for box averaging before Lanczos
BAND_PIXELS = 2**21  # converted and averaged at a time: a large PNG is held once, not twice

_SRGB_NAMES = ("sRGB", "sRGB built-in", "sRGB IEC61966-2.1", "sRGB IEC61966-2-1")
_TO_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

type Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ProcessedImage:
    """The output file and what is known about it and its source.

    `format` is JPEG or PNG, for both. Dimensions are in pixels, as displayed: the source's after
    its EXIF orientation.
    """

    data: bytes
    format: str
    width: int
    height: int
    source_width: int
    source_height: int

    @property
    def content_type(self) -> str:
        """The media type of the output."""
        return f"image/{self.format.lower()}"


def process(data: bytes) -> ProcessedImage:
    """Fit an image into 1024x1024, upright, in sRGB, without its private metadata.

    JPEG stays JPEG and PNG stays PNG; the content decides which it is. Never enlarges. Raises
    Rejection for whatever is not a sound still image within the limits.
    """
    if not data:
        raise rejections.empty_file()
    if len(data) > MAX_FILE_BYTES:
        raise rejections.too_many_bytes(len(data), MAX_FILE_BYTES)
    source = containers.essentials(data)
    image = _open(source)
    stored = image.size
    size = fitted(stored)
    with _damage("decode"):
        if isinstance(image, JpegImageFile):
            pixels = _decode_jpeg(image, source, size)
        else:
            pixels = _decode_png(image, source, size)
        pixels = _in_srgb(pixels, source.profile)
        orientation = source.orientation
        if orientation in _TO_UPRIGHT:
            pixels = pixels.transpose(_TO_UPRIGHT[orientation])
        encoded = _encode(pixels, source.format)
    width, height = stored if orientation < 5 else stored[::-1]
    return ProcessedImage(
        data=encoded,
        format=source.format,
        width=pixels.width,
        height=pixels.height,
        source_width=width,
        source_height=height,
    )


def fitted(size: Size) -> Size:
    """The size in pixels that fits into the box, with the same proportions, never larger."""
    scale = min(1.0, BOX / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _open(source: Essentials) -> JpegImageFile | PngImageFile:
    """Read the header, and refuse what need not be decoded to be refused.

    Pillow's own size check (Image.MAX_IMAGE_PIXELS) is in Image.open, which is not used: it would
    also try formats that are not accepted.
    """
    image: JpegImageFile | PngImageFile
    file = BytesIO(source.file)
    with _damage("validate"):
        image = JpegImageFile(file) if source.format == "JPEG" else PngImageFile(file)
    width, height = image.size
    if max(width, height) > MAX_SIDE:
        raise rejections.bad_dimensions(width, height, f"the limit is {MAX_SIDE:,} on a side")
    if width * height > MAX_PIXELS:
        raise rejections.bad_dimensions(width, height, f"the limit is {MAX_PIXELS:,} in all")
    return image


@contextmanager
def _damage(stage: str) -> Iterator[None]:
    """Turn what Pillow raises over the content of a file into a Rejection.

    Its parsers raise nearly every built-in exception on hostile bytes; as the result depends on
    the bytes alone, no retry would help. A lack of memory may be somebody else's, and is raised.
    """
    try:
        yield
    except (rejections.Rejection, MemoryError):
        raise
    except Exception as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise rejections.corrupt(stage, reason) from error


def _decode_jpeg(image: JpegImageFile, source: Essentials, size: Size) -> Image.Image:
    """Decode at the smallest scale that still leaves the resizing to Lanczos, and resize."""
    stored = image.size
    draft = image.draft(None, (int(size[0] * DRAFT_GAP), int(size[1] * DRAFT_GAP)))
    needed = _pixel_bytes(image)
    in_one_scan = "progressive" not in image.info and len(source.scan_ends) == 1
    if not in_one_scan:
        # libjpeg keeps all coefficients, two bytes each, until the last scan.
        sampling = [(across, down) for _, across, down, _ in image.layer]
        full = max(across for across, _ in sampling) * max(down for _, down in sampling)
        needed += 2 * stored[0] * stored[1] * sum(x * y for x, y in sampling) // full
    _check_memory(needed, source, stored)
    decode(image, source, in_one_scan=in_one_scan)
    box = draft[1] if draft else None
    return image.resize(size, Image.Resampling.LANCZOS, box, reducing_gap=REDUCING_GAP)


def _decode_png(image: PngImageFile, source: Essentials, size: Size) -> Image.Image:
    """Decode and resize; what has a palette and need not be resized keeps it."""
    _check_memory(_pixel_bytes(image), source, image.size)
    rawmode = str(image.tile[0].args)
    image.load()
    if "transparency" in image.info:
        image.info["transparency"] = _scaled_key(image.info["transparency"], rawmode)
    if image.size == size and image.mode in ("P", "1") and not source.profile:
        return image

    factor = max(1, int(min(image.width / size[0], image.height / size[1]) / REDUCING_GAP))
    rows = max(1, BAND_PIXELS // image.width // factor) * factor
    width, height = (-(-side // factor) for side in image.size)
    reduced = Image.new(_working_mode(image), (width, height))
    for top in range(0, image.height, rows):
        band = _in_working_mode(image.crop((0, top, image.width, min(top + rows, image.height))))
        reduced.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
    box = (0.0, 0.0, image.width / factor, image.height / factor)
    resized = reduced.resize(size, Image.Resampling.LANCZOS, box)
    return resized.convert({"RGBa": "RGBA", "La": "LA"}.get(resized.mode, resized.mode))


def _pixel_bytes(image: Image.Image) -> int:
    """What Pillow holds for the pixels: modes of several channels take four bytes for each."""
    return image.width * image.height * {"1": 1, "L": 1, "P": 1, "I;16": 2}.get(image.mode, 4)


def _check_memory(pixel_bytes: int, source: Essentials, stored: Size) -> None:
    """Refuse what would not fit, counting the upload, what was kept of it, and as much again."""
    needed = pixel_bytes + 3 * source.upload_bytes
    if needed > MAX_WORKING_BYTES:
        why = f"decoding it takes {needed >> 20} MB, the limit is {MAX_WORKING_BYTES >> 20} MB"
        raise rejections.bad_dimensions(*stored, why)


def _scaled_key(key: Any, rawmode: str) -> Any:
    """A PNG's transparent colour in the depth to which Pillow brings the pixels.

    The tRNS chunk has it in the file's depth (PNG specification, 11.3.2.1). Pillow scales 2 and 4
    bit grey up to 8 and cuts 16 bit colour down to 8, but leaves the key as it is. 16 bit grey
    keeps its depth, and 1 bit is scaled by Pillow.
    """
    if rawmode == "RGB;16B":
        return tuple(channel >> 8 for channel in key)
    return key * {"L;2": 85, "L;4": 17}.get(rawmode, 1)


def _working_mode(image: Image.Image) -> str:
    """The mode for averaging: eight bits a channel, colour premultiplied with alpha."""
    grey = image.mode in ("1", "L", "LA", "I;16")
    if image.mode in ("LA", "RGBA") or "transparency" in image.info:
        return "La" if grey else "RGBa"
    return "L" if grey else "RGB"


def _in_working_mode(band: Image.Image) -> Image.Image:
    mode = _working_mode(band)
    if band.mode == "I;16":
        band = _eight_bits(band)
    elif "transparency" in band.info:
        band = band.convert({"La": "LA", "RGBa": "RGBA"}[mode])
    return band.convert(mode)


def _eight_bits(band: Image.Image) -> Image.Image:
    """16 bit grey to L or LA by a table, because Pillow's conversion clips instead of scaling."""
    deep = band.convert("I")
    grey = deep.point([value >> 8 for value in range(65536)], "L")
    key = band.info.get("transparency")
    if key is not None:
        grey.putalpha(deep.point([0 if value == key else 255 for value in range(65536)], "L"))
    return grey


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB by the embedded profile, keeping grey grey and alpha as it is.

    A profile that cannot be read or is for another colour space is ignored, as viewers do.
    """
    if profile:
        # Rare, and worth 10 ms of a cold start.
        from PIL import ImageCms

        alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
        colour = image.convert({"LA": "L", "RGBA": "RGB"}.get(image.mode, image.mode))
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if image.mode != "CMYK" and _name(source) in _SRGB_NAMES:
                return image
            converted = ImageCms.profileToProfile(
                colour, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError):
            converted = None
        if converted is not None:
            image = converted.convert("L") if colour.mode == "L" else converted
            if alpha is not None:
                image.putalpha(alpha)
    return image.convert("RGB") if image.mode == "CMYK" else image


def _name(profile: ImageCmsProfile) -> str:
    """What a colour profile calls itself; empty if nobody can tell."""
    try:
        return (profile.profile.profile_description or "").strip()
    except ValueError:  # not in ASCII, as profiles of version 2 must be: "Bildschirm für …"
        return ""


def _encode(image: Image.Image, image_format: str) -> bytes:
    """The file to store: pixels and transparency, nothing else of the source."""
    image.info = {key: image.info[key] for key in ("transparency",) if key in image.info}
    file = BytesIO()
    if image_format == "JPEG":
        image.save(file, "JPEG", quality=JPEG_QUALITY, subsampling="4:2:0", optimize=True)
    else:
        image.save(file, "PNG", compress_level=PNG_LEVEL)
    return file.getvalue()
