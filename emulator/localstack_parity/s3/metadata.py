"""What S3 makes of an object's metadata before it stores it: texts, of a limited size.

LocalStack takes metadata of any size, and answers 500 where a value has plain text beside an
encoded word or names a character set that nobody knows.
AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
"""

from collections.abc import Mapping
from email.errors import HeaderParseError
from email.header import decode_header

from localstack.aws.api import CommonServiceException
from localstack.services.s3 import headers, utils

MAX_BYTES = 2048

_decode_as_localstack = headers.decode_header_rfc2047


def install() -> None:
    """Have what is stored decoded as it is counted here."""
    utils.decode_header_rfc2047 = decoded


def refuse_too_much(metadata: Mapping[str, str] | None) -> None:
    """Raise MetadataTooLarge for more than 2 KB.

    "The size of user-defined metadata is measured by taking the sum of the number of bytes in the
    UTF-8 encoding of each key and value" (AWS: "Working with object metadata"; "Error responses").
    What counts is what is stored, not what was sent.
    """
    pairs = (metadata or {}).items()
    size = sum(len(name.encode()) + len(decoded(value).encode()) for name, value in pairs)
    if size > MAX_BYTES:
        raise CommonServiceException(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            status_code=400,
        )


def decoded(value: str) -> str:
    """Return a header's value as text, with its encoded words read (RFC 2047).

    Section 6.3: what cannot be read stays as it is.
    """
    if "=?" not in value:
        return value
    try:
        parts = decode_header(value)
        return "".join(
            part if isinstance(part, str) else part.decode(charset or "latin-1", "replace")
            for part, charset in parts
        )
    except LookupError:  # the character set
        return value
    except HeaderParseError:
        damaged: str = _decode_as_localstack(value)
        return damaged
