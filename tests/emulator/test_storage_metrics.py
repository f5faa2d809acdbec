"""What S3 reports about the contents of buckets, here on demand.

Source: Amazon S3 User Guide, "Metrics and dimensions", "Amazon S3 daily storage metrics for buckets
in CloudWatch".
"""

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest

from harness.targets import own_routes
from tests.emulator.conftest import Emulator
from tests.emulator.observations import statistics


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    """A versioned bucket."""
    s3 = emulator.client("s3")
    name = f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    for found in ("Versions", "DeleteMarkers"):
        for version in s3.list_object_versions(Bucket=name).get(found, []):
            s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    s3.delete_bucket(Bucket=name)


def _measure(emulator: Emulator, bucket: str) -> dict[str, Any]:
    """Have the storage metrics written now."""
    path = f"/_tapstack/s3/storage-metrics?bucket={bucket}"
    found: dict[str, Any] = own_routes.ask(emulator.endpoint, path, "POST")
    return found


def _metric(emulator: Emulator, bucket: str, name: str, storage_type: str) -> dict[str, Any]:
    dimensions = {"BucketName": bucket, "StorageType": storage_type}
    return statistics(emulator, name, dimensions, "AWS/S3")


def test_all_versions_and_parts_are_counted(emulator: Emulator, bucket: str) -> None:
    """Noncurrent versions, delete markers and parts of unfinished uploads count as objects."""
    s3 = emulator.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"x" * 10)
    s3.put_object(Bucket=bucket, Key="a", Body=b"x" * 20)
    s3.put_object(Bucket=bucket, Key="b", Body=b"x" * 30, StorageClass="STANDARD_IA")
    s3.delete_object(Bucket=bucket, Key="a")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="c", UploadId=upload, PartNumber=1, Body=b"x" * 40)

    answer = _measure(emulator, bucket)

    sizes = {"StandardStorage": 70, "StandardIAStorage": 30}
    assert answer == {bucket: {"NumberOfObjects": 5, "BucketSizeBytes": sizes}}
    objects = _metric(emulator, bucket, "NumberOfObjects", "AllStorageTypes")
    assert (objects["Average"], objects["Unit"]) == (5, "Count")
    for storage_type, size in sizes.items():
        found = _metric(emulator, bucket, "BucketSizeBytes", storage_type)
        assert (found["Average"], found["Unit"]) == (size, "Bytes")


def test_a_bucket_that_is_not_there(emulator: Emulator) -> None:
    """Asking for a bucket that does not exist says so."""
    with pytest.raises(HTTPError) as missing:
        _measure(emulator, "not-there")
    assert missing.value.code == 404
