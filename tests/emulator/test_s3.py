"""What S3 does in the emulator and LocalStack's own S3 does not."""

import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.header import Header, decode_header
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import unquote_plus

import boto3
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.queues import create_queue

CREATED = "s3:ObjectCreated:*"
REMOVED = "s3:ObjectRemoved:*"


@pytest.fixture
def s3(emulator: Emulator) -> Any:
    return emulator.client("s3")


@pytest.fixture
def sqs(emulator: Emulator) -> Any:
    return emulator.client("sqs")


@pytest.fixture(params=["plain", "versioned"])
def bucket(s3: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty bucket; each test that asks for it runs with and without versioning."""
    with_versions = request.param == "versioned"
    yield from _bucket(s3, with_versions)


@pytest.fixture
def versioned_bucket(s3: Any) -> Iterator[str]:
    yield from _bucket(s3, versioned=True)


@pytest.fixture
def plain_bucket(s3: Any) -> Iterator[str]:
    yield from _bucket(s3, versioned=False)


def _bucket(s3: Any, versioned: bool) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    _empty(s3, name)
    s3.delete_bucket(Bucket=name)


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])


@pytest.fixture
def queue(sqs: Any) -> Iterator[str]:
    url = create_queue(sqs, "s3")
    yield url
    sqs.delete_queue(QueueUrl=url)


def _arn(sqs: Any, queue: str) -> str:
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return str(found["Attributes"]["QueueArn"])


def _notify_queue(s3: Any, bucket: str, queue_arn: str, **rule: Any) -> None:
    rules = [{"QueueArn": queue_arn, "Events": [CREATED], **rule}]
    configuration = {"QueueConfigurations": rules}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


def _events(sqs: Any, queue: str, count: int) -> list[dict[str, Any]]:
    """Wait for `count` S3 events and return what they say about the object."""
    return [record["s3"]["object"] for record in _records(sqs, queue, count)]


def _records(sqs: Any, queue: str, count: int) -> list[dict[str, Any]]:
    """Wait for `count` S3 events."""
    seen: list[dict[str, Any]] = []

    def probe() -> bool:
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in received.get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            seen.extend(json.loads(message["Body"]).get("Records", []))
        return len(seen) >= count

    wait_until(probe, deadline_s=30, interval_s=0.1, describe=f"{count} S3 events")
    return seen


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


def test_content_comes_back(s3: Any, bucket: str) -> None:
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


def test_a_reader_is_not_disturbed_by_a_writer(s3: Any, plain_bucket: str) -> None:
    """Whoever began to read an object gets all of it, though it is replaced meanwhile."""
    content = bytes(30_000_000)
    s3.put_object(Bucket=plain_bucket, Key="a", Body=content)
    reading = s3.get_object(Bucket=plain_bucket, Key="a")["Body"]
    first = reading.read(1000)

    s3.put_object(Bucket=plain_bucket, Key="a", Body=b"new")

    assert first + reading.read() == content
    assert s3.get_object(Bucket=plain_bucket, Key="a")["Body"].read() == b"new"


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


# Events


@pytest.mark.parametrize(
    ("key", "in_event"),
    [
        ("plain.jpg", "plain.jpg"),
        ("red flower.jpg", "red+flower.jpg"),
        ("a+b/c.jpg", "a%2Bb/c.jpg"),
        ("grün/übung.jpg", "gr%C3%BCn/%C3%BCbung.jpg"),
    ],
)
def test_keys_in_events_are_encoded_like_a_form(
    s3: Any, sqs: Any, queue: str, plain_bucket: str, key: str, in_event: str
) -> None:
    """A space in a key is a plus sign in its event, as in AWS's example "red+flower.jpg"."""
    _notify_queue(s3, plain_bucket, _arn(sqs, queue))

    s3.put_object(Bucket=plain_bucket, Key=key, Body=b"x")

    assert [seen["key"] for seen in _events(sqs, queue, 1)] == [in_event]


@pytest.mark.parametrize(
    ("name", "value", "matching", "other"),
    [
        ("prefix", "my+album/", "my album/a.jpg", "my+album/a.jpg"),
        ("suffix", "+copy.jpg", "a copy.jpg", "a+copy.jpg"),
        ("prefix", "a%2Bb/", "a+b/c.jpg", "a b/c.jpg"),
        ("prefix", "year%3d2024/", "year=2024/a.jpg", "year-2024/a.jpg"),
        ("suffix", "(1).jpg", "a(1).jpg", "a(2).jpg"),
        ("suffix", "%281%29.jpg", "a(1).jpg", "a1.jpg"),
        ("prefix", "gr%C3%BCn/", "grün/a.jpg", "grun/a.jpg"),
    ],
)
def test_filters_are_read_as_a_form_is_written(
    s3: Any,
    sqs: Any,
    queue: str,
    plain_bucket: str,
    name: str,
    value: str,
    matching: str,
    other: str,
) -> None:
    """A space in a prefix or suffix is a plus sign, what is special is percent-encoded.

    AWS: "Configuring event notifications using object key name filtering".
    """
    rule = {"Key": {"FilterRules": [{"Name": name, "Value": value}]}}
    _notify_queue(s3, plain_bucket, _arn(sqs, queue), Filter=rule)

    for key in (other, matching):
        s3.put_object(Bucket=plain_bucket, Key=key, Body=b"x")

    (seen,) = _events(sqs, queue, 1)
    assert unquote_plus(seen["key"]) == matching


def test_rules_that_are_written_differently_can_overlap(
    s3: Any, sqs: Any, queue: str, plain_bucket: str
) -> None:
    """Two prefixes that mean the same are ambiguous, however they are encoded."""
    arn = _arn(sqs, queue)
    rules = [{"Key": {"FilterRules": [{"Name": "prefix", "Value": v}]}} for v in ("a(/", "a%28/")]
    configuration = [{"QueueArn": arn, "Events": [CREATED], "Filter": rule} for rule in rules]

    with pytest.raises(ClientError, match="ambiguously"):
        s3.put_bucket_notification_configuration(
            Bucket=plain_bucket, NotificationConfiguration={"QueueConfigurations": configuration}
        )


def test_events_have_the_documented_version(
    s3: Any, sqs: Any, queue: str, plain_bucket: str
) -> None:
    """All types of events have the same version, 2.5.

    AWS: "Event message structure".
    """
    _notify_queue(
        s3, plain_bucket, _arn(sqs, queue), Events=[CREATED, "s3:ObjectTagging:Put", REMOVED]
    )
    s3.put_object(Bucket=plain_bucket, Key="k", Body=b"x")
    s3.put_object_tagging(Bucket=plain_bucket, Key="k", Tagging={"TagSet": []})
    s3.delete_object(Bucket=plain_bucket, Key="k")

    records = _records(sqs, queue, 3)

    assert {record["eventVersion"] for record in records} == {"2.5"}


def test_an_event_carries_the_trace_of_its_request(
    emulator: Emulator, sqs: Any, queue: str, plain_bucket: str
) -> None:
    """The header of the upload is an attribute of the message, so that a trace goes on.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_xray_header.
    """
    trace = "Root=1-6745c1f0-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1"
    s3 = boto3.Session("test", "test", region_name="us-east-1").client(
        "s3", endpoint_url=emulator.endpoint, config=Config(proxies={})
    )
    s3.meta.events.register(
        "before-send.s3.*", lambda request, **_: request.headers.update({"X-Amzn-Trace-Id": trace})
    )
    _notify_queue(s3, plain_bucket, _arn(sqs, queue))
    s3.put_object(Bucket=plain_bucket, Key="traced")

    def traces() -> list[str]:
        received = sqs.receive_message(
            QueueUrl=queue, MessageSystemAttributeNames=["AWSTraceHeader"], MaxNumberOfMessages=10
        )
        return [
            message["Attributes"]["AWSTraceHeader"]
            for message in received.get("Messages", [])
            if "Records" in json.loads(message["Body"])
        ]

    assert wait_until(traces, deadline_s=30, describe="the event") == [trace]


def test_sequencers_grow_with_each_write(s3: Any, sqs: Any, queue: str, bucket: str) -> None:
    """Right-padded with zeros and compared as text, sequencers order the writes to a key."""
    _notify_queue(s3, bucket, _arn(sqs, queue))

    written = [
        s3.put_object(Bucket=bucket, Key="k", Body=str(n))["ETag"].strip('"') for n in range(20)
    ]

    events = _events(sqs, queue, 20)
    width = max(len(event["sequencer"]) for event in events)
    events.sort(key=lambda event: event["sequencer"].ljust(width, "0"))
    assert [event["eTag"] for event in events] == written
    assert len({event["sequencer"] for event in events}) == len(events)
    assert all(set(event["sequencer"]) <= set("0123456789ABCDEF") for event in events)


def test_an_event_waits_for_its_destination(
    emulator: Emulator, s3: Any, sqs: Any, queue: str, plain_bucket: str
) -> None:
    """An event that could not be delivered arrives once its destination works again."""
    _notify_queue(s3, plain_bucket, _arn(sqs, queue))
    sqs.delete_queue(QueueUrl=queue)
    s3.put_object(Bucket=plain_bucket, Key="patient.jpg", Body=b"x")
    wait_until(
        lambda: "patient.jpg failed" in emulator.log.read_text(),
        deadline_s=20,
        interval_s=0.1,
        describe="a failed delivery in the log",
    )

    create_queue(sqs, "s3", name=queue.rsplit("/", 1)[1])

    assert [seen["key"] for seen in _events(sqs, queue, 1)] == ["patient.jpg"]


# Notification configurations


def _rule(arn: str, *filters: tuple[str, str], events: list[str] | None = None) -> dict[str, Any]:
    return {
        "QueueArn": arn,
        "Events": events or [CREATED],
        "Filter": {
            "Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in filters]}
        },
    }


AMBIGUOUS = "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules"


@pytest.mark.parametrize(
    ("filters", "events", "message"),
    [
        ([[], []], None, AMBIGUOUS),
        ([[("suffix", ".jpg")], [("suffix", "g")]], None, AMBIGUOUS),
        ([[("prefix", "a/")], [("prefix", "a/b/")]], None, AMBIGUOUS),
        ([[("prefix", "a/")], [("suffix", ".jpg")]], None, AMBIGUOUS),
        (
            [[("suffix", ".jpg")], [("suffix", ".jpg")]],
            [["s3:ObjectCreated:*"], ["s3:ObjectCreated:Put"]],
            AMBIGUOUS,
        ),
        (
            [[("suffix", ".jpg"), ("suffix", ".png")]],
            None,
            "Cannot specify more than one suffix rule in a filter.",
        ),
        (
            [[("prefix", "a"), ("Prefix", "b")]],
            None,
            "Cannot specify more than one prefix rule in a filter.",
        ),
        (
            [[]],
            [["s3:ObjectCreated:Uploaded"]],
            "A specified event is not supported for notifications.",
        ),
    ],
)
def test_ambiguous_and_unknown_rules_are_refused(
    s3: Any,
    sqs: Any,
    queue: str,
    plain_bucket: str,
    filters: list[list[tuple[str, str]]],
    events: list[list[str]] | None,
    message: str,
) -> None:
    """A configuration that AWS refuses is refused, in AWS's words, and changes nothing."""
    arn = _arn(sqs, queue)
    rules = [
        _rule(arn, *one, events=events[number] if events else None)
        for number, one in enumerate(filters)
    ]

    with pytest.raises(ClientError) as refused:
        s3.put_bucket_notification_configuration(
            Bucket=plain_bucket, NotificationConfiguration={"QueueConfigurations": rules}
        )

    assert refused.value.response["Error"]["Code"] == "InvalidArgument"
    assert refused.value.response["Error"]["Message"].startswith(message)
    found = s3.get_bucket_notification_configuration(Bucket=plain_bucket)
    assert "QueueConfigurations" not in found


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({}, "MalformedXML"),
        ({"Name": "prefix"}, "MalformedXML"),
        ({"Value": "u/"}, "MalformedXML"),
        ({"Name": "middle", "Value": "u/"}, "InvalidArgument"),
    ],
)
def test_filters_are_checked_before_destinations(
    s3: Any, plain_bucket: str, rule: dict[str, str], code: str
) -> None:
    """Recorded on AWS: LocalStack's tests, v4.14.0, in TestS3BucketNotificationConfiguration."""
    entry = {**_rule("arn:aws:sqs:us-east-1:000000000000:none"), "Filter": {"Key": {}}}
    entry["Filter"]["Key"]["FilterRules"] = [rule]

    with pytest.raises(ClientError) as refused:
        s3.put_bucket_notification_configuration(
            Bucket=plain_bucket, NotificationConfiguration={"QueueConfigurations": [entry]}
        )

    assert refused.value.response["Error"]["Code"] == code
    assert "destination" not in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("filters", "events"),
    [
        ([[("prefix", "u/"), ("suffix", s)] for s in (".jpg", ".jpeg", ".png")], None),
        ([[("prefix", "a/")], [("prefix", "b/")]], None),
        ([[], []], [["s3:ObjectCreated:*"], ["s3:ObjectRemoved:*"]]),
    ],
)
def test_rules_that_cannot_meet_are_accepted(
    s3: Any,
    sqs: Any,
    queue: str,
    plain_bucket: str,
    filters: list[list[tuple[str, str]]],
    events: list[list[str]] | None,
) -> None:
    """Rules whose keys or events are disjoint stand side by side."""
    arn = _arn(sqs, queue)
    rules = [
        _rule(arn, *one, events=events[number] if events else None)
        for number, one in enumerate(filters)
    ]

    s3.put_bucket_notification_configuration(
        Bucket=plain_bucket, NotificationConfiguration={"QueueConfigurations": rules}
    )

    found = s3.get_bucket_notification_configuration(Bucket=plain_bucket)
    assert len(found["QueueConfigurations"]) == len(rules)


def test_what_is_retained_needs_a_checksum(s3: Any, emulator: Emulator) -> None:
    """A bucket with a default retention refuses an object without a checksum of its sender's.

    AWS: PutObject, "Content-MD5 or x-amz-sdk-checksum-algorithm header is required for any request
    to upload an object with a retention period configured using Amazon S3 Object Lock".
    """
    bucket = f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    retention = {"Mode": "GOVERNANCE", "Days": 1}
    s3.put_object_lock_configuration(
        Bucket=bucket,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": retention},
        },
    )
    sparing = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=emulator.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            request_checksum_calculation="when_required", s3={"addressing_style": "path"}
        ),
    )
    with pytest.raises(ClientError, match="Content-MD5 OR x-amz-checksum-"):
        sparing.put_object(Bucket=bucket, Key="key", Body=b"body")
    sparing.put_object(Bucket=bucket, Key="key", Body=b"body", ChecksumAlgorithm="SHA256")
    s3.put_object(Bucket=bucket, Key="other", Body=b"body")


@pytest.mark.parametrize("operation", ["put_object", "copy_object", "create_multipart_upload"])
def test_metadata_has_a_limit(s3: Any, plain_bucket: str, operation: str) -> None:
    """2,048 bytes of names and values are taken, one more is refused: MetadataTooLarge.

    AWS: "Working with object metadata", user-defined object metadata.
    """
    s3.put_object(Bucket=plain_bucket, Key="source")
    of_operation = {
        "copy_object": {"CopySource": f"{plain_bucket}/source", "MetadataDirective": "REPLACE"}
    }
    write = getattr(s3, operation)
    request = {"Bucket": plain_bucket, "Key": "key", **of_operation.get(operation, {})}

    write(**request, Metadata={"name": "x" * 2044})
    with pytest.raises(ClientError, match="MetadataTooLarge"):
        write(**request, Metadata={"name": "x" * 2045})


def _word(text: str) -> str:
    """A text as one encoded word of RFC 2047."""
    return Header(text, "utf-8", maxlinelen=10**6).encode()


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (_word("жук"), "жук"),
        ("a " + _word("жук"), "a жук"),
        (_word("жук") + " " + _word("жук"), "жукжук"),
        ("=?iso-8859-1?Q?gr=FCn?=", "grün"),
        ("=?nosuch?B?YQ==?=", "=?nosuch?B?YQ==?="),
        ("=?utf-8?Q?=FF?=", "\ufffd"),
        ("a =? b", "a =? b"),
    ],
)
def test_encoded_metadata_is_read(s3: Any, plain_bucket: str, sent: str, stored: str) -> None:
    """Encoded words are decoded before they are stored, beside plain text too.

    What cannot be decoded stays as it is (RFC 2047, 6.3).
    """
    s3.put_object(Bucket=plain_bucket, Key="k", Metadata={"title": sent})

    found = s3.head_object(Bucket=plain_bucket, Key="k")["Metadata"]["title"]

    parts = decode_header(found) if found.startswith("=?UTF-8") else [(found, None)]
    text = "".join(it if isinstance(it, str) else it.decode(name or "") for it, name in parts)
    assert text == stored


def test_metadata_counts_as_it_is_stored(s3: Any, plain_bucket: str) -> None:
    """1,000 letters of two bytes fit although they are sent as many more; 1,100 do not."""
    s3.put_object(Bucket=plain_bucket, Key="k", Metadata={"title": _word("ж" * 1000)})
    with pytest.raises(ClientError, match="MetadataTooLarge"):
        s3.put_object(Bucket=plain_bucket, Key="k", Metadata={"title": _word("ж" * 1100)})
