"""Why an upload is refused for good, in words for the person who sent it.

Everything that is not a Rejection is a transient fault and is retried by Lambda.
"""

from __future__ import annotations


class Rejection(Exception):
    """An upload that no retry can help.

    `code` names the kind, `stage` where it was found (validate, download or decode), `message`
    what is wrong and `action` what the person can do about it.
    """

    def __init__(self, code: str, stage: str, message: str, action: str) -> None:
        super().__init__(message)
        self.code = code
        self.stage = stage
        self.message = message
        self.action = action


def key_too_long(output_bytes: int, limit: int) -> Rejection:
    """The key of the output would be longer than S3 allows."""
    return Rejection(
        "KeyTooLong",
        "validate",
        f"The key of the output would have {output_bytes} bytes; S3 allows {limit}.",
        "Upload the image again under a shorter key.",
    )


def source_gone(error_code: str) -> Rejection:
    """The uploaded version was deleted before it could be read."""
    return Rejection(
        "SourceGone",
        "download",
        f"The uploaded version does not exist any more (S3 answered {error_code}).",
        "Nothing if it was deleted on purpose; otherwise upload the image again.",
    )


def source_archived() -> Rejection:
    """The uploaded version is in a storage class that S3 does not read from."""
    return Rejection(
        "SourceArchived",
        "download",
        "S3 keeps the file in an archive and does not hand it out (InvalidObjectState).",
        "Upload the image again with the storage class STANDARD.",
    )


def source_encrypted() -> Rejection:
    """The uploaded version is encrypted with a key that its sender kept (SSE-C)."""
    return Rejection(
        "SourceEncrypted",
        "download",
        "The file is encrypted with a key of the sender's own (SSE-C), which S3 does not have.",
        "Upload the image again without a key of your own; the bucket encrypts it.",
    )


def empty_file() -> Rejection:
    """The upload has no bytes."""
    return Rejection(
        "EmptyFile",
        "validate",
        "The file is empty (0 bytes).",
        "Check the file and the tool that sent it, then upload it again.",
    )


def too_many_bytes(size: int, limit: int) -> Rejection:
    """The file is larger than the function accepts."""
    return Rejection(
        "FileTooLarge",
        "validate",
        f"The file has {size:,} bytes; the limit is {limit:,}.",
        "Compress the image or reduce its dimensions, then upload it again.",
    )


def not_an_image(first_bytes: bytes) -> Rejection:
    """The content is neither JPEG nor PNG, whatever the key ends with."""
    return Rejection(
        "UnsupportedFormat",
        "validate",
        f"The content is neither JPEG nor PNG (it begins with {first_bytes.hex(' ')}).",
        "Convert the image to JPEG or PNG; renaming the file is not enough.",
    )


def rare_format(what: str) -> Rejection:
    """A sound file, but of a kind that needs a reader of its own."""
    return Rejection(
        "UnsupportedFormat",
        "validate",
        f"The file is a {what}, which hardly any browser shows.",
        "Open it in the program that made it and save it as an ordinary JPEG (baseline or "
        "progressive, 8 bits a channel) or PNG.",
    )


def bad_dimensions(width: int, height: int, why: str) -> Rejection:
    """The dimensions in the header are more than the function accepts."""
    return Rejection(
        "ImageTooLarge",
        "validate",
        f"The image is {width}x{height} pixels: {why}.",
        "Reduce the dimensions (a JPEG that is not progressive needs least memory), "
        "then upload it again.",
    )


def decompression_bomb(why: str) -> Rejection:
    """The file would cost far more to decode than an image of its size should."""
    return Rejection(
        "DecompressionBomb",
        "validate",
        f"The file looks made to exhaust its reader: {why}.",
        "Save the image again with an ordinary image editor and upload that file.",
    )


def animated(frames: int) -> Rejection:
    """An animated PNG: one output cannot stand for several frames."""
    return Rejection(
        "AnimatedImage",
        "validate",
        f"The PNG is an animation of {frames} frames.",
        "Export the frame you want as a still image and upload that.",
    )


def corrupt(stage: str, reason: str) -> Rejection:
    """The file begins like an image but cannot be decoded to its end."""
    return Rejection(
        "CorruptImage",
        stage,
        f"The image is damaged or incomplete: {reason}.",
        "Open the original on your machine; if it is good, upload it again, "
        "otherwise restore it from a backup.",
    )
