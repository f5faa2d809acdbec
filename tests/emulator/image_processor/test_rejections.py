"""Uploads and events that are rejected, retried or ignored.

The handler runs in the test's process; its clients are made for the emulator as the module is
loaded. Events are handed to it as S3 would send them, so that every order can be tried.
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.image_processor.pipeline import KEY, Context, Pipeline, jpeg, statuses


def test_a_bad_image_is_rejected_once(pipeline: Pipeline) -> None:
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


def test_a_version_that_is_gone_is_rejected(pipeline: Pipeline) -> None:
    """A version deleted before it was read is rejected, as no retry can bring it back."""
    record = pipeline.upload(jpeg())
    version = record["s3"]["object"]["versionId"]
    pipeline.s3.delete_object(Bucket=pipeline.uploads, Key=KEY, VersionId=version)
    pipeline.invoke(record)
    (message,) = pipeline.messages()
    assert (message["stage"], message["error"]["type"]) == ("download", "SourceGone")


def test_an_upload_whose_bucket_is_gone_is_rejected(pipeline: Pipeline) -> None:
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


def test_deleted_but_version_there(pipeline: Pipeline) -> None:
    """A delete marker on top does not matter: the version of the event is processed."""
    record = pipeline.upload(jpeg())
    pipeline.s3.delete_object(Bucket=pipeline.uploads, Key=KEY)
    pipeline.invoke(record)
    assert statuses(pipeline.messages()) == ["processed"]


def test_a_records_fault_does_not_keep_the_others_back(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
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
        with pytest.raises(pipeline.module.NotFinished, match=r"uploads/unlucky\.jpg \(Clie.*Slow"):
            pipeline.invoke(unlucky, good, bad, request_id="first")
    assert statuses(pipeline.messages()) == ["processed", "rejected"]
    pipeline.invoke(unlucky, good, bad, request_id="first")
    (message,) = pipeline.messages()
    assert message["source"]["key"] == "uploads/unlucky.jpg"


def test_denied_access_is_retried_and_not_rejected(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
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
def test_other_events_are_left_alone(pipeline: Pipeline, change: dict[str, str]) -> None:
    """Events of other kinds or of keys outside uploads/ are left alone."""
    record = pipeline.upload(jpeg())
    if "key" in change:
        record["s3"]["object"]["key"] = change["key"]
    else:
        record |= change
    pipeline.invoke(record)
    assert pipeline.messages() == []
    assert pipeline.outputs() == []


def test_the_test_event_of_s3_is_left_alone(pipeline: Pipeline) -> None:
    """The event S3 sends when notifications are configured is left alone."""
    event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": pipeline.uploads}
    pipeline.module.handler(event, Context("test"))
    assert pipeline.messages() == []
