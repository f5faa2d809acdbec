"""Nobody is believed who cannot prove it, and no body is stored that is not what was signed."""

import base64
import hashlib
import json
import time
import urllib.error
import urllib.request
import uuid
import zlib
from collections.abc import Iterator
from http.client import HTTPConnection
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote, urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from harness.evidence.iam import verifies_signatures
from harness.targets.target import Target
from tests.emulator.conftest import REGION, Emulator, StartEmulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.iam import allow, bucket_of, session_of

CALLS = {
    "cloudformation": "list_stacks",
    "cloudwatch": "list_metrics",
    "iam": "list_roles",
    "lambda": "list_functions",
    "logs": "describe_log_groups",
    "s3": "list_buckets",
    "sns": "list_topics",
    "sqs": "list_queues",
    "sts": "get_caller_identity",
}


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    with bucket_of(emulator) as name:
        yield name


def client(emulator: Emulator, service: str, *credentials: str | None, **config: Any) -> Any:
    """A client with a configuration of its own, signing as the account unless told otherwise."""
    return boto3.Session(*(credentials or ("test", "test")), region_name=REGION).client(
        service,
        endpoint_url=emulator.endpoint,
        config=Config(
            retries={"total_max_attempts": 1},
            proxies={},
            **{"s3": {"addressing_style": "path"}, **config},
        ),
    )


def code_of(call: Any, **parameters: Any) -> tuple[str, int]:
    """The error's code and status; ("", 200) if there is none."""
    try:
        call(**parameters)
    except ClientError as error:
        response = error.response
        return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
    return "", 200


def http(method: str, url: str, body: bytes | None = None, /, **headers: str) -> tuple[int, bytes]:
    """Send a request as it stands; an underscore in a header's name is a hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, body, named, method=method)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize(
    ("service", "unknown", "wrong"),
    [
        ("cloudformation", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("cloudwatch", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("iam", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("lambda", ("UnrecognizedClientException", 403), ("InvalidSignatureException", 403)),
        ("logs", ("UnrecognizedClientException", 400), ("InvalidSignatureException", 400)),
        ("s3", ("InvalidAccessKeyId", 403), ("SignatureDoesNotMatch", 403)),
        ("sns", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("sqs", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("sts", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
    ],
)
def test_a_key_that_nobody_issued_and_a_wrong_secret_are_refused(
    emulator: Emulator, service: str, unknown: tuple[str, int], wrong: tuple[str, int]
) -> None:
    """AWS: "Common errors" in the API reference of each service; S3: "Error responses"."""
    call = CALLS[service]
    stranger = emulator.client(service, key="AKIAIOSFODNN7EXAMPLE")
    impostor = emulator.client(service, secret="guessed")
    assert code_of(getattr(stranger, call)) == unknown
    assert code_of(getattr(impostor, call)) == wrong
    assert code_of(getattr(emulator.client(service), call)) == ("", 200)


@pytest.mark.parametrize(
    ("service", "seen"),
    [
        ("iam", ("MissingAuthenticationToken", 403)),
        ("lambda", ("MissingAuthenticationTokenException", 403)),
        ("logs", ("MissingAuthenticationTokenException", 400)),
        ("sns", ("MissingAuthenticationToken", 403)),
        ("sqs", ("AccessDenied", 403)),
    ],
)
def test_without_a_signature_a_request_is_anonymous(
    emulator: Emulator, service: str, seen: tuple[str, int]
) -> None:
    """AWS: "Common errors" in the API reference of each service."""
    nobody = client(emulator, service, signature_version=UNSIGNED)
    assert code_of(getattr(nobody, CALLS[service])) == seen


def test_twelve_digits_are_the_key_of_that_accounts_root(emulator: Emulator) -> None:
    """What LocalStack's users have for other accounts stays; its secret is `test`, too."""
    other = emulator.client("sts", key="111122223333")
    assert other.get_caller_identity()["Account"] == "111122223333"
    guessed = emulator.client("sts", key="111122223333", secret="guessed")
    assert code_of(guessed.get_caller_identity) == ("SignatureDoesNotMatch", 403)


def test_a_deleted_and_an_inactive_key_are_none(emulator: Emulator) -> None:
    """AWS: IAM API Reference, UpdateAccessKey: "the key cannot be used for API calls"."""
    iam, name = emulator.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    of_user = {"UserName": name, "AccessKeyId": key["AccessKeyId"]}
    call = client(emulator, "sts", key["AccessKeyId"], key["SecretAccessKey"]).get_caller_identity
    assert code_of(call) == ("", 200)
    iam.update_access_key(**of_user, Status="Inactive")
    assert code_of(call) == ("InvalidClientTokenId", 403)
    iam.update_access_key(**of_user, Status="Active")
    assert code_of(call) == ("", 200)
    iam.delete_access_key(**of_user)
    assert code_of(call) == ("InvalidClientTokenId", 403)
    iam.delete_user(UserName=name)


def test_a_session_has_its_own_token(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 API Reference, "Error responses": InvalidToken; IAM User Guide, "Use temporary
    credentials with AWS resources"."""
    with session_of(emulator, allow("s3:ListBucket")) as (_, of_session):
        credentials = of_session("s3")._request_signer._credentials
        key, secret = credentials.access_key, credentials.secret_key
        listing = {"Bucket": bucket}
        assert code_of(of_session("s3").list_objects_v2, **listing) == ("", 200)
        without = client(emulator, "s3", key, secret)
        assert code_of(without.list_objects_v2, **listing) == ("InvalidAccessKeyId", 403)
        another = client(emulator, "s3", key, secret, "token")
        assert code_of(another.list_objects_v2, **listing) == ("InvalidToken", 400)
    root = client(emulator, "s3", "test", "test", "token")
    assert code_of(root.list_objects_v2, **listing) == ("InvalidToken", 400)


def test_a_function_url_of_aws_iam_wants_a_signature(emulator: Emulator) -> None:
    """AWS: Lambda Developer Guide, "Control access to Lambda function URLs"."""
    code = zipped("def handler(event, context): return event['rawPath']")
    with (
        role_for(emulator) as role,
        function_of(emulator, code, role, Timeout=30) as function,
    ):
        configured = emulator.client("lambda").create_function_url_config(
            FunctionName=function, AuthType="AWS_IAM"
        )
        url = f"{configured['FunctionUrl']}a%20b?c=d"
        assert http("GET", url)[0] == 403
        for secret, status in (("guessed", 403), ("test", 200)):
            request = AWSRequest("GET", url)
            SigV4Auth(Credentials("test", secret), "lambda", REGION).add_auth(request)
            assert http("GET", url, **dict(request.headers.items()))[0] == status


def test_keys_that_would_be_of_no_use_are_not_given_out(emulator: Emulator) -> None:
    """LocalStack's GetSessionToken and GetFederationToken answer with the keys of an example."""
    sts = emulator.client("sts")
    assert code_of(sts.get_session_token) == ("NotImplemented", 501)
    assert code_of(sts.get_federation_token, Name="somebody") == ("NotImplemented", 501)


def test_nobody_takes_on_a_role_by_a_token_that_nobody_looks_at(emulator: Emulator) -> None:
    """Without identity providers neither a web token nor a SAML assertion proves anything."""
    with role_for(emulator, "s3:*") as role:
        form = f"Version=2011-06-15&RoleArn={role}&RoleSessionName=xx"
        token = f"Action=AssumeRoleWithWebIdentity&{form}&WebIdentityToken=junk"
        status, body = http("POST", emulator.endpoint, token.encode())
        assert (status, b"AssumeRoleWithWebIdentity of sts is not emulated here" in body) == (
            501,
            True,
        )
        sts = client(emulator, "sts", signature_version=UNSIGNED)
        provider = "arn:aws:iam::000000000000:saml-provider/p"
        assertion = {"RoleArn": role, "PrincipalArn": provider, "SAMLAssertion": "PHg+PC94Pg=="}
        assert code_of(sts.assume_role_with_saml, **assertion) == ("NotImplemented", 501)


def test_a_session_that_would_have_too_many_rights_is_not_given_out(emulator: Emulator) -> None:
    """A policy of the session is not evaluated here, and no session lasts longer than 12 hours."""
    sts, with_role = emulator.client("sts"), {"RoleSessionName": "test"}
    with session_of(emulator, allow("s3:*")) as (role, _):
        with_role["RoleArn"] = role
        denied = json.dumps({"Version": "2012-10-17", "Statement": []})
        assert code_of(sts.assume_role, Policy=denied, **with_role) == ("NotImplemented", 501)
        long = code_of(sts.assume_role, DurationSeconds=43_201, **with_role)
        assert long == ("ValidationError", 400)


def test_nobody_outside_is_one_of_the_emulators_services(emulator: Emulator, bucket: str) -> None:
    """The header by which LocalStack's services introduce themselves gives nobody their rights."""
    url = f"{emulator.endpoint}/{bucket}/key"
    emulator.client("s3").put_object(Bucket=bucket, Key="key")
    introduced = {"x_localstack_data": '{"service_principal":"s3"}'}
    assert http("GET", url, None, **introduced)[0] == 403
    internal = emulator.client("s3", key="__internal_call__", secret="__internal_call__")
    assert code_of(internal.list_buckets) == ("SignatureDoesNotMatch", 403)


LEFTOVER = """
import boto3
from botocore.exceptions import ClientError

def handler(keys, context):
    key = {} if not keys else {"aws_access_key_id": keys[0], "aws_secret_access_key": keys[1]}
    try:
        boto3.client("s3", **key).list_buckets()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""


def test_a_function_has_no_use_for_the_accounts_own_key(emulator: Emulator) -> None:
    """AWS knows no key `test`: one that was left in a handler fails there, so it fails here. SDKs
    say in User-Agent where they run, from AWS_EXECUTION_ENV, which Lambda sets."""
    with (
        role_for(emulator, "s3:ListAllMyBuckets") as role,
        function_of(emulator, zipped(LEFTOVER), role, Timeout=30) as function,
    ):

        def seen(keys: list[str]) -> Any:
            answer = emulator.client("lambda").invoke(
                FunctionName=function, Payload=json.dumps(keys)
            )
            return json.load(answer["Payload"])

        assert seen([]) == "allowed"
        assert seen(["test", "test"]) == "InvalidAccessKeyId"
        assert seen(["000000000000", "test"]) == "InvalidAccessKeyId"


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


def test_a_body_is_what_was_signed(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 API Reference, "Error responses": XAmzContentSHA256Mismatch. Nothing is stored."""
    s3 = client(emulator, "s3", request_checksum_calculation="when_required")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    damaged = client(emulator, "s3", request_checksum_calculation="when_required")
    damaged.meta.events.register("before-send.s3.*", _damage)
    mismatch = ("XAmzContentSHA256Mismatch", 400)
    whole = {"Bucket": bucket, "Key": "whole", "Body": b"as sent"}
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


def test_version_2_in_a_header(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 User Guide, "Signing and authenticating REST requests"."""
    old = client(emulator, "s3", signature_version="s3")
    assert code_of(old.put_object, Bucket=bucket, Key="a b", Body=b"x") == ("", 200)
    wrong = client(emulator, "s3", "test", "guessed", signature_version="s3")
    assert code_of(wrong.list_objects_v2, Bucket=bucket) == ("SignatureDoesNotMatch", 403)


def test_the_report_knows_that_signatures_are_verified(emulator: Emulator) -> None:
    """It says what a pass does not prove."""
    assert verifies_signatures(cast(Target, SimpleNamespace(endpoint=emulator.endpoint)))


def test_the_code_of_a_function_can_be_fetched(emulator: Emulator) -> None:
    """AWS: Lambda API Reference, GetFunction: Code.Location is a presigned URL."""
    code = zipped("def handler(event, context): return 1")
    with role_for(emulator) as role, function_of(emulator, code, role) as function:
        location = emulator.client("lambda").get_function(FunctionName=function)["Code"]["Location"]
        host = urlsplit(location).netloc  # a name that needs DNS; what is signed is the header
        here = location.replace(f"http://{host}", emulator.endpoint)
        assert http("GET", here, Host=host) == (200, code)


def test_verification_can_be_switched_off(start_emulator: StartEmulator) -> None:
    """TAPSTACK_SIGNATURES=off, for a client that cannot sign; the report knows which it is."""
    emulator = start_emulator(TAPSTACK_SIGNATURES="off")
    assert not verifies_signatures(cast(Target, SimpleNamespace(endpoint=emulator.endpoint)))
    impostor = emulator.client("sts", key="AKIAIOSFODNN7EXAMPLE", secret="guessed")
    assert impostor.get_caller_identity()["Account"] == "000000000000"
