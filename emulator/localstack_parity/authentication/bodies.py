"""The content of a request to S3, held to what its headers say of it while it is read.

An image is hashed as it is written to disk, in the same pass: who reads a body to its end
that is not what was signed gets S3's error instead of the end, and stores nothing.
Sources: S3 API Reference, "Error responses", "Signature calculations for the Authorization header:
transferring a payload in multiple chunks" and "… including trailing headers".
"""

import base64
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.s3 import BadDigest

from localstack_parity.authentication.version_4 import ChunkSignatures

STREAMING = "STREAMING-"
UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
KINDS = (
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    SIGNED_CHUNKS,
    f"{SIGNED_CHUNKS}-TRAILER",
)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LEAST_CHUNK = 8192
_PIECE = 256 * 1024
_MOST_HEADERS = 16 * 1024  # of a chunk's first line, and of the trailing headers


class VerifiedBody(io.RawIOBase):
    """A body that has to have the SHA-256 that was signed, and the MD5 that was sent.

    `length` is None where only its end shows it: it is then checked when there is no more to read.
    Of a part S3 shows the expected MD5 in base64, of all else in hexadecimal digits. Recorded on
    AWS: LocalStack's tests, v4.14.0, test_s3_invalid_content_md5.
    """

    def __init__(
        self,
        stream: IO[bytes],
        length: int | None,
        sha256: str,
        md5: str,
        *,
        is_part: bool = False,
    ) -> None:
        self.stream = stream
        self._left = length
        self._sha256, self._md5, self._is_part = sha256, md5, is_part
        self._digests: list[Any] = [hashlib.sha256()] if sha256 else []
        if md5:
            self._digests.append(hashlib.md5(usedforsecurity=False))
        if length == 0:
            self._check()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Return at most `size` bytes, all that are left if it is negative."""
        data = self.stream.read(-1 if size is None else size)
        for digest in self._digests:
            digest.update(data)
        if self._left is None:
            if not data or size is None or size < 0:
                self._check()
        elif self._left > 0:
            self._left -= len(data)
            if self._left <= 0:
                self._check()
        return data

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; what io's own methods are built on."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _check(self) -> None:
        digests = iter(self._digests)
        if self._sha256 and next(digests).hexdigest() != self._sha256:
            raise CommonServiceException(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            )
        if not self._md5:
            return
        found, wanted = next(digests).digest(), base64.b64decode(self._md5)
        if found != wanted:
            raise BadDigest(
                "The Content-MD5 you specified did not match what we received.",
                ExpectedDigest=self._md5 if self._is_part else wanted.hex(),
                CalculatedDigest=base64.b64encode(found).decode(),
            )


class EncodedBody(io.RawIOBase):
    """A body in the encoding aws-chunked, with what is needed to decode and verify it."""

    def __init__(self, stream: IO[bytes], trailer: str, signatures: ChunkSignatures | None) -> None:
        self.stream = stream
        self.trailer = trailer  # the name of the header that has to follow the content
        self.signatures = signatures

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Return the body as it was sent."""
        return self.stream.read(-1 if size is None else size)


class DecodedBody:
    """The content of a body in the encoding aws-chunked; stands where LocalStack has its decoder.

    Sets the checksum that follows the content on the object it is written to, as that does.
    """

    def __init__(self, stream: Any, decoded_length: int, s3_object: Any = None) -> None:
        body = stream if isinstance(stream, EncodedBody) else EncodedBody(stream, "", None)
        self._stream = body.stream
        self._trailer = body.trailer
        self._signatures = body.signatures
        self._length = decoded_length
        self._object = s3_object
        self._content = self._chunks()
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes of the content; less, but not nothing, before its end."""
        if size < 0:
            return self._held + b"".join(self._content)
        held = self._held or next(self._content, b"")
        self._held = held[size:]
        return held[:size]

    def _chunks(self) -> Iterator[bytes]:
        """Yield the content in pieces, each chunk's signature verified behind its last piece."""
        total, last = 0, _LEAST_CHUNK
        while size := self._next_size():
            if last < _LEAST_CHUNK:
                raise CommonServiceException(
                    "InvalidChunkSizeError",
                    "Only the last chunk is allowed to have a size less than 8192 bytes",
                    status_code=403,
                )
            total, last = total + size, size
            if total > self._length:
                raise _incomplete()
            digest = hashlib.sha256()
            while size > 0:
                piece = self._stream.read(min(size, _PIECE))
                if not piece:
                    raise _incomplete()
                size -= len(piece)
                if self._signatures is not None:
                    digest.update(piece)
                yield piece
            if self._stream.readline(3).strip():
                raise _incomplete()
            self._verify(digest.hexdigest())
        if total != self._length:
            raise _incomplete()
        self._verify(hashlib.sha256().hexdigest())
        self._read_trailer()

    def _next_size(self) -> int:
        line = self._stream.readline(_MOST_HEADERS)
        size, _, extension = line.strip().partition(b";")
        _, _, signature = extension.partition(b"chunk-signature=")
        self._signature = signature.decode("latin-1")
        if not size.isalnum():
            raise _incomplete()
        try:
            return int(size, 16)
        except ValueError:
            raise _incomplete() from None

    def _verify(self, content_hash: str) -> None:
        if self._signatures is None:
            return
        if self._signatures.of_chunk(content_hash) != self._signature:
            raise _wrong_signature()

    def _read_trailer(self) -> None:
        headers: dict[str, str] = {}
        while line := self._stream.readline(_MOST_HEADERS):
            if text := line.strip():
                name, colon, value = text.decode("latin-1").partition(":")
                if not colon:
                    raise _malformed_trailer()
                headers[name.strip().lower()] = value.strip()
        signature = headers.pop("x-amz-trailer-signature", "")
        if self._trailer and self._trailer not in headers:
            raise _malformed_trailer()
        if self._signatures is not None and self._trailer:
            signed = "".join(f"{name}:{value}\n" for name, value in headers.items())
            if self._signatures.of_trailer(signed.encode("latin-1")) != signature:
                raise _wrong_signature()
        algorithm = getattr(self._object, "checksum_algorithm", None)
        checksum = headers.get(f"x-amz-checksum-{algorithm.lower()}") if algorithm else None
        if checksum:
            self._object.checksum_value = checksum


def _incomplete() -> CommonServiceException:
    return CommonServiceException(
        "IncompleteBody", "The request body terminated unexpectedly", status_code=400
    )


def _malformed_trailer() -> CommonServiceException:
    return CommonServiceException(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our"
        " published schema.",
        status_code=400,
    )


def _wrong_signature() -> CommonServiceException:
    return CommonServiceException(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your"
        " key and signing method.",
        status_code=403,
    )


def checked(stated: str) -> str:
    """Return the value of x-amz-content-sha256 if it is one that S3 takes."""
    if not stated:
        raise CommonServiceException(
            "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
        )
    if stated == UNSIGNED or stated in KINDS or _SHA256.fullmatch(stated):
        return stated
    raise CommonServiceException(
        "InvalidArgument",
        f"x-amz-content-sha256 must be {UNSIGNED}, {', '.join(KINDS)}, or a valid sha256 value.",
    )


def check_streaming(kind: str, headers: Mapping[str, str]) -> None:
    """Raise what S3 answers to an upload in chunks that it cannot take."""
    checked(kind)
    length = headers.get("x-amz-decoded-content-length", "")
    if not length:
        raise CommonServiceException(
            "MissingContentLength",
            "You must provide the Content-Length HTTP header.",
            status_code=411,
        )
    if not length.isdecimal():
        raise CommonServiceException(
            "InvalidArgument", "x-amz-decoded-content-length must be a number of bytes"
        )
    if kind.endswith("-TRAILER") and not headers.get("x-amz-trailer"):
        raise CommonServiceException(
            "InvalidRequest", "Missing required header for this request: x-amz-trailer"
        )


def well_formed_md5(stated: str) -> str:
    """Return the value of Content-MD5 if it is one; the service says so if it is not."""
    try:
        return stated if len(base64.b64decode(stated, validate=True)) == 16 else ""
    except ValueError:
        return ""
