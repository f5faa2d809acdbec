"""The calls for objects of S3 are answered on the short path as by all of LocalStack's chain.

The same requests go to two emulators, one with the short path and one without.
"""

import http.client
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.emulator.conftest import REGION, Emulator, StartEmulator
from tests.emulator.iam import allow, deny, session_of

BUCKET = "photos"
BODY = b"picture"
HASH = "2cea274d0bedc39ec4ab6ba9e59ec889e3ed6fb56a1cf088a64d9b383378dc97"
# What no two answers have in common.
KMS_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
VARYING = {"date", "x-amz-request-id", "x-amz-version-id", "last-modified", KMS_KEY}
VARYING_TEXT = re.compile(
    rb"<(RequestId|HostId|ServerTime|RequestTime|StringToSign\w*|CanonicalRequest\w*|Sig\w*)>[^<]*<"
)

type Answer = tuple[str, int, list[tuple[str, str]], bytes]


class Caller:
    """Sends requests to one emulator as they stand, on one connection, and keeps the answers."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.address = urlsplit(emulator.endpoint).netloc
        self.connection = http.client.HTTPConnection(self.address, timeout=60)
        self.answers: list[Answer] = []

    def ask(
        self,
        what: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        credentials: Credentials | None = None,
        unsigned: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Sign and send `METHOD target`; what is in `unsigned` is sent and replaces what is signed.

        Returns the headers of the answer.
        """
        method, _, target = what.partition(" ")
        signed = AWSRequest(
            method, f"{self.emulator.endpoint}{target}", headers=dict(headers or {}), data=body
        )
        S3SigV4Auth(credentials or Credentials("test", "test"), "s3", REGION).add_auth(signed)
        sent = {**dict(signed.headers.items()), **(unsigned or {})}
        self.connection.request(method, target, body or None, sent)
        answer = self.connection.getresponse()
        content = answer.read()
        varying = VARYING | ({"etag"} if answer.getheader(KMS_KEY) else set())
        found = [
            (name, "" if name.lower() in varying else value.replace(self.address, "HOST"))
            for name, value in answer.getheaders()
        ]
        content = VARYING_TEXT.sub(rb"<\1><", content).replace(self.address.encode(), b"HOST")
        if b"<Error>" in content:  # whose length is that of what varies, too
            found = [each for each in found if each[0].lower() != "content-length"]
        self.answers.append((f"{what} {headers} {unsigned}", answer.status, sorted(found), content))
        return dict(answer.getheaders())


def ask_everything(emulator: Emulator) -> Iterator[Answer]:
    """Answers of every kind to calls for objects, and what the bucket holds in the end."""
    s3, caller = emulator.client("s3"), Caller(emulator)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    write_objects(caller)
    write_what_is_refused(caller)
    read_objects(caller)
    ask_as_others(caller)
    yield from caller.answers
    for version in s3.list_object_versions(Bucket=BUCKET)["Versions"]:
        about = {"Bucket": BUCKET, "Key": version["Key"], "VersionId": version["VersionId"]}
        head = s3.head_object(**about)
        tags = s3.get_object_tagging(**about)["TagSet"]
        content = s3.get_object(**about)["Body"].read()
        varying = {"ETag"} if "SSEKMSKeyId" in head else set()
        names = {"Metadata", "ETag", "ServerSideEncryption", "CacheControl"} - varying
        shown = {name: head.get(name) for name in sorted(names)}
        yield (
            version["Key"],
            len(content),
            [*shown.items(), *((tag["Key"], tag["Value"]) for tag in tags)],
            content,
        )


def write_objects(caller: Caller) -> None:
    """Objects as SDKs write them: metadata, tags, checksums, conditions, encryption."""
    for key in ("a.jpg", "a%20b/%C3%BC+%25.jpg", "folder/", "a//b", "a;b", "..%2Fx", "%ff"):
        caller.ask(f"PUT /{BUCKET}/{key}", {"Content-Type": "image/jpeg"}, BODY)
    for headers in (
        {"x-amz-meta-Title": "A  b", "X-Amz-Meta-Other": "c", "x-amz-tagging": "a=b&c=%20d"},
        {"Cache-Control": "max-age=1", "Content-Disposition": "inline", "Content-Language": "de"},
        {"Content-MD5": "VFb8VMdKKXzplJmMKHOzcA=="},
        {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-sdk-checksum-algorithm": "CRC32"},
        {"x-amz-checksum-sha256": "LOonTQvtw57Eq2up5Z7IiePtb7VqHPCIpk2bODN43Jc="},
        {"x-amz-server-side-encryption": "AES256"},
        {"x-amz-server-side-encryption": "aws:kms"},
        {"x-amz-storage-class": "STANDARD_IA"},
        {"x-amz-acl": "public-read"},
        {"x-amz-acl": "everybody"},
        {"If-None-Match": "*"},
        {"If-Match": '"0"'},
        {"If-None-Match": "*", "If-Match": '"0"'},
        {"x-amz-expected-bucket-owner": "111111111111"},
        {"x-amz-meta-large": "x" * 2100},
        {"x-amz-tagging": "a=b&a=c"},
        {"Expires": "Fri, 27 Nov 2026 12:00:00 GMT", "x-amz-website-redirect-location": "/a"},
        {"Content-Encoding": "gzip"},
        {"Origin": "http://localhost", "x-unknown": "1"},
    ):
        caller.ask(f"PUT /{BUCKET}/with-headers", headers, BODY)
    caller.ask(f"PUT /{BUCKET}/empty")


def write_what_is_refused(caller: Caller) -> None:
    """Wrong signatures, hashes, times, keys and buckets."""
    put = f"PUT /{BUCKET}/refused"
    caller.ask(put, body=BODY, unsigned={"X-Amz-Content-SHA256": HASH})
    caller.ask(put, body=BODY, unsigned={"x-amz-meta-unsigned": "a"})
    caller.ask(put, body=BODY, unsigned={"Authorization": "AWS4-HMAC-SHA256 x"})
    caller.ask(put, body=BODY, unsigned={"X-Amz-Date": "20200101T000000Z"})
    caller.ask(put, body=BODY, credentials=Credentials("test", "wrong"))
    caller.ask(put, body=BODY, credentials=Credentials("AKIAIOSFODNN7EXAMPLE", "wrong"))
    caller.ask(put, {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, BODY)
    caller.ask(put, {"Content-MD5": "no MD5"}, BODY)
    caller.ask("PUT /not-there/key", body=BODY)
    caller.ask(f"PUT /{BUCKET}/{'k' * 1025}", body=BODY)


def read_objects(caller: Caller) -> None:
    """The newest version, an older one, a part, conditions, and what is not there."""
    version = caller.ask(f"PUT /{BUCKET}/a.jpg", {"x-amz-meta-a": "b"}, b"newer")
    older = version["x-amz-version-id"]
    tag = caller.ask(f"PUT /{BUCKET}/a.jpg", {"x-amz-tagging": "a=b"}, b"newest")["ETag"]
    for method in ("GET", "HEAD"):
        read = f"{method} /{BUCKET}/a.jpg"
        for target in (
            *("a.jpg", "a%20b/%C3%BC+%25.jpg", "folder/", "folder", "a//b", "a;b", "..%2Fx", "%ff"),
            *("empty", "with-headers", "not-there", "a.jpg?versionId=null"),
            *("a.jpg?versionId=", "a.jpg?partNumber=1", "a.jpg?x-id=GetObject", "a.jpg?tagging"),
            "a.jpg?response-content-type=text%2Fplain",
        ):
            caller.ask(f"{method} /{BUCKET}/{target}")
        caller.ask(f"{method} /not-there/key")
        caller.ask(f"{read}?versionId={older}")
        caller.answers[-1] = ("an older version", *caller.answers[-1][1:])
        for headers in (
            {"If-Match": tag},
            {"If-None-Match": tag},
            {"If-Match": '"0"'},
            {"If-Modified-Since": "Fri, 27 Nov 2099 12:00:00 GMT"},
            {"Range": "bytes=1-2"},
            {"Range": "bytes=-2"},
            {"Range": "bytes=900-"},
            {"Range": "lines=1"},
            {"x-amz-checksum-mode": "ENABLED"},
            {"x-amz-checksum-mode": "on"},
            {"x-amz-expected-bucket-owner": "111111111111"},
            {"Accept": "application/json"},
            {"Origin": "http://localhost"},
        ):
            caller.ask(read, headers)
        caller.ask(read, unsigned={"X-Amz-Content-SHA256": HASH})
        caller.ask(read, body=BODY)
        caller.ask(read, credentials=Credentials("test", "wrong"))


def ask_as_others(caller: Caller) -> None:
    """What a role may do, may not, and may only with a condition."""
    objects = f"arn:aws:s3:::{BUCKET}/*"
    tagged = {"StringEquals": {"s3:RequestObjectTag/a": "b"}}
    with session_of(
        caller.emulator,
        allow("s3:GetObject", objects),
        deny("s3:GetObjectVersion", objects),
        allow("s3:PutObject", objects, Condition=tagged),
        allow("s3:PutObjectTagging", objects),
    ) as (role, client):
        found = client("s3")._request_signer._credentials.get_frozen_credentials()
        credentials = Credentials(found.access_key, found.secret_key, found.token)
        for what, headers in (
            (f"GET /{BUCKET}/a.jpg", {}),
            (f"GET /{BUCKET}/not-there", {}),
            (f"HEAD /{BUCKET}/not-there", {}),
            (f"GET /{BUCKET}/a.jpg?versionId=null", {}),
            (f"PUT /{BUCKET}/role", {}),
            (f"PUT /{BUCKET}/role", {"x-amz-tagging": "a=b"}),
        ):
            body = BODY if what.startswith("PUT") else b""
            caller.ask(what, headers, body, credentials=credentials)
        caller.ask(
            f"GET /{BUCKET}/a.jpg",
            credentials=Credentials(found.access_key, found.secret_key, "wrong"),
        )
        for number, answer in enumerate(caller.answers):
            name = role.rpartition("/")[2].encode()
            caller.answers[number] = (*answer[:3], answer[3].replace(name, b"ROLE"))


def test_answers_are_alike(start_emulator: StartEmulator) -> None:
    """Status, headers and body of each request, and what the bucket holds then."""
    short, whole = (
        list(ask_everything(start_emulator(TAPSTACK_SHORT_PATH=switch))) for switch in ("on", "off")
    )
    assert len(short) > 120
    assert {200, 206, 304, 400, 403, 404, 412} <= {answer[1] for answer in short}
    assert short == whole


def test_an_unknown_value_of_the_switch_is_refused(start_emulator: StartEmulator) -> None:
    """With one sentence that names those there are."""
    with pytest.raises(Exception, match="ended while it was starting") as caught:
        start_emulator(TAPSTACK_SHORT_PATH="0")
    details: Any = caught.value
    assert "it is on or off" in details.details
