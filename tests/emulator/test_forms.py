"""Uploads from a browser's form: what its policy allows, with the rights of who signed it."""

import base64
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config

from tests.emulator.conftest import REGION, Emulator
from tests.emulator.iam import allow, bucket_of, session_of

type Fields = Mapping[str, str]
type Post = Callable[..., tuple[int, str, Mapping[str, str]]]
VERSIONS = pytest.mark.parametrize("version", ["s3", "s3v4"])


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    with bucket_of(emulator) as name:
        yield name


@pytest.fixture
def post(emulator: Emulator, bucket: str) -> Post:
    """Send a form to the bucket: status, body and headers of the answer."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            """Follow nothing."""

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay())

    def send(
        fields: Fields, *, file: str = "photo.jpg", kind: str = "multipart/form-data"
    ) -> tuple[int, str, Mapping[str, str]]:
        edge = uuid.uuid4().hex
        parts = "".join(
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        if file:
            parts += (
                f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\n'
                "\r\ncontent\r\n"
            )
        body = f"{parts}--{edge}--\r\n".encode()
        request = urllib.request.Request(
            f"{emulator.endpoint}/{bucket}", body, {"Content-Type": f"{kind}; boundary={edge}"}
        )
        try:
            with opener.open(request) as answer:
                return answer.status, answer.read().decode(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), dict(error.headers)

    return send


def form(emulator: Emulator, bucket: str, key: str, version: str, **more: Any) -> dict[str, str]:
    """The fields of a form as boto3 makes it, signed by the account unless told otherwise."""
    credentials = more.pop("credentials", ("test", "test"))
    s3 = boto3.Session(*credentials, region_name=REGION).client(
        "s3", endpoint_url=emulator.endpoint, config=Config(signature_version=version)
    )
    fields: dict[str, str] = s3.generate_presigned_post(bucket, key, **more)["fields"]
    return fields


def stored(emulator: Emulator, bucket: str) -> list[str]:
    """The keys in the bucket."""
    listed = emulator.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return [entry["Key"] for entry in listed]


@VERSIONS
def test_a_signed_form_uploads(emulator: Emulator, bucket: str, post: Post, version: str) -> None:
    """AWS: S3 API Reference, "Browser-based uploads using POST"; of version 2: S3 User Guide."""
    assert post(form(emulator, bucket, "in/${filename}", version))[0] == 204
    assert stored(emulator, bucket) == ["in/photo.jpg"]


@VERSIONS
@pytest.mark.parametrize(
    ("secret", "change", "status", "code"),
    [
        ("guessed", {}, 403, "SignatureDoesNotMatch"),
        ("test", {"policy": base64.b64encode(b"{}").decode()}, 403, "SignatureDoesNotMatch"),
        ("test", {"policy": "nonsense"}, 403, "SignatureDoesNotMatch"),
        ("test", {"key": "other"}, 403, "AccessDenied"),
        ("test", {"x-amz-meta-extra": "1"}, 403, "Extra input fields: x-amz-meta-extra"),
    ],
)
def test_a_form_that_is_not_what_was_signed_uploads_nothing(
    emulator: Emulator,
    bucket: str,
    post: Post,
    version: str,
    secret: str,
    change: Fields,
    status: int,
    code: str,
) -> None:
    """AWS: S3 API Reference, "Creating a POST policy": "each form field that you specify in a form
    (…) must appear in the list of conditions"."""
    fields = form(emulator, bucket, "key", version, credentials=("test", secret))
    seen, answer, _ = post({**fields, **change})
    assert (seen, code in answer) == (status, True)
    assert stored(emulator, bucket) == []


@VERSIONS
def test_a_form_expires(emulator: Emulator, bucket: str, post: Post, version: str) -> None:
    """AWS: S3 API Reference, "Creating a POST policy", "Expiration"."""
    status, answer, _ = post(form(emulator, bucket, "key", version, ExpiresIn=-1))
    assert (status, "Policy expired" in answer) == (403, True)


@VERSIONS
def test_half_a_signature_is_none(
    emulator: Emulator, bucket: str, post: Post, version: str
) -> None:
    """AWS: S3 API Reference, "Error responses": InvalidArgument."""
    fields = form(emulator, bucket, "key", version)
    signature = "signature" if version == "s3" else "x-amz-signature"
    status, answer, _ = post({name: fields[name] for name in fields if name != signature})
    assert (status, "InvalidArgument" in answer) == (400, True)


def test_without_a_policy_a_form_is_anonymous(post: Post) -> None:
    """AWS: S3 API Reference, "POST Object": a policy is required "if the bucket is not public"."""
    assert post({"key": "key"})[0] == 403


@VERSIONS
def test_a_form_has_the_rights_of_its_signer(
    emulator: Emulator, bucket: str, post: Post, version: str
) -> None:
    """AWS: S3 User Guide, "Required permissions for Amazon S3 API operations": PostObject needs
    s3:PutObject on the object."""
    with session_of(emulator, allow("s3:PutObject", f"arn:aws:s3:::{bucket}/in/*")) as (_, client):
        keys = client("s3")._request_signer._credentials
        credentials = (keys.access_key, keys.secret_key, keys.token)

        def sent(key: str, **more: Any) -> int:
            fields = form(emulator, bucket, key, version, credentials=credentials, **more)
            return post(fields)[0]

        assert sent("in/a.jpg") == 204
        assert sent("in/${filename}") == 204
        assert sent("out/a.jpg") == 403
        assert sent("${filename}") == 403
        acl = {"Fields": {"acl": "public-read"}, "Conditions": [{"acl": "public-read"}]}
        assert sent("in/b.jpg", **acl) == 403  # that needs s3:PutObjectAcl
    assert stored(emulator, bucket) == ["in/a.jpg", "in/photo.jpg"]


def test_metadata_has_its_limit(emulator: Emulator, bucket: str, post: Post) -> None:
    """AWS: S3 User Guide, "Working with object metadata": 2 KB."""
    field = {"x-amz-meta-note": "y" * 3000}
    conditions = [["starts-with", "$x-amz-meta-note", ""]]
    fields = form(emulator, bucket, "key", "s3v4", Fields=field, Conditions=conditions)
    status, answer, _ = post(fields)
    assert (status, "MetadataTooLarge" in answer) == (400, True)


@VERSIONS
def test_the_form_says_what_is_answered(
    emulator: Emulator, bucket: str, post: Post, version: str
) -> None:
    """AWS: S3 API Reference, "POST Object", success_action_status and success_action_redirect."""

    def sent(**fields: str) -> tuple[int, str, Mapping[str, str]]:
        conditions = [{name: value} for name, value in fields.items()]
        return post(
            form(emulator, bucket, "a b", version, Fields=dict(fields), Conditions=conditions)
        )

    status, answer, headers = sent(success_action_status="201")
    assert status == 201
    for element in (f"<Bucket>{bucket}</Bucket>", "<Key>a b</Key>", "<ETag>", "<Location>"):
        assert element in answer
    assert sent(success_action_status="200")[:2] == (200, "")
    assert sent(success_action_status="500")[:2] == (204, "")
    status, _, headers = sent(success_action_redirect="http://127.0.0.1:1/done")
    assert (status, headers["Location"].partition("?")[0]) == (303, "http://127.0.0.1:1/done")
    where = parse_qs(urlsplit(headers["Location"]).query)
    assert (where["bucket"], where["key"], len(where["etag"])) == ([bucket], ["a b"], 1)


@pytest.mark.parametrize(
    ("lacking", "kind", "status", "code"),
    [
        ("file", "multipart/form-data", 400, "POST requires exactly one file upload"),
        ("key", "multipart/form-data", 400, "must contain a field named"),
        ("", "application/x-www-form-urlencoded", 412, "PreconditionFailed"),
    ],
)
def test_a_form_that_lacks_something(
    emulator: Emulator, bucket: str, post: Post, lacking: str, kind: str, status: int, code: str
) -> None:
    """AWS: S3 API Reference, "Error responses"."""
    fields = form(emulator, bucket, "key", "s3v4")
    fields.pop(lacking, None)
    seen, answer, _ = post(fields, file="" if lacking == "file" else "photo.jpg", kind=kind)
    assert (seen, code in answer) == (status, True)


@pytest.mark.parametrize(
    ("conditions", "status", "code"),
    [
        ([["content-length-range", 1, 7]], 204, ""),
        ([["content-length-range", 8, 9]], 400, "EntityTooSmall"),
        ([["content-length-range", 1, 6]], 400, "EntityTooLarge"),
        ([["starts-with", "$key", "out/"]], 403, "AccessDenied"),
    ],
)
def test_a_form_is_held_to_its_conditions(
    emulator: Emulator, bucket: str, post: Post, conditions: list[Any], status: int, code: str
) -> None:
    """AWS: S3 API Reference, "Creating a POST policy", "Condition matching"."""
    fields = form(emulator, bucket, "in/key", "s3v4", Conditions=conditions)
    assert json.loads(base64.b64decode(fields["policy"]))["conditions"]
    seen, answer, _ = post(fields)
    assert (seen, code in answer) == (status, True)
