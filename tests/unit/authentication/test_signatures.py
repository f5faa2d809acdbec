"""Signatures are computed as botocore computes them, whatever the request holds."""

import hashlib
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from localstack_parity.authentication import claims, version_2, version_4
from localstack_parity.authentication.problems import Problem, Refused
from localstack_parity.authentication.received import Received

KEY = Credentials("AKIDEXAMPLE", "secret/with+signs=")
HOST = "127.0.0.1:4566"


def signed(signer: Any, method: str, target: str, headers: dict[str, str], body: bytes) -> Received:
    """A request as it arrives when `signer` has signed it."""
    request = AWSRequest(
        method,
        f"http://{HOST}{target}",
        headers=headers,
        data=body,
        auth_path=urlsplit(target).path,
    )
    request.context["payload_signing_enabled"] = True
    signer.add_auth(request)
    arrived = {name.lower(): value for name, value in request.headers.items()}
    url = urlsplit(request.url)
    return Received(method, url.path, url.query, {"host": HOST, **arrived})


def computed(received: Received, payload_hash: str) -> tuple[str, str]:
    """The signature that a version 4 request has, and the one that it must have."""
    claim = claims.of(received)
    assert claim is not None
    canonical = version_4.canonical_request(received, claim, payload_hash)
    text = version_4.string_to_sign(claim, canonical)
    return claim.signature, version_4.signature(KEY.secret_key, claim, text)


names = st.text("abcXYZ019-_.~ +/&=%ä€", min_size=1, max_size=12)


@given(key=names, query=st.dictionaries(names, names, max_size=3), value=names)
def test_a_header_of_s3(key: str, query: dict[str, str], value: str) -> None:
    """AWS: S3 API Reference, "Signature calculations for the Authorization header"."""
    pairs = "&".join(f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}" for n, v in query.items())
    target = f"/bucket/{quote(key, safe='/-_.~')}" + (f"?{pairs}" if pairs else "")
    headers = {"X-Amz-Meta-Note": f"  {quote(value)}   twice ", "Content-Type": "image/jpeg"}
    received = signed(S3SigV4Auth(KEY, "s3", "eu-west-1"), "PUT", target, headers, b"content")
    has, must_have = computed(received, received.headers["x-amz-content-sha256"])
    assert has == must_have


@pytest.mark.parametrize(
    "target",
    ["/", "/?Action=ListTopics", "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations", "/a//b/"],
)
def test_a_header_of_another_service(target: str) -> None:
    """AWS: IAM User Guide, "Create a signed AWS API request": the path is normalised and encoded
    once more."""
    received = signed(SigV4Auth(KEY, "lambda", "us-east-1"), "POST", target, {}, b"Action=a")
    has, must_have = computed(received, hashlib.sha256(b"Action=a").hexdigest())
    assert has == must_have


def test_a_query_may_be_encoded_in_another_way_than_it_was_signed() -> None:
    """A client that writes a plus for a blank signs %20 all the same."""
    received = signed(
        S3SigV4Auth(KEY, "s3", "us-east-1"), "GET", "/b?prefix=a%20b&delimiter=%2F", {}, b""
    )
    sent = Received("GET", "/b", "prefix=a+b&delimiter=/", received.headers)
    has, must_have = computed(sent, received.headers["x-amz-content-sha256"])
    assert has == must_have


@given(key=names)
def test_a_presigned_url_is_signed_as_botocore_signs_it(key: str) -> None:
    """AWS: S3 API Reference, "Authenticating requests: using query parameters"."""
    signer = S3SigV4QueryAuth(KEY, "s3", "us-east-1", expires=60)
    received = signed(signer, "GET", f"/bucket/{quote(key, safe='/-_.~')}", {}, b"")
    has, must_have = computed(received, "UNSIGNED-PAYLOAD")
    assert has == must_have


@given(key=names)
def test_version_2_is_signed_as_botocore_signs_it(key: str) -> None:
    """AWS: S3 User Guide, "Signing and authenticating REST requests"."""
    target = f"/bucket/{quote(key, safe='/-_.~')}?uploadId=1&other=2"
    headers = {"Content-Type": "image/png", "x-amz-meta-a": "b"}
    for signer in (HmacV1Auth(KEY), HmacV1QueryAuth(KEY, 60)):
        received = signed(signer, "PUT", target, dict(headers), b"")
        claim = claims.of(received)
        assert claim is not None
        (text,) = version_2.strings_to_sign(received, claim, "")
        assert version_2.signature(KEY.secret_key, text) == claim.signature


def test_the_bucket_of_a_host_belongs_to_what_version_2_signs() -> None:
    """AWS: S3 User Guide, "Signing and authenticating REST requests": CanonicalizedResource."""
    by_path = signed(HmacV1Auth(KEY), "GET", "/bucket/key", {}, b"")
    by_host = Received("GET", "/key", "", by_path.headers)
    claim = claims.of(by_host)
    assert claim is not None
    (text,) = version_2.strings_to_sign(by_host, claim, "bucket")
    assert version_2.signature(KEY.secret_key, text) == claim.signature


def test_version_2_of_a_bucket_may_have_a_slash_behind_its_name() -> None:
    """botocore signs /bucket/ for what it sends as /bucket; others sign what they send."""
    by_path = signed(HmacV1Auth(KEY), "GET", "/bucket/", {}, b"")
    claim = claims.of(by_path)
    assert claim is not None
    sent = Received("GET", "/bucket", "", by_path.headers)
    _, with_slash = version_2.strings_to_sign(sent, claim, "")
    assert version_2.signature(KEY.secret_key, with_slash) == claim.signature


@pytest.mark.parametrize(
    ("headers", "query", "problem"),
    [
        ({"authorization": "AWS4-HMAC-SHA256 Credential=a/b"}, "", Problem.MALFORMED),
        (
            {
                "authorization": "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host,"
                " Signature=0",
                "x-amz-date": "20260101T000000Z",
            },
            "",
            Problem.MALFORMED,
        ),
        (
            {
                "authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request,"
                " SignedHeaders=host, Signature=0"
            },
            "",
            Problem.MALFORMED,
        ),
        ({"authorization": "AWS4-ECDSA-P256-SHA256 Credential=a"}, "", Problem.ASYMMETRIC),
        ({"authorization": "Bearer token"}, "", Problem.UNKNOWN_ALGORITHM),
        ({"authorization": "AWS nothing"}, "", Problem.MALFORMED),
        ({"authorization": "AWS a:b"}, "X-Amz-Signature=0", Problem.SEVERAL),
        ({}, "X-Amz-Signature=0", Problem.INCOMPLETE_QUERY),
        ({}, "AWSAccessKeyId=a&Signature=0", Problem.INCOMPLETE_QUERY_TWO),
    ],
)
def test_half_a_signature_is_none(headers: dict[str, str], query: str, problem: Problem) -> None:
    """AWS: S3 API Reference, "Error responses"; IAM User Guide, "Troubleshoot signed requests"."""
    with pytest.raises(Refused) as refused:
        claims.of(Received("GET", "/", query, headers))
    assert refused.value.problem is problem


def test_without_a_signature_nothing_is_claimed() -> None:
    """AWS: S3 User Guide, "Making requests": such a request is anonymous."""
    assert claims.of(Received("GET", "/bucket/key", "versionId=1", {"host": HOST})) is None
