"""Objects of buckets as pictures that a browser may see: decoded here and written anew.

So nothing that was uploaded ever reaches the browser as it is.
"""

import io
import threading
import warnings
from typing import Any

from botocore.exceptions import ClientError
from PIL import Image, ImageOps

SIDE = 640  # pixels, at most
LARGEST = 64 * 1024**2  # bytes; the function takes no more either
_PIXELS = 120_000_000
_ONE_AT_A_TIME = threading.Lock()  # a picture of 12 megapixels takes 50 MB to decode


class NotShown(Exception):
    """Why an object is not shown, in one sentence."""


def picture(s3: Any, bucket: str, key: str, version: str) -> bytes:
    """The object as a WebP of at most SIDE × SIDE pixels, upright. Raises NotShown."""
    which = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
    try:
        if s3.head_object(**which)["ContentLength"] > LARGEST:
            raise NotShown("It is larger than 64 MB.")
        data = s3.get_object(**which)["Body"].read()
    except ClientError as error:
        raise NotShown(f"It cannot be read: {error.response['Error'].get('Code')}.") from None
    with _ONE_AT_A_TIME:
        return _reduced(data)


def _reduced(data: bytes) -> bytes:
    out = io.BytesIO()
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            warnings.simplefilter("ignore")
            if image.width * image.height > _PIXELS:
                raise NotShown("It has more than 120 megapixels.")
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((SIDE, SIDE))
            upright.convert("RGBA" if upright.has_transparency_data else "RGB").save(out, "WEBP")
    except NotShown:
        raise
    except Exception as error:  # Pillow raises whatever a broken file leads to
        raise NotShown(f"It is no picture that can be shown: {error}.") from error
    return out.getvalue()


_FORMATS = ("JPEG", "PNG")
