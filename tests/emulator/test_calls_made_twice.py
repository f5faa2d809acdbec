"""A call is made again when its answer was lost: what AWS lets be repeated can be, and what it
names as an error is one.

Sources: the API reference of each service; for CompleteMultipartUpload what S3 has been seen to do.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator


def _code(call: Any, **request: Any) -> str:
    """The code of the error that a call ends with; "" if it succeeds."""
    try:
        call(**request)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@pytest.fixture
def name() -> str:
    return f"twice-{uuid.uuid4().hex[:12]}"


# --- S3 ---------------------------------------------------------------------------------------


@pytest.fixture(params=["plain", "versioned"])
def bucket(emulator: Emulator, name: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty bucket, with and without versions."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=name)
    if request.param == "versioned":
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    found = s3.list_object_versions(Bucket=name)
    for version in [*found.get("Versions", []), *found.get("DeleteMarkers", [])]:
        s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=name)


def test_an_upload_is_completed_twice(emulator: Emulator, bucket: str) -> None:
    """The second time has the answer of the first, and writes nothing; other parts are refused."""
    s3 = emulator.client("s3")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    asked = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}

    answers = [s3.complete_multipart_upload(**asked, MultipartUpload=parts) for _ in range(2)]

    for answer in answers:
        del answer["ResponseMetadata"]
    assert answers[0] == answers[1]
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 1
    other = {"Parts": [{"PartNumber": 2, "ETag": part["ETag"]}]}
    for operation, more in (("complete", {"MultipartUpload": other}), ("abort", {})):
        call = getattr(s3, f"{operation}_multipart_upload")
        assert _code(call, **asked, **more) == "NoSuchUpload"


def test_a_conditional_deletion_is_made_twice(emulator: Emulator, bucket: str) -> None:
    """If-Match deletes what was seen and nothing else, one by one and many at a time."""
    s3 = emulator.client("s3")
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    asked = {"Bucket": bucket, "Key": "k"}

    assert _code(s3.delete_object, **asked, IfMatch='"other"') == "PreconditionFailed"
    assert _code(s3.delete_object, **asked, IfMatch=etag) == ""
    again = _code(s3.delete_object, **asked, IfMatch=etag)
    assert again in ("NoSuchKey", "PreconditionFailed")
    assert _code(s3.delete_object, **{**asked, "Key": "none"}, IfMatch="*") == "NoSuchKey"

    for key in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    entries = [{"Key": "a", "ETag": etag}, {"Key": "b", "ETag": '"other"'}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": entries})
    assert [it["Key"] for it in answer["Deleted"]] == ["a"]
    assert [(it["Key"], it["Code"]) for it in answer["Errors"]] == [("b", "PreconditionFailed")]


def test_s3_takes_a_repeated_deletion(emulator: Emulator, bucket: str) -> None:
    """What is gone can be deleted again: objects, versions and the parts of a configuration."""
    s3 = emulator.client("s3")
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x").get("VersionId")
    exactly = {"VersionId": version} if version else {}
    for operation, more in (
        ("delete_object", {"Key": "k", **exactly}),
        ("delete_bucket_policy", {}),
        ("delete_bucket_cors", {}),
        ("delete_bucket_lifecycle", {}),
        ("delete_bucket_tagging", {}),
        ("delete_public_access_block", {}),
    ):
        for _ in range(2):
            assert _code(getattr(s3, operation), Bucket=bucket, **more) == ""
    assert "Versions" not in s3.list_object_versions(Bucket=bucket)
