"""Color profiles: a JPEG whose colours are wrong without its ICC profile, and how it looks."""

import io
import struct

from PIL import Image, ImageCms

SIZE = (320, 240)
_TAGS_AT = 128  # ICC.1, 7.3: the tag table follows the header, a count and twelve bytes each


def profiled_photo() -> tuple[bytes, Image.Image]:
    """A JPEG that is blue by its numbers and red by its profile, and the red picture."""
    file = io.BytesIO()
    Image.new("RGB", SIZE, (40, 80, 200)).save(
        file, "JPEG", quality=95, subsampling=0, icc_profile=_exchanged()
    )
    return file.getvalue(), Image.new("RGB", SIZE, (200, 80, 40))


def _exchanged() -> bytes:
    """The sRGB profile with its red and its blue exchanged, under another name."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "BGR ".encode("utf-16-be"))
    count = struct.unpack_from(">I", profile, _TAGS_AT)[0]
    names = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}
    table = bytearray(profile)
    for entry in range(_TAGS_AT + 4, _TAGS_AT + 4 + 12 * count, 12):
        name = bytes(table[entry : entry + 4])
        table[entry : entry + 4] = names.get(name, name)
    return bytes(table)
