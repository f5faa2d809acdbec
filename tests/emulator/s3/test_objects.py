"""Objects on disk, and conditional writes at the same moment."""

import hashlib
import random
import re
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator


def _files(emulator: Emulator, bucket: str) -> list[Path]:
    folders = emulator.running.state_dir.rglob(f"s3-objects/{bucket}")
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def _together(count: int, call: Callable[[int], Any]) -> list[Any]:
    """Make `count` calls at the same moment; return their results or errors."""
    barrier = Barrier(count)

    def one(number: int) -> Any:
        barrier.wait()
        try:
            return call(number)
        except ClientError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def _status(result: Any) -> int:
    response = result.response if isinstance(result, ClientError) else result
    return int(response["ResponseMetadata"]["HTTPStatusCode"])


# Objects on disk


def test_an_object_is_one_file_that_goes_with_it(
    emulator: Emulator, s3: Any, plain_bucket: str
) -> None:
    """An object lies on disk once, and no more after it was deleted."""
    s3.put_object(Bucket=plain_bucket, Key="a", Body=b"x" * 1000)
    assert [path.stat().st_size for path in _files(emulator, plain_bucket)] == [1000]

    s3.delete_object(Bucket=plain_bucket, Key="a")

    assert _files(emulator, plain_bucket) == []


def test_overwriting_replaces_the_file(emulator: Emulator, s3: Any, plain_bucket: str) -> None:
    """Without versioning, only the newest content of a key stays on disk."""
    for size in (10, 20, 30):
        s3.put_object(Bucket=plain_bucket, Key="a", Body=b"x" * size)

    assert [path.stat().st_size for path in _files(emulator, plain_bucket)] == [30]


def test_objects_take_neither_memory_nor_descriptors(
    emulator: Emulator, s3: Any, plain_bucket: str
) -> None:
    """A hundred megabytes of objects leave the emulator's memory and open files as they were."""
    body = bytes(400_000)
    s3.put_object(Bucket=plain_bucket, Key="warm-up", Body=body)
    process = psutil.Process(emulator.running.pid)
    memory, descriptors = process.memory_info().rss, process.num_fds()

    for number in range(250):
        s3.put_object(Bucket=plain_bucket, Key=f"k{number}", Body=body)

    assert process.memory_info().rss - memory < 30_000_000
    assert process.num_fds() - descriptors < 50


def test_an_etag_is_no_digest_of_what_a_key_encrypts(s3: Any, plain_bucket: str) -> None:
    """An ETag is the MD5 of an object, unless a key of KMS or of the sender encrypts it.

    S3 API Reference, Object. Content-MD5 is compared with what was sent all the same.
    """
    body, digest = b"an image", hashlib.md5(b"an image", usedforsecurity=False)
    md5 = {"ContentMD5": b64encode(digest.digest()).decode()}
    own = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    for encryption in ({"ServerSideEncryption": "aws:kms"}, own):
        put = s3.put_object(Bucket=plain_bucket, Key="a", Body=body, **md5, **encryption)
        read = {} if "ServerSideEncryption" in encryption else own
        found = s3.head_object(Bucket=plain_bucket, Key="a", **read)
        assert found["ETag"] == put["ETag"] != f'"{digest.hexdigest()}"'
        assert re.fullmatch('"[0-9a-f]{32}"', put["ETag"])
    plain = s3.put_object(Bucket=plain_bucket, Key="b", Body=body, **md5)
    source = {"Bucket": plain_bucket, "Key": "b"}
    encrypted = s3.copy_object(
        Bucket=plain_bucket, Key="c", CopySource=source, ServerSideEncryption="aws:kms"
    )
    assert plain["ETag"] == f'"{digest.hexdigest()}"' != encrypted["CopyObjectResult"]["ETag"]
    listed = s3.list_objects_v2(Bucket=plain_bucket, Prefix="c")["Contents"]
    assert [it["ETag"] for it in listed] == [encrypted["CopyObjectResult"]["ETag"]]


def test_what_is_read_is_what_was_written(s3: Any, bucket: str) -> None:
    """What is read is what was written: whole, in part, copied and put together from parts."""
    content = bytes(range(256)) * 30_000
    s3.put_object(Bucket=bucket, Key="a", Body=content)
    s3.copy_object(Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]
    half = 5 * 1024 * 1024
    parts = [
        s3.upload_part(Bucket=bucket, Key="c", UploadId=upload, PartNumber=number, Body=piece)
        for number, piece in enumerate([content[:half], content[half:]], start=1)
    ]
    s3.complete_multipart_upload(
        Bucket=bucket,
        Key="c",
        UploadId=upload,
        MultipartUpload={
            "Parts": [
                {"PartNumber": number, "ETag": part["ETag"]}
                for number, part in enumerate(parts, start=1)
            ]
        },
    )

    for key in "abc":
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == content
        some = s3.get_object(Bucket=bucket, Key=key, Range="bytes=2000000-2000999")
        assert some["Body"].read() == content[2_000_000:2_001_000]
        assert some["ContentRange"] == f"bytes 2000000-2000999/{len(content)}"


def test_finished_and_aborted_uploads_leave_no_parts(
    emulator: Emulator, s3: Any, plain_bucket: str
) -> None:
    """The parts of a multipart upload go when it is aborted."""
    upload = s3.create_multipart_upload(Bucket=plain_bucket, Key="a")["UploadId"]
    s3.upload_part(Bucket=plain_bucket, Key="a", UploadId=upload, PartNumber=1, Body=b"part")
    assert len(_files(emulator, plain_bucket)) == 1

    s3.abort_multipart_upload(Bucket=plain_bucket, Key="a", UploadId=upload)

    assert _files(emulator, plain_bucket) == []


def test_every_version_keeps_its_content(s3: Any, versioned_bucket: str) -> None:
    """Older versions are read by their id, also after a delete marker."""
    versions = [
        s3.put_object(Bucket=versioned_bucket, Key="a", Body=body)["VersionId"]
        for body in (b"one", b"two")
    ]
    s3.delete_object(Bucket=versioned_bucket, Key="a")

    read = [
        s3.get_object(Bucket=versioned_bucket, Key="a", VersionId=version)["Body"].read()
        for version in versions
    ]
    assert read == [b"one", b"two"]


def test_a_null_version_written_again_is_the_current_one(s3: Any, plain_bucket: str) -> None:
    """GIVEN a version was written since the null version THEN it is older than what comes now.

    AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
    """
    for status, content in (("", b"one"), ("Enabled", b"two"), ("Suspended", b"three")):
        if status:
            s3.put_bucket_versioning(
                Bucket=plain_bucket, VersioningConfiguration={"Status": status}
            )
        s3.put_object(Bucket=plain_bucket, Key="key", Body=content)
    assert s3.get_object(Bucket=plain_bucket, Key="key")["Body"].read() == b"three"
    newest, older = s3.list_object_versions(Bucket=plain_bucket)["Versions"]
    assert (newest["VersionId"], newest["IsLatest"], older["IsLatest"]) == ("null", True, False)
    assert s3.list_objects_v2(Bucket=plain_bucket)["Contents"][0]["Size"] == len(b"three")
    s3.delete_object(Bucket=plain_bucket, Key="key", VersionId="null")
    assert s3.get_object(Bucket=plain_bucket, Key="key")["Body"].read() == b"two"
    s3.delete_object(Bucket=plain_bucket, Key="key", VersionId=older["VersionId"])


@pytest.mark.parametrize("part", ["", "bytes=1000-29999999"])
def test_a_reader_is_not_disturbed_by_a_writer(s3: Any, plain_bucket: str, part: str) -> None:
    """Whoever began to read an object gets all of it, though it is replaced and deleted."""
    content = random.Random(1).randbytes(30_000_000)
    s3.put_object(Bucket=plain_bucket, Key="a", Body=content)
    wanted = {"Range": part} if part else {}
    reading = s3.get_object(Bucket=plain_bucket, Key="a", **wanted)["Body"]
    first = reading.read(1000)

    s3.put_object(Bucket=plain_bucket, Key="a", Body=bytes(30_000_000))
    assert s3.get_object(Bucket=plain_bucket, Key="a")["Body"].read(1) == b"\0"
    s3.delete_object(Bucket=plain_bucket, Key="a")

    assert first + reading.read() == content[1000 if part else 0 :]


@pytest.mark.parametrize("size", [1000, 3_000_000])
def test_ranges_are_those_of_the_content(s3: Any, plain_bucket: str, size: int) -> None:
    """Of objects that the server reads, and of those that the kernel sends."""
    content = random.Random(size).randbytes(size)
    s3.put_object(Bucket=plain_bucket, Key="a", Body=content)
    for part, found in {
        "bytes=0-": content,
        "bytes=1-": content[1:],
        "bytes=10-19": content[10:20],
        "bytes=-7": content[-7:],
        f"bytes={size - 1}-{size * 2}": content[-1:],
        f"bytes=1-{size - 2}": content[1:-1],
    }.items():
        answer = s3.get_object(Bucket=plain_bucket, Key="a", Range=part)
        assert answer["Body"].read() == found, part
        assert answer["ContentLength"] == len(found)


def test_a_large_upload_is_kept_as_it_came(emulator: Emulator, s3: Any, plain_bucket: str) -> None:
    """Each is one file with its content and hashes, the first of a bucket and all others alike."""
    content = random.Random(2).randbytes(3_000_000)
    for key in "abc":
        answer = s3.put_object(
            Bucket=plain_bucket, Key=key, Body=content, ChecksumAlgorithm="SHA256"
        )
        assert answer["ETag"].strip('"') == hashlib.md5(content, usedforsecurity=False).hexdigest()
        assert answer["ChecksumSHA256"] == b64encode(hashlib.sha256(content).digest()).decode()
        assert s3.get_object(Bucket=plain_bucket, Key=key)["Body"].read() == content
    files = _files(emulator, plain_bucket)
    assert [(path.stat().st_size, path.stat().st_nlink) for path in files] == [(3_000_000, 1)] * 3


# Conditional writes


def test_one_of_many_creates_an_object(s3: Any, bucket: str) -> None:
    """Of simultaneous writes with If-None-Match one succeeds; the others are told 412."""
    for key in "abcde":

        def create(number: int, key: str = key) -> Any:
            return s3.put_object(Bucket=bucket, Key=key, Body=str(number), IfNoneMatch="*")

        results = _together(8, create)

        assert sorted(map(_status, results)) == [200] + 7 * [412]
        winner = next(n for n, result in enumerate(results) if _status(result) == 200)
        stored = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert stored == str(winner).encode()
        refused = next(result for result in results if isinstance(result, ClientError))
        assert refused.response["Error"]["Code"] == "PreconditionFailed"


def test_one_of_many_replaces_an_object(s3: Any, bucket: str) -> None:
    """Of simultaneous writes with If-Match one succeeds; the others are told 412."""
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"before")["ETag"]
    for _ in range(5):

        def replace(number: int, etag: str = etag) -> Any:
            return s3.put_object(Bucket=bucket, Key="k", Body=f"{etag}{number}", IfMatch=etag)

        results = _together(8, replace)

        assert sorted(map(_status, results)) == [200] + 7 * [412]
        etag = s3.head_object(Bucket=bucket, Key="k")["ETag"]


def test_who_is_refused_sees_the_winners_tags(s3: Any, bucket: str) -> None:
    """Tags given with PutObject are there as soon as another conditional write is refused."""

    def put_or_look(number: int) -> str:
        try:
            s3.put_object(
                Bucket=bucket, Key=key, Body=b"x", IfNoneMatch="*", Tagging=f"owner={number}"
            )
        except ClientError:
            tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
            return str(tags[0]["Value"]) if tags else "none"
        return str(number)

    for attempt in range(10):
        key = f"k{attempt}"
        assert len(set(_together(6, put_or_look))) == 1


def test_a_refused_write_leaves_nothing(emulator: Emulator, s3: Any, bucket: str) -> None:
    """A write that fails its condition leaves neither a file nor a version behind."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"first")

    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"second", IfNoneMatch="*")

    assert len(_files(emulator, bucket)) == 1
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 1


def test_a_bucket_is_no_alias_of_an_access_point(emulator: Emulator, bucket: str) -> None:
    """Recorded: LocalStack's tests at v4.14.0, s3/test_s3.py, test_create_bucket_head_bucket."""
    assert emulator.client("s3").head_bucket(Bucket=bucket)["AccessPointAlias"] is False
