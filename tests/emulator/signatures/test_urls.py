"""The scope, the time and the parameters of a signature, in headers and in presigned URLs."""

import hashlib
import time
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.emulator.conftest import REGION, Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.signatures.calls import client, code_of, http


def test_the_scope_names_the_service(emulator: Emulator) -> None:
    """AWS: S3 API Reference, "Error responses": AuthorizationHeaderMalformed."""
    request = AWSRequest("GET", f"{emulator.endpoint}/bucket-of-nobody?list-type=2")
    request.headers["x-amz-content-sha256"] = hashlib.sha256(b"").hexdigest()
    S3SigV4Auth(Credentials("test", "test"), "sns", REGION).add_auth(request)
    request.headers["Authorization"] = request.headers["Authorization"].replace("/sns/", "/s4/")
    status, answer = http("GET", request.url, **dict(request.headers.items()))
    assert (status, b"AuthorizationHeaderMalformed" in answer) == (400, True)


def test_a_request_of_yesterday_is_refused(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 API Reference, "Error responses": RequestTimeTooSkewed."""
    request = AWSRequest("GET", f"{emulator.endpoint}/{bucket}?list-type=2")
    signer = S3SigV4Auth(Credentials("test", "test"), "s3", REGION)
    yesterday = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - 86_400))
    request.context["timestamp"] = request.headers["X-Amz-Date"] = yesterday
    request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(b"").hexdigest()
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    status, answer = http("GET", request.url, **dict(request.headers.items()))
    assert (status, b"RequestTimeTooSkewed" in answer) == (403, True)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_is_good_for_what_was_signed_and_as_long(
    emulator: Emulator, bucket: str, version: str
) -> None:
    """AWS: S3 API Reference, "Authenticating requests: using query parameters"; version 2: S3 User
    Guide, "Signing and authenticating REST requests"."""
    presign = client(emulator, "s3", signature_version=version).generate_presigned_url
    target = {"Bucket": bucket, "Key": "a b/ä+c.txt"}
    written = presign("put_object", {**target, "ContentType": "text/plain"})
    assert http("PUT", written, b"x", Content_Type="image/png")[0] == 403
    assert http("PUT", written, b"x", Content_Type="text/plain")[0] == 200
    read = presign("get_object", target)
    assert http("GET", read) == (200, b"x")
    assert http("GET", read.replace(".txt", ".text"))[0] == 403
    assert http("DELETE", read)[0] == 403
    expired = presign("get_object", target, ExpiresIn=0)
    time.sleep(1.1)
    status, answer = http("GET", expired)
    assert (status, b"Request has expired" in answer) == (403, True)


def test_a_url_of_version_2_is_good_for_the_operation_that_was_signed(
    emulator: Emulator, bucket: str
) -> None:
    """All parameters that choose an operation of S3 are signed, however their names are written."""
    s3 = client(emulator, "s3", signature_version="s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    assert http("GET", url) == (200, b"x")
    for name in (
        *("acl", "attributes", "legal-hold", "retention", "tagging", "torrent", "%61cl"),
        "ret%65ntion",
    ):
        status, answer = http("GET", f"{url}&{name}")
        assert (status, b"SignatureDoesNotMatch" in answer) == (403, True), name
    listing = s3.generate_presigned_url("list_objects", {"Bucket": bucket})
    assert http("GET", listing)[0] == 200
    for name in ("encryption", "policyStatus", "publicAccessBlock", "ownershipControls"):
        assert http("GET", f"{listing}&{name}")[0] == 403, name


@pytest.mark.parametrize("expires", ["²", "٣", "-1", "1e9", "", "9" * 400, "x"])
def test_an_expiry_that_is_no_time_is_refused(
    emulator: Emulator, bucket: str, expires: str
) -> None:
    for signature in (f"AWSAccessKeyId=test&Signature=x&Expires={quote(expires)}", ""):
        if not signature:
            signature = (
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F20260101%2Fus-east-1"
                "%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host"
                f"&X-Amz-Signature=0&X-Amz-Expires={quote(expires)}"
            )
        status, _ = http("GET", f"{emulator.endpoint}/{bucket}/k?{signature}")
        assert status in (400, 403), signature


@pytest.mark.parametrize("time", ["99991231T235959Z", "00010101T000000Z", "99999999T999999Z"])
def test_a_signature_of_another_age_is_refused(emulator: Emulator, bucket: str, time: str) -> None:
    """In S3's URLs and headers, and in those of other services."""
    for service, expires in (
        ("s3", "&X-Amz-Expires=604800"),
        ("sts", ""),
        ("sts", "&X-Amz-Expires=9"),
    ):
        scope = f"test/{time[:8]}/us-east-1/{service}/aws4_request"
        query = (
            f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={quote(scope, safe='')}"
            f"&X-Amz-Date={time}&X-Amz-SignedHeaders=host&X-Amz-Signature=0{expires}"
        )
        path = f"{bucket}/k?" if service == "s3" else "?Action=GetCallerIdentity&"
        status, _ = http("GET", f"{emulator.endpoint}/{path}{query}")
        assert status in (400, 403), service
        header = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        url = f"{emulator.endpoint}/{path}"
        status, _ = http("GET", url, Authorization=header, X_Amz_Date=time)
        assert status in (400, 403), service


def test_headers_that_a_presigned_url_does_not_cover_are_refused(
    emulator: Emulator, bucket: str
) -> None:
    """AWS: S3 API Reference, "Signature calculations": all headers x-amz-* have to be signed."""
    presign = client(emulator, "s3", signature_version="s3v4").generate_presigned_url
    url = presign("put_object", {"Bucket": bucket, "Key": "key"})
    status, answer = http("PUT", url, b"x", x_amz_meta_more="1")
    assert (status, b"x-amz-meta-more" in answer, b"<HostId>" in answer) == (403, True, True)


def test_a_credential_that_was_encoded_twice_is_named(emulator: Emulator, bucket: str) -> None:
    """Recorded on AWS: LocalStack's tests, v4.14.0, test_presigned_double_encoded_credentials."""
    presign = client(emulator, "s3", signature_version="s3v4").generate_presigned_url
    url = presign("get_object", {"Bucket": bucket, "Key": "k"}).replace("%2F", "%252F")

    status, answer = http("GET", url)

    assert (status, b"<Code>AuthorizationQueryParametersError</Code>" in answer) == (400, True)
    assert b"Error parsing the X-Amz-Credential parameter; the Credential is mal-formed" in answer


def test_a_signature_in_the_query_holds_in_other_services(emulator: Emulator) -> None:
    """AWS: IAM User Guide, "Create a signed AWS API request"."""
    for secret, status in (("test", 200), ("guessed", 403)):
        url = f"{emulator.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15"
        request = AWSRequest("GET", url)
        SigV4QueryAuth(Credentials("test", secret), "sts", REGION, expires=60).add_auth(request)
        assert http("GET", request.url)[0] == status


def test_version_2_in_a_header(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 User Guide, "Signing and authenticating REST requests"."""
    old = client(emulator, "s3", signature_version="s3")
    assert code_of(old.put_object, Bucket=bucket, Key="a b", Body=b"x") == ("", 200)
    wrong = client(emulator, "s3", "test", "guessed", signature_version="s3")
    assert code_of(wrong.list_objects_v2, Bucket=bucket) == ("SignatureDoesNotMatch", 403)


def test_the_code_of_a_function_can_be_fetched(emulator: Emulator) -> None:
    """AWS: Lambda API Reference, GetFunction: Code.Location is a presigned URL."""
    code = zipped("def handler(event, context): return 1")
    with role_for(emulator) as role, function_of(emulator, code, role) as function:
        location = emulator.client("lambda").get_function(FunctionName=function)["Code"]["Location"]
        host = urlsplit(location).netloc  # a name that needs DNS; what is signed is the header
        here = location.replace(f"http://{host}", emulator.endpoint)
        assert http("GET", here, Host=host) == (200, code)
