"""The image processor's handler against S3 and SNS: outputs, order, duplicates, rejections.

The handler runs in the test's process; its clients are made for the emulator as the module is
loaded. Events are handed to it as S3 would send them, so that every order can be tried.
"""

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from tests.emulator.conftest import REGION, Emulator
from tests.functions import load_handler

KEY = "uploads/photo.jpg"


@dataclass(frozen=True)
class Context:
    """What the handler reads of Lambda's context."""

    aws_request_id: str
    function_name: str = "image-processor-test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:image-processor"


@dataclass
class Pipeline:
    """The handler between two buckets and a topic."""

    module: ModuleType
    emulator: Emulator
    uploads: str
    processed: str
    queue_url: str
    sequencer: Iterator[int] = field(default_factory=lambda: iter(range(1, 1000)))

    @property
    def s3(self) -> Any:
        return self.emulator.client("s3")

    def upload(self, data: bytes, key: str = KEY, **options: Any) -> dict[str, Any]:
        """Put an object and return the record that S3 would send."""
        version = self.s3.put_object(Bucket=self.uploads, Key=key, Body=data, **options)
        return {
            "eventVersion": "2.5",
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {
                "bucket": {"name": self.uploads},
                "object": {
                    "key": quote_plus(key, safe="/"),
                    "size": len(data),
                    "versionId": version.get("VersionId"),
                    "sequencer": f"{next(self.sequencer):018X}",
                },
            },
        }

    def invoke(self, *records: dict[str, Any], request_id: str | None = None, **event: Any) -> str:
        """Call the handler and return the request id."""
        context = Context(request_id or str(uuid4()))
        self.module.handler({"Records": list(records), **event}, context)
        return context.aws_request_id

    def messages(self) -> list[dict[str, Any]]:
        """Take the notifications published since the last call, in the alphabet's order of status.

        SNS keeps none: one that was published before may arrive a moment after the last.
        """
        sqs, sns = self.emulator.client("sqs"), self.emulator.client("sns")
        sns.publish(TopicArn=self.module.TOPIC_ARN, Message='{"status": "last"}')
        taken: list[dict[str, Any]] = []
        while True:
            batch = sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=1 if {"status": "last"} in taken else 20,
            )
            for message in batch.get("Messages", []):
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
                taken.append(json.loads(message["Body"]))
            if "Messages" not in batch:
                taken.remove({"status": "last"})
                return sorted(taken, key=lambda message: str(message["status"]))

    def output(self, key: str = KEY) -> dict[str, Any]:
        """GetObject of the output of an upload, with the body read."""
        name = key.replace("uploads/", "processed/", 1)
        response: dict[str, Any] = self.s3.get_object(Bucket=self.processed, Key=name)
        return response | {"Body": response["Body"].read()}

    def outputs(self) -> list[str]:
        """The keys of all outputs, once for each version."""
        listed = self.s3.list_object_versions(Bucket=self.processed)
        return [version["Key"] for version in listed.get("Versions", [])]


@pytest.fixture(scope="module")
def processor(emulator: Emulator) -> Iterator[ModuleType]:
    """The handler's module, with its clients made for the emulator."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_LAMBDA_FUNCTION_NAME": "image-processor-test",
            "POWERTOOLS_SERVICE_NAME": "image-processor",
            "POWERTOOLS_METRICS_NAMESPACE": "TapStack",
            "PROCESSED_BUCKET": "set by each test",
            "TOPIC_ARN": "set by each test",
        }.items():
            environment.setenv(name, value)
        yield load_handler("image_processor")


@pytest.fixture
def pipeline(
    processor: ModuleType, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Pipeline:
    """A pipeline with buckets, topic and queue of its own."""
    s3, sns, sqs = (emulator.client(service) for service in ("s3", "sns", "sqs"))
    name = uuid4().hex[:12]
    for bucket in (f"uploads-{name}", f"processed-{name}"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    topic = sns.create_topic(Name=f"topic-{name}")["TopicArn"]
    queue = sqs.create_queue(QueueName=f"queue-{name}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    queue_arn = attributes["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
        },
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes=raw)
    monkeypatch.setattr(processor, "PROCESSED_BUCKET", f"processed-{name}")
    monkeypatch.setattr(processor, "TOPIC_ARN", topic)
    return Pipeline(processor, emulator, f"uploads-{name}", f"processed-{name}", queue)


def jpeg(colour: str = "teal", size: tuple[int, int] = (1600, 1200), **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG", **options)
    return file.getvalue()


def statuses(messages: list[dict[str, Any]]) -> list[str]:
    return [message["status"] for message in messages]


def test_good_image(pipeline: Pipeline) -> None:
    """A good image has one output, fitted and typed, and one notification with its numbers."""
    data = jpeg()
    record = pipeline.upload(data, Metadata={"album": "summer"})
    request_id = pipeline.invoke(record)

    output = pipeline.output()
    picture = Image.open(io.BytesIO(output["Body"]))
    assert (picture.format, picture.size) == ("JPEG", (1024, 768))
    assert output["ContentType"] == "image/jpeg"
    (message,) = pipeline.messages()
    assert message.pop("durationMs") > 0
    assert message.pop("processedAt") == output["Metadata"]["processed-at"]
    assert message == {
        "status": "processed",
        "source": {
            "bucket": pipeline.uploads,
            "key": KEY,
            "versionId": record["s3"]["object"]["versionId"],
            "bytes": len(data),
            "width": 1600,
            "height": 1200,
            "format": "JPEG",
        },
        "output": {
            "bucket": pipeline.processed,
            "key": "processed/photo.jpg",
            "versionId": output["VersionId"],
            "bytes": len(output["Body"]),
            "width": 1024,
            "height": 768,
            "format": "JPEG",
            "contentType": "image/jpeg",
        },
        "requestId": request_id,
    }


def test_metadata_says_what_was_done(pipeline: Pipeline) -> None:
    """The output has the uploader's metadata and what was done, as strings."""
    record = pipeline.upload(jpeg(), Metadata={"album": "summer"})
    pipeline.invoke(record)
    output = pipeline.output()
    metadata = output["Metadata"]
    assert metadata.pop("processed-at").endswith("Z")
    assert metadata == {
        "album": "summer",
        "source-version": record["s3"]["object"]["versionId"],
        "source-dimensions": "1600x1200",
        "source-bytes": str(len(jpeg())),
        "output-dimensions": "1024x768",
        "output-bytes": str(len(output["Body"])),
        "source-key": KEY,
    }


def test_duplicate_event(pipeline: Pipeline) -> None:
    """A second delivery of an event, in another request, writes and announces nothing."""
    record = pipeline.upload(jpeg())
    pipeline.invoke(record)
    pipeline.invoke(record)
    assert statuses(pipeline.messages()) == ["processed"]
    assert pipeline.outputs() == ["processed/photo.jpg"]


def test_retry_of_the_owner(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that wrote its output but could not announce it does so when Lambda retries it."""
    record = pipeline.upload(jpeg())
    with monkeypatch.context() as broken:
        broken.setattr(pipeline.module, "TOPIC_ARN", pipeline.module.TOPIC_ARN + "-missing")
        with pytest.raises(pipeline.module.NotFinished, match=r"photo\.jpg"):
            pipeline.invoke(record, request_id="first")
    pipeline.invoke(record, request_id="other")
    assert pipeline.messages() == []
    pipeline.invoke(record, request_id="first")
    (message,) = pipeline.messages()
    assert message["output"]["versionId"] == pipeline.output()["VersionId"]


def test_redrive(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event sent again after its request failed for good is announced as that request's."""
    record = pipeline.upload(jpeg())
    with monkeypatch.context() as broken:
        broken.setattr(pipeline.module, "TOPIC_ARN", pipeline.module.TOPIC_ARN + "-missing")
        with pytest.raises(pipeline.module.NotFinished):
            pipeline.invoke(record, request_id="first")
    pipeline.invoke(record, redriveOf="first")
    assert statuses(pipeline.messages()) == ["processed"]


@pytest.mark.parametrize(("data", "status"), [(jpeg(), "processed"), (b"not an image", "rejected")])
def test_redrive_of_what_failed_again(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, data: bytes, status: str
) -> None:
    """Whichever of the failed requests has claimed the announcement, it is made once at last,
    even if the event was sent again twice.
    """
    record = pipeline.upload(data)
    with monkeypatch.context() as broken:
        broken.setattr(pipeline.module, "TOPIC_ARN", pipeline.module.TOPIC_ARN + "-missing")
        for request, before in (("first", None), ("second", "first")):
            with pytest.raises(pipeline.module.NotFinished):
                pipeline.invoke(record, request_id=request, redriveOf=before)
    pipeline.invoke(record, redriveOf=["first", "second"])
    pipeline.invoke(record, redriveOf=["first", "second"])
    assert statuses(pipeline.messages()) == [status]


def test_newer_replaces_older(pipeline: Pipeline) -> None:
    """A newer version replaces the output, and a late duplicate of the older says nothing."""
    older = pipeline.upload(jpeg("red"))
    pipeline.invoke(older)
    newer = pipeline.upload(jpeg("blue"))
    pipeline.invoke(newer)
    pipeline.invoke(older)
    assert statuses(pipeline.messages()) == ["processed", "processed"]
    version = newer["s3"]["object"]["versionId"]
    assert pipeline.output()["Metadata"]["source-version"] == version


def test_older_after_newer(pipeline: Pipeline) -> None:
    """An older version that comes late writes nothing and is announced once as superseded."""
    older, newer = pipeline.upload(jpeg("red")), pipeline.upload(jpeg("blue"))
    pipeline.invoke(newer)
    pipeline.invoke(older)
    pipeline.invoke(older)
    messages = pipeline.messages()
    assert statuses(messages) == ["processed", "superseded"]
    assert messages[1]["source"] == {
        "bucket": pipeline.uploads,
        "key": KEY,
        "versionId": older["s3"]["object"]["versionId"],
    }
    assert pipeline.outputs() == ["processed/photo.jpg"]


def test_replaced_before_it_was_announced(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request whose output was replaced before it announced it says superseded when retried."""
    older = pipeline.upload(jpeg("red"))
    with monkeypatch.context() as broken:
        broken.setattr(pipeline.module, "TOPIC_ARN", pipeline.module.TOPIC_ARN + "-missing")
        with pytest.raises(pipeline.module.NotFinished):
            pipeline.invoke(older, request_id="first")
    pipeline.invoke(pipeline.upload(jpeg("blue")))
    pipeline.invoke(older, request_id="first")
    assert statuses(pipeline.messages()) == ["processed", "superseded"]


def test_overtaken_while_writing(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that is overtaken between looking and writing looks again and gives way."""
    first, second, third = (pipeline.upload(jpeg(name)) for name in ("red", "green", "blue"))
    pipeline.invoke(first)
    leave, overtakers = pipeline.module.receipts.leave, [third]

    def overtaken(*arguments: Any) -> None:
        leave(*arguments)
        while overtakers:
            pipeline.invoke(overtakers.pop())

    monkeypatch.setattr(pipeline.module.receipts, "leave", overtaken)
    pipeline.invoke(second)
    assert statuses(pipeline.messages()) == ["processed", "processed", "superseded"]
    version = third["s3"]["object"]["versionId"]
    assert pipeline.output()["Metadata"]["source-version"] == version


def test_object_of_somebody_else(pipeline: Pipeline) -> None:
    """An object without our tags at the output's key is older than any upload."""
    pipeline.s3.put_object(Bucket=pipeline.processed, Key="processed/photo.jpg", Body=b"?")
    pipeline.invoke(pipeline.upload(jpeg()))
    assert statuses(pipeline.messages()) == ["processed"]
    assert pipeline.output()["Body"].startswith(b"\xff\xd8")


def test_rejected_once(pipeline: Pipeline) -> None:
    """A bad image delivered twice is announced once, with what to do, and has no output."""
    record = pipeline.upload(b"GIF89a not accepted")
    request_id = pipeline.invoke(record)
    pipeline.invoke(record)
    (message,) = pipeline.messages()
    assert message.pop("occurredAt").endswith("Z")
    assert message.pop("action").startswith("Convert the image")
    assert message.pop("error")["type"] == "UnsupportedFormat"
    assert message == {
        "status": "rejected",
        "source": {
            "bucket": pipeline.uploads,
            "key": KEY,
            "versionId": record["s3"]["object"]["versionId"],
        },
        "stage": "validate",
        "requestId": request_id,
    }
    assert pipeline.outputs() == []


def test_rejection_is_announced_by_a_retry(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rejection that could not be announced is announced when Lambda retries the request."""
    record = pipeline.upload(b"")
    with monkeypatch.context() as broken:
        broken.setattr(pipeline.module, "TOPIC_ARN", pipeline.module.TOPIC_ARN + "-missing")
        with pytest.raises(pipeline.module.NotFinished):
            pipeline.invoke(record, request_id="first")
    pipeline.invoke(record, request_id="first")
    (message,) = pipeline.messages()
    assert message["error"]["type"] == "EmptyFile"


def test_bad_version_leaves_the_output(pipeline: Pipeline) -> None:
    """A bad newer version is rejected and the output of the good older one stays."""
    pipeline.invoke(pipeline.upload(jpeg()))
    pipeline.invoke(pipeline.upload(jpeg()[:-900]))
    messages = pipeline.messages()
    assert statuses(messages) == ["processed", "rejected"]
    assert messages[1]["stage"] == "decode"
    assert pipeline.outputs() == ["processed/photo.jpg"]


def test_source_gone(pipeline: Pipeline) -> None:
    """A version deleted before it was read is rejected, as no retry can bring it back."""
    record = pipeline.upload(jpeg())
    version = record["s3"]["object"]["versionId"]
    pipeline.s3.delete_object(Bucket=pipeline.uploads, Key=KEY, VersionId=version)
    pipeline.invoke(record)
    (message,) = pipeline.messages()
    assert (message["stage"], message["error"]["type"]) == ("download", "SourceGone")


def test_bucket_gone(pipeline: Pipeline) -> None:
    """An upload whose bucket is gone is as little to be had, and nobody keeps a receipt of it."""
    record = pipeline.upload(jpeg())
    record["s3"]["bucket"]["name"] = f"gone-{pipeline.uploads}"
    pipeline.invoke(record)
    (message,) = pipeline.messages()
    assert (message["stage"], message["error"]["type"]) == ("download", "SourceGone")
    assert "NoSuchBucket" in message["error"]["message"]


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"StorageClass": "DEEP_ARCHIVE"}, "SourceArchived"),
        ({"StorageClass": "GLACIER"}, "SourceArchived"),
        ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}, "SourceEncrypted"),
    ],
)
def test_what_s3_does_not_hand_out(pipeline: Pipeline, options: dict[str, str], kind: str) -> None:
    """An upload in an archive, or under a key that only its sender has, is rejected once."""
    record = pipeline.upload(jpeg(), **options)
    pipeline.invoke(record)
    pipeline.invoke(record)
    (message,) = pipeline.messages()
    assert (message["stage"], message["error"]["type"]) == ("download", kind)
    assert message["action"].startswith("Upload the image again")


@pytest.mark.parametrize("status", ["Suspended", None])
def test_uploads_without_versions(pipeline: Pipeline, status: str | None) -> None:
    """While a bucket keeps no versions, each upload under a key is announced, and each once."""
    if status:
        pipeline.s3.put_bucket_versioning(
            Bucket=pipeline.uploads, VersioningConfiguration={"Status": status}
        )
    else:
        pipeline.uploads = f"plain-{pipeline.uploads}"
        pipeline.s3.create_bucket(Bucket=pipeline.uploads)
    for data in (b"bad", jpeg("red"), b"bad again", b"and again", jpeg("blue")):
        record = pipeline.upload(data)
        pipeline.invoke(record)
        pipeline.invoke(record)
    assert statuses(pipeline.messages()) == ["processed"] * 2 + ["rejected"] * 3


@pytest.mark.parametrize("version", ["2.0", "2.5", "2.17"])
def test_any_minor_version_of_events(pipeline: Pipeline, version: str) -> None:
    """S3 adds fields with a new minor version; the function reads what it knows."""
    pipeline.invoke({**pipeline.upload(jpeg()), "eventVersion": version})
    assert statuses(pipeline.messages()) == ["processed"]


def test_deleted_but_version_there(pipeline: Pipeline) -> None:
    """A delete marker on top does not matter: the version of the event is processed."""
    record = pipeline.upload(jpeg())
    pipeline.s3.delete_object(Bucket=pipeline.uploads, Key=KEY)
    pipeline.invoke(record)
    assert statuses(pipeline.messages()) == ["processed"]


def test_key_too_long(pipeline: Pipeline) -> None:
    """A key whose output's key S3 would not take is rejected."""
    record = pipeline.upload(jpeg(), key="uploads/" + "ü" * 506 + ".jpg")
    pipeline.invoke(record)
    (message,) = pipeline.messages()
    assert message["error"]["type"] == "KeyTooLong"


@pytest.mark.parametrize(
    "name",
    ["größe ✓ 東京.jpg", "a+b c.jpg", "100%25 %2F.jpg", "it's (1) & 'more'=.jpg", "a//b/../c.jpg"],
)
def test_keys(pipeline: Pipeline, name: str) -> None:
    """Unicode, spaces, plus and percent signs arrive in the output's key as they were."""
    key = f"uploads/{name}"
    pipeline.invoke(pipeline.upload(jpeg(), key=key))
    (message,) = pipeline.messages()
    assert message["source"]["key"] == key
    assert message["output"]["key"] == f"processed/{name}"
    assert pipeline.outputs() == [f"processed/{name}"]


def test_content_decides_the_format(pipeline: Pipeline) -> None:
    """A PNG called .jpg stays a PNG, under its key, and is typed as what it is."""
    file = io.BytesIO()
    Image.new("LA", (30, 20), (5, 100)).save(file, "PNG")
    pipeline.invoke(pipeline.upload(file.getvalue(), ContentType="image/jpeg"))
    output = pipeline.output()
    assert output["ContentType"] == "image/png"
    assert output["Body"].startswith(b"\x89PNG")


def test_metadata_at_the_limit(pipeline: Pipeline) -> None:
    """Metadata of 2 KB, the most that S3 takes, is kept whole; what was done finds no room."""
    metadata = {"a": "x" * 1000, "b": "y" * 1046}
    pipeline.invoke(pipeline.upload(jpeg(), Metadata=metadata))
    assert pipeline.output()["Metadata"] == metadata
    assert statuses(pipeline.messages()) == ["processed"]


def test_metadata_beyond_ascii(pipeline: Pipeline) -> None:
    """Metadata in RFC 2047 form, as S3 gives what is not ASCII, is kept as it is."""
    value = "=?UTF-8?B?U29tbWVyIOKYgA==?="
    pipeline.invoke(pipeline.upload(jpeg(), Metadata={"album": value}))
    source = pipeline.s3.head_object(Bucket=pipeline.uploads, Key=KEY)["Metadata"]
    assert pipeline.output()["Metadata"]["album"] == source["album"]


def test_records_are_independent(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """One record's fault does not keep the others back, and the retry does not repeat them."""
    good = pipeline.upload(jpeg(), key="uploads/good.jpg")
    bad = pipeline.upload(b"text", key="uploads/bad.jpg")
    unlucky = pipeline.upload(jpeg(), key="uploads/unlucky.jpg")
    fetch = pipeline.module.uploads.fetch

    def unavailable(s3: Any, upload: Any, max_bytes: int) -> Any:
        if upload.key == "uploads/unlucky.jpg":
            raise ClientError({"Error": {"Code": "SlowDown", "Message": "slow"}}, "GetObject")
        return fetch(s3, upload, max_bytes)

    with monkeypatch.context() as broken:
        broken.setattr(pipeline.module.uploads, "fetch", unavailable)
        with pytest.raises(pipeline.module.NotFinished, match=r"uploads/unlucky\.jpg"):
            pipeline.invoke(unlucky, good, bad, request_id="first")
    assert statuses(pipeline.messages()) == ["processed", "rejected"]
    pipeline.invoke(unlucky, good, bad, request_id="first")
    (message,) = pipeline.messages()
    assert message["source"]["key"] == "uploads/unlucky.jpg"


def test_denied_is_retried(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """AccessDenied may mean a missing object or a missing right: it raises, and is not rejected."""
    record = pipeline.upload(jpeg())
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "GetObject")

    class Denying:
        def get_object(self, **_: Any) -> None:
            raise denied

    monkeypatch.setattr(pipeline.module, "_S3", Denying())
    with pytest.raises(pipeline.module.NotFinished):
        pipeline.invoke(record)
    assert "s3:ListBucket" in denied.__notes__[0]
    assert pipeline.messages() == []


@pytest.mark.parametrize(
    "change",
    [
        {"eventName": "ObjectRemoved:Delete"},
        {"key": "processed/photo.jpg"},
        {"key": "receipts/photo.jpg"},
    ],
)
def test_other_events(pipeline: Pipeline, change: dict[str, str]) -> None:
    """Events of other kinds or of keys outside uploads/ are left alone."""
    record = pipeline.upload(jpeg())
    if "key" in change:
        record["s3"]["object"]["key"] = change["key"]
    else:
        record |= change
    pipeline.invoke(record)
    assert pipeline.messages() == []
    assert pipeline.outputs() == []


def test_test_event(pipeline: Pipeline) -> None:
    """The event S3 sends when notifications are configured is left alone."""
    event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": pipeline.uploads}
    pipeline.module.handler(event, Context("test"))
    assert pipeline.messages() == []


def test_metrics_and_logs(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every line is JSON; metrics are EMF with exactly the dimensions the alarms ask for."""
    monkeypatch.setattr(pipeline.module.logger.registered_handler, "stream", sys.stdout)
    pipeline.invoke(pipeline.upload(jpeg()))
    pipeline.invoke(pipeline.upload(b"", key="uploads/empty.png"), request_id="second")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    emf = [line for line in lines if "_aws" in line]
    for line, name in zip(emf, ("ImagesProcessed", "ImagesRejected"), strict=True):
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "TapStack"
        assert {frozenset(names) for names in directive["Dimensions"]} == {
            frozenset({"service", "function_name"})
        }
        assert directive["Metrics"] == [{"Name": name, "Unit": "Count"}]
        assert (line["service"], line["function_name"]) == (
            "image-processor",
            "image-processor-test",
        )
        assert line[name] == [1.0]
    rejected = next(line for line in lines if line.get("message") == "Rejected")
    assert rejected["key"] == "uploads/empty.png"
    assert rejected["function_request_id"] == "second"
    assert rejected["error"]["type"] == "EmptyFile"
