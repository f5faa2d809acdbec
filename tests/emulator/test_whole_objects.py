"""Objects that a run writes and reads by requests of its own: the same as with boto3."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, SSLError

from harness.targets.connections import Connections
from harness.targets.whole_objects import WholeObjects
from tests.emulator.conftest import Emulator

DATA = bytes(range(256)) * 1200
METADATA = {"camera": "T-1000", "Note": 'two  spaces; "quotes"'}
KEYS = ["a.jpg", "uploads/å b+c%20d&e=f?g.jpg", "a//b/./c.jpg", "~!*'(),;:@$#.jpg", "日本/写真.png"]


@pytest.fixture(scope="module")
def objects(s3: Any) -> WholeObjects:
    return WholeObjects(s3)


@pytest.fixture(scope="module", params=["versioned", "plain"])
def bucket(s3: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    if request.param == "versioned":
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for found in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=name, Key=found["Key"], VersionId=found["VersionId"])
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("data", [DATA, b""], ids=["bytes", "empty"])
def test_what_is_written_is_what_boto3_reads(
    s3: Any, objects: WholeObjects, bucket: str, key: str, data: bytes
) -> None:
    """Bytes, content type, metadata and version, under keys that have to be encoded."""
    version = objects.put(bucket, key, data, "image/jpeg", METADATA)
    answer = s3.get_object(Bucket=bucket, Key=key)
    assert answer["Body"].read() == data
    assert answer["ContentType"] == "image/jpeg"
    assert answer["Metadata"] == {name.lower(): value for name, value in METADATA.items()}
    assert answer.get("VersionId", "") == version


@pytest.mark.parametrize("key", KEYS)
def test_what_boto3_writes_is_what_is_read(
    s3: Any, objects: WholeObjects, bucket: str, key: str
) -> None:
    """In the version that is asked for, though a newer one is there."""
    about: Mapping[str, Any] = {"Bucket": bucket, "Key": key}
    put = s3.put_object(
        **about, Body=DATA, ContentType="image/png", Metadata={"a": "b"}, Tagging="x=y%20z&w="
    )
    version = put.get("VersionId", "")
    if version:
        s3.put_object(**about, Body=b"newer")
    found = objects.get(bucket, key, version)
    assert (found.data, found.version, found.content_type) == (DATA, version, "image/png")
    assert (found.encryption, found.metadata) == ("AES256", {"a": "b"})
    assert objects.tags(bucket, key, version) == {"x": "y z", "w": ""}
    if version:
        assert objects.get(bucket, key).data == b"newer"
        assert objects.tags(bucket, key) == {}


def test_refusals_are_those_of_boto3(s3: Any, objects: WholeObjects, bucket: str) -> None:
    """The same class, operation, code and sentence."""
    missing = f"not-there-{uuid.uuid4().hex}"
    calls: list[tuple[Callable[[], Any], Callable[[], Any]]] = [
        (
            lambda: objects.get(bucket, "not-there"),
            lambda: s3.get_object(Bucket=bucket, Key="not-there"),
        ),
        (
            lambda: objects.tags(bucket, "not-there"),
            lambda: s3.get_object_tagging(Bucket=bucket, Key="not-there"),
        ),
        (
            lambda: objects.put(missing, "a", b"1", "image/png", {}),
            lambda: s3.put_object(Bucket=missing, Key="a", Body=b"1"),
        ),
        (
            lambda: objects.put(bucket, "a", b"1", "image/png", {"a": "b" * 2048}),
            lambda: s3.put_object(Bucket=bucket, Key="a", Body=b"1", Metadata={"a": "b" * 2048}),
        ),
    ]
    for ours, botos in calls:
        with pytest.raises(ClientError) as one:
            ours()
        with pytest.raises(ClientError) as other:
            botos()
        assert type(one.value) is type(other.value)
        assert one.value.operation_name == other.value.operation_name
        assert one.value.response["Error"] == other.value.response["Error"]
        status = [
            each.value.response["ResponseMetadata"]["HTTPStatusCode"] for each in (one, other)
        ]
        assert status[0] == status[1]


def test_a_certificate_of_nobodys_is_refused(emulator: Emulator) -> None:
    """An endpoint with https has to prove who it is, as to boto3."""
    with pytest.raises(SSLError):
        Connections(emulator.endpoint.replace("http:", "https:"), 5, 5).ask("GET", "/", {}, b"")
