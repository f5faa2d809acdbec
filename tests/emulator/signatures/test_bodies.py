"""No body is stored that is not what was signed."""

import base64
import hashlib
import zlib
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.emulator.conftest import REGION, Emulator
from tests.emulator.signatures.calls import client, code_of, http


@pytest.mark.parametrize("sent", [b"as sent", b"as sent" * 300_000], ids=["small", "large"])
def test_a_body_is_what_was_signed(emulator: Emulator, bucket: str, sent: bytes) -> None:
    """AWS: S3 API Reference, "Error responses": XAmzContentSHA256Mismatch. Nothing is stored."""
    s3 = client(emulator, "s3", request_checksum_calculation="when_required")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    damaged = client(emulator, "s3", request_checksum_calculation="when_required")
    damaged.meta.events.register("before-send.s3.*", _damage)
    mismatch = ("XAmzContentSHA256Mismatch", 400)
    whole = {"Bucket": bucket, "Key": "whole", "Body": sent}
    assert code_of(damaged.put_object, **whole) == mismatch
    part = {**whole, "Key": "parts", "UploadId": upload, "PartNumber": 1}
    assert code_of(damaged.upload_part, **part) == mismatch
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    assert code_of(damaged.put_bucket_tagging, Bucket=bucket, Tagging=tags)[1] == 400
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert "Parts" not in s3.list_parts(Bucket=bucket, Key="parts", UploadId=upload)
    s3.abort_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload)


def test_a_body_of_unknown_length_is_what_was_signed(emulator: Emulator, bucket: str) -> None:
    """Sent in chunks of HTTP, without a Content-Length, it is held to its hash as well."""
    answers = {}
    for key, body in {"sound": b"content", "forged": b""}.items():
        request = AWSRequest("PUT", f"{emulator.endpoint}/{bucket}/{key}", data=body)
        S3SigV4Auth(Credentials("test", "test"), "s3", REGION).add_auth(request)
        url = urlsplit(request.url)
        headers = dict(request.headers.items())
        connection = HTTPConnection("127.0.0.1", url.port, timeout=60)
        connection.request("PUT", url.path, iter([b"con", b"tent"]), headers, encode_chunked=True)
        with connection.getresponse() as answer:
            answers[key] = answer.status, b"XAmzContentSHA256Mismatch" in answer.read()
    assert answers == {"sound": (200, False), "forged": (400, True)}
    stored = emulator.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [(each["Key"], each["Size"]) for each in stored] == [("sound", 7)]


def _damage(request: Any, **_: Any) -> None:
    request.body = b"x" * int(request.headers["Content-Length"])


CRC = base64.b64encode(zlib.crc32(b"hello").to_bytes(4)).decode()
TRAILER = f"x-amz-checksum-crc32:{CRC}\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("body", "length", "status", "code"),
    [
        (b"5\r\nhello\r\n0\r\n" + TRAILER, "5", 200, ""),
        (b"5\r\nhello\r\n0\r\n" + TRAILER, "9", 400, "IncompleteBody"),
        (b"5\r\nhello\r\n0\r\n" + TRAILER, "4", 400, "IncompleteBody"),
        (b"9\r\nhello\r\n0\r\n" + TRAILER, "9", 400, "IncompleteBody"),
        (b"5\r\nhello", "5", 400, "IncompleteBody"),
        (b"-5\r\nhello\r\n0\r\n" + TRAILER, "5", 400, "IncompleteBody"),
        (b"hello", "5", 400, "IncompleteBody"),
        (b"5\r\nhello\r\n0\r\n\r\n", "5", 400, "MalformedTrailerError"),
        (b"5\r\nhello\r\n0\r\nnonsense\r\n\r\n", "5", 400, "MalformedTrailerError"),
        (b"2\r\nhe\r\n3\r\nllo\r\n0\r\n" + TRAILER, "5", 403, "InvalidChunkSizeError"),
        (b"5\r\nhello\r\n0\r\n" + TRAILER, "five", 400, "InvalidArgument"),
        (b"5\r\nhello\r\n0\r\n" + TRAILER, "", 411, "MissingContentLength"),
    ],
)
def test_a_body_in_chunks_is_whole(
    emulator: Emulator, bucket: str, body: bytes, length: str, status: int, code: str
) -> None:
    """AWS: S3 API Reference, "Signature calculations … including trailing headers" and "Error
    responses"."""
    presign = client(emulator, "s3", signature_version="s3v4").generate_presigned_url
    url = presign("put_object", {"Bucket": bucket, "Key": "key"})
    headers = {
        "Content_Encoding": "gzip, aws-chunked",
        "x_amz_trailer": "x-amz-checksum-crc32",
        "x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    }
    if length:
        headers["x_amz_decoded_content_length"] = length
    seen, answer = http("PUT", url, body, **headers)
    assert (seen, code.encode() in answer) == (status, True)
    if status == 200:
        stored = emulator.client("s3").get_object(Bucket=bucket, Key="key")
        assert (stored["Body"].read(), stored["ContentEncoding"]) == (b"hello", "gzip")


@pytest.mark.parametrize(
    ("damage", "status"), [(None, 200), ("content", 403), ("signature", 403), ("trailer", 403)]
)
def test_each_chunk_is_signed(
    emulator: Emulator, bucket: str, damage: str | None, status: int
) -> None:
    """AWS: S3 API Reference, "Signature calculations for the Authorization header: transferring a
    payload in multiple chunks" and the same with trailing headers."""
    first, last = b"a" * 8192, b"hello"
    crc = base64.b64encode(zlib.crc32(first + last).to_bytes(4)).decode()
    signer = S3SigV4Auth(Credentials("test", "test"), "s3", REGION)
    request = AWSRequest("PUT", f"{emulator.endpoint}/{bucket}/key")
    request.headers["x-amz-decoded-content-length"] = str(len(first + last))
    request.headers["x-amz-trailer"] = "x-amz-checksum-crc32"
    signer.payload = lambda _: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    signer.add_auth(request)
    stamp = request.context["timestamp"]
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    previous = request.headers["Authorization"].rpartition("Signature=")[2]

    def sign(what: str, *content: str) -> str:
        nonlocal previous
        text = "\n".join((f"AWS4-HMAC-SHA256-{what}", stamp, scope, previous, *content))
        previous = str(signer.signature(text, request))
        return previous

    empty = hashlib.sha256(b"").hexdigest()
    body = b""
    for chunk in (first, last, b""):
        signature = sign("PAYLOAD", empty, hashlib.sha256(chunk).hexdigest())
        body += f"{len(chunk):x};chunk-signature={signature}\r\n".encode()
        body += chunk + b"\r\n" if chunk else b""
    trailer = f"x-amz-checksum-crc32:{crc}\n"
    signature = sign("TRAILER", hashlib.sha256(trailer.encode()).hexdigest())
    body += f"x-amz-checksum-crc32:{crc}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()
    match damage:
        case "content":
            body = body.replace(b"hello", b"hullo")
        case "signature":
            body = body.replace(b"chunk-signature=", b"chunk-signature=0", 1)
        case "trailer":
            body = body.replace(signature.encode(), b"0" * 64)
    assert http("PUT", request.url, body, **dict(request.headers.items()))[0] == status
    stored = emulator.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    assert len(stored) == (status == 200)


def test_content_md5_holds_for_every_body(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 API Reference, "Error responses": BadDigest."""
    body = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
    for digested, status in ((b"", 400), (body, 204)):
        request = AWSRequest("PUT", f"{emulator.endpoint}/{bucket}?tagging", data=body)
        md5 = hashlib.md5(digested).digest()
        request.headers["Content-MD5"] = base64.b64encode(md5).decode()
        S3SigV4Auth(Credentials("test", "test"), "s3", REGION).add_auth(request)
        seen, answer = http("PUT", request.url, body, **dict(request.headers.items()))
        assert (seen, b"BadDigest" in answer) == (status, status == 400)


def test_a_wrong_md5_is_shown_with_the_right_one(emulator: Emulator, bucket: str) -> None:
    """The expected one in digits of an object, in base64 of a part.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_s3_invalid_content_md5.
    """
    s3, digest = emulator.client("s3"), hashlib.md5(b"other")
    wrong = base64.b64encode(digest.digest()).decode()
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    of_part = {"UploadId": upload, "PartNumber": 1}
    target = {"Bucket": bucket, "Key": "k", "Body": b"body", "ContentMD5": wrong}
    for call, more, shown in (
        (s3.put_object, {}, digest.hexdigest()),
        (s3.upload_part, of_part, wrong),
    ):
        with pytest.raises(ClientError) as refused:
            call(**target, **more)
        error = refused.value.response["Error"]
        assert (error["Code"], error["ExpectedDigest"]) == ("BadDigest", shown)
        assert error["CalculatedDigest"] == base64.b64encode(hashlib.md5(b"body").digest()).decode()
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)


def test_what_is_no_xml_is_bad_input(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 API Reference, "Error responses": MalformedXML, 400. A document type could have
    entities that multiply."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    for body in (
        b"<Tagging",
        f'<!DOCTYPE t [<!ENTITY e0 "x">{entities}]><Tagging>&e9;</Tagging>'.encode(),
        b'<!DOCTYPE t SYSTEM "file:///etc/passwd"><Tagging><TagSet/></Tagging>',
        b"<a>" * 100_000 + b"</a>" * 99_999,
    ):
        request = AWSRequest("PUT", f"{emulator.endpoint}/{bucket}?tagging", data=body)
        S3SigV4Auth(Credentials("test", "test"), "s3", REGION).add_auth(request)
        status, answer = http("PUT", request.url, body, **dict(request.headers.items()))
        assert (status, b"MalformedXML" in answer) == (400, True)


@pytest.mark.parametrize(
    "name",
    [
        *("xn--photos", "sthree-photos", "amzn-s3-demo-photos"),
        *("photos-s3alias", "photos--ol-s3", "photos.mrap", "photos--table-s3"),
    ],
)
def test_names_that_s3_keeps_for_itself_are_refused(emulator: Emulator, name: str) -> None:
    """AWS: S3 User Guide, "General purpose bucket naming rules"."""
    create = emulator.client("s3").create_bucket
    assert code_of(create, Bucket=name) == ("InvalidBucketName", 400)
