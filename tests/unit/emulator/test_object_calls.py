"""The calls for one object of S3 are read and written on the short path as by all of LocalStack.

Each program runs in the emulator's environment, once with the short path and once without.
"""

import pytest

from tests.unit.emulator.conftest import Run

REQUESTS = """
import io
import random
SHORT
from localstack.aws.protocol.parser import create_parser
from localstack.aws.spec import load_service
from localstack_parity.server import object_calls
from localstack_parity.server.requests import request_of
from threaded_http.environ import environ_of
from threaded_http.head import Head

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
service = load_service("s3")
reader = create_parser(service)
targets = [
    "/bu/k", "/bucket-1.x/a/bu/c.jpg", "/bu/a%20b/%C3%BC+%25.jpg", "/bu/k?versionId=a.B-_9",
    "/bu/k/", "/bu/k//", "/bu//k", "//bu/k", "/bu", "/bu/", "/", "/bu/a%2Fb%2F", "/bu/%ff",
    "/bu/..%2f../x", "/bu/./k",
    "/bu/k;a=b", "/bu/k?versionId=", "/bu/k?versionId=a&versionId=b", "/bu/k?versionId=%20",
    "/bu/k?tagging",
    "/bu/k?acl=", "/bu/k?x-id=GetObject", "/bu/k?partNumber=1", "/bu/k?versionId=a&partNumber=2",
    "/bu/k?",
    "/bu/a:b@c", "/bu/(1)!*'", "/bu/k?X-Amz-Signature=a", "/B/k", "/bu/k?response-expires=never",
    "http://localhost/bu/k", "/bu/a=b&c", "/bu/%E6%9D%B1/%F0%9F%98%80",
]
usual = [
    ("User-Agent", "Boto3/1.44"), ("Authorization", "AWS4-HMAC-SHA256 a"),
    ("Accept-Encoding", "identity"),
    ("X-Amz-Date", "20261127T120000Z"), ("amz-sdk-request", "attempt=1"),
    ("Expect", "100-continue"),
    ("X-Amzn-Trace-Id", "Root=1"), ("x-moto-account-id", "000000000000"),
]
of_writes = [
    ("Content-Type", "image/jpeg"), ("Content-MD5", "m"), ("Cache-Control", "max-age=1"),
    ("x-amz-meta-Title", "A  b"), ("X-Amz-Meta-title", "c"), ("x-amz-meta-", "d"),
    ("x-amz-tagging", "a=b&c"),
    ("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-sdk-checksum-algorithm", "CRC32"),
    ("x-amz-acl", ""),
    ("x-amz-server-side-encryption", "aws:kms"), ("If-None-Match", "*"),
    ("x-amz-storage-class", "GLACIER"),
]
of_reads = [
    ("If-Match", '"a"'), ("If-None-Match", "b"), ("Range", "bytes=0-1"),
    ("x-amz-checksum-mode", "ENABLED"),
    ("x-amz-expected-bucket-owner", "123456789012"), ("x-amz-meta-a", "1"),
]
odd = [
    ("x-amz-copy-source", "b/k"), ("If-Modified-Since", "no date"), ("If-Match", "c"),
    ("RANGE", "bytes=1-"),
    ("Content-Encoding", "aws-chunked"), ("x-amz-decoded-content-length", "3"), ("Expires", "0"),
    ("x-amz-object-lock-retain-until-date", "2026-11-27T12:00:00Z"), ("Accept", "application/json"),
    ("x-amz-write-offset-bytes", "x"), ("x-amz-grant-read", "id=1"), ("Content-Type", "text/plain"),
    ("x-amz-server-side-encryption-customer-key", "a"), ("Origin", "http://a"), ("X-Unknown", "1"),
    ("x-amz-server-side-encryption-bucket-key-enabled", "maybe"),
    ("x-amz-website-redirect-location", "/a"),
]
chance = random.Random(1)
short = 0
for number in range(4000):
    method = chance.choice(["GET", "GET", "HEAD", "PUT", "PUT", "PUT", "POST", "DELETE"])
    target = chance.choice(targets[:4] if chance.random() < 0.5 else targets)
    host = chance.choice(["localhost:4566"] * 9 + ["bu.s3.localhost", "bu.localhost:4566"])
    headers = [("Host", host), *chance.sample(usual, chance.randrange(len(usual)))]
    headers += chance.sample(of_writes if method == "PUT" else of_reads, chance.randrange(4))
    if chance.random() < 0.25:
        headers += chance.sample(odd, chance.randrange(1, 3))
    if chance.random() < 0.9:
        hashes = [*[EMPTY] * 8, "UNSIGNED-PAYLOAD", "0" * 64]
        headers.append(("X-Amz-Content-SHA256", chance.choice(hashes)))
    body = chance.choice([b"", b"picture"]) if method == "PUT" else b""
    if method == "PUT" and chance.random() < 0.9:
        headers.append(("Content-Length", str(len(body))))
    chance.shuffle(headers)
    head = Head(method, target, "1.1", headers, len(body), True, False)
    address = ("127.0.0.1", 4566)
    request = request_of(environ_of(head, io.BytesIO(body), address, address, "http"))
    short += object_calls.read(service, request) is not None
    try:
        operation, parameters = reader.parse(request)
        body = parameters.pop("Body", None)
        shown = [operation.name, sorted(parameters.items()), body and body.read()]
    except Exception as error:
        shown = [repr(error), repr(error.__cause__)]
    print(number, method, target, headers, *shown)
print("short", short)
"""

ANSWERS = """
import random
from datetime import UTC, datetime
SHORT
from localstack.aws.protocol.serializer import create_serializer
from localstack.aws.spec import load_service

service = load_service("s3")
writer = create_serializer(service)
values = {
    "string": ["", "text", "ü", "a\\nb", None, 7],
    "timestamp": [
        "Fri, 27 Nov 2026 12:00:00 GMT", datetime(2026, 1, 2, 3, tzinfo=UTC), 1.5, "no date", None
    ],
    "boolean": [True, False, "", None], "integer": [0, 7, None], "long": [0, 2**40, None],
    "map": [{"title": "a", "Title": "b"}, {}, {"x": "ü"}, None],
    "blob": [iter([b"content"]), b"content", "text", b"", None],
}
chance = random.Random(2)
for number in range(4000):
    operation = service.operation_model(chance.choice(["GetObject", "HeadObject", "PutObject"]))
    members = operation.output_shape.members
    answer = {"Unknown": "x"} if chance.random() < 0.1 else {}
    for name in chance.sample(list(members), chance.randrange(len(members))):
        kinds = values[members[name].type_name]
        answer[name] = kinds[1 % len(kinds)] if chance.random() < 0.9 else chance.choice(kinds)
    if "StatusCode" in answer:
        answer["StatusCode"] = chance.choice([200, 206, 304, 404])
    if operation.name == "GetObject" and chance.random() < 0.8:
        answer["Body"] = (each for each in [b"con", b"tent"])
    asked = chance.choice(
        [{}, {"Accept": "text/xml"}, {"Content-Type": "image/jpeg"}, {"Accept": "a"}]
    )
    shown = {name: value for name, value in answer.items() if name != "Body"}
    try:
        written = writer.serialize_to_response(answer, operation, asked, "id")
        made = written.status, sorted(written.headers), b"".join(written.response)
        print(number, operation.name, shown, *made)
    except Exception as error:
        print(number, operation.name, shown, repr(error), repr(error.__cause__))
"""


@pytest.mark.parametrize("program", [REQUESTS, ANSWERS], ids=["requests", "answers"])
def test_the_short_path_makes_the_same_of_everything(run: Run, program: str) -> None:
    """GIVEN requests and answers, odd ones too THEN both paths make the same of each."""
    begin = "from localstack_parity.server import object_calls; object_calls.install()"
    short = run(program.replace("SHORT", begin)).splitlines()
    whole = run(program.replace("SHORT", "")).splitlines()
    assert len(short) == len(whole) >= 4000
    assert [pair for pair in zip(short, whole, strict=True) if pair[0] != pair[1]] == []


def test_requests_take_the_short_path(run: Run) -> None:
    """GIVEN requests of all kinds THEN those of the usual form do, and not all others."""
    *_, last = run(REQUESTS.replace("SHORT", "")).splitlines()
    assert 400 < int(last.removeprefix("short ")) < 3000


def test_the_switch_is_on_or_off(run: Run) -> None:
    """GIVEN another value THEN one sentence says which there are."""
    program = """
import os
from localstack_parity.server import object_calls
from localstack.aws.protocol.parser import S3RequestParser
before = S3RequestParser.parse
os.environ["TAPSTACK_SHORT_PATH"] = "off"
object_calls.install()
print(S3RequestParser.parse is before)
os.environ["TAPSTACK_SHORT_PATH"] = "0"
try:
    object_calls.install()
except ValueError as error:
    print(error)
"""
    assert run(program).splitlines() == ["True", "TAPSTACK_SHORT_PATH=0: it is on or off."]
