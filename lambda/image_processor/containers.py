"""Which of the two accepted formats a file has: its first bytes decide, not its name."""

from __future__ import annotations

import jpeg_parts
import png_parts
import rejections
from parts import Essentials

_JPEG_MAGIC = b"\xff\xd8\xff"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def essentials(data: bytes) -> Essentials:
    """What makes the picture. Raises Rejection for what is no sound still JPEG or PNG."""
    if data.startswith(_JPEG_MAGIC):
        return jpeg_parts.essentials(data)
    if data.startswith(_PNG_MAGIC):
        return png_parts.essentials(data)
    raise rejections.not_an_image(data[:8])
