"""The essentials of an image file: what of its parts decides how the picture looks.

Texts, comments, films and private data are left out before a decoder sees the file: those can be
made to cost memory and time without end, and in Pillow a text can pose as a property.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import rejections


@dataclass(frozen=True, slots=True)
class Essentials:
    """A JPEG or PNG (`format`) of the same picture, and what was read from its other parts.

    `orientation` is EXIF's, 1 to 8; `profile` the ICC profile of its colours, if they are not
    sRGB; `scan_ends` where the pixels of each scan of a JPEG end in `file`; `upload_bytes` the
    size of the whole upload.
    """

    format: Literal["JPEG", "PNG"]
    file: bytes
    orientation: int
    profile: bytes | None
    upload_bytes: int
    scan_ends: tuple[int, ...] = ()


def cut_off(where: str) -> rejections.Rejection:
    """The file ends in the middle."""
    return corrupt(f"the file ends {where}")


def corrupt(reason: str) -> rejections.Rejection:
    """The parts of the file contradict what its format demands."""
    return rejections.corrupt("validate", reason)


def too_many_parts(limit: int) -> rejections.Rejection:
    """Each part costs time, whatever is in it."""
    return rejections.decompression_bomb(f"more than {limit:,} parts")
