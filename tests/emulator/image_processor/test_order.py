"""Duplicates, retries and versions that come in another order.

The handler runs in the test's process; its clients are made for the emulator as the module is
loaded. Events are handed to it as S3 would send them, so that every order can be tried.
"""

from typing import Any

import pytest

from tests.emulator.image_processor.pipeline import KEY, Pipeline, jpeg, statuses


def test_a_duplicate_of_an_event_changes_nothing(pipeline: Pipeline) -> None:
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


def test_a_redriven_event_is_announced_as_its_first_requests(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_newer_version_replaces_the_output(pipeline: Pipeline) -> None:
    """A newer version replaces the output, and a late duplicate of the older says nothing."""
    older = pipeline.upload(jpeg("red"))
    pipeline.invoke(older)
    newer = pipeline.upload(jpeg("blue"))
    pipeline.invoke(newer)
    pipeline.invoke(older)
    assert statuses(pipeline.messages()) == ["processed", "processed"]
    version = newer["s3"]["object"]["versionId"]
    assert pipeline.output()["Metadata"]["source-version"] == version


def test_an_older_version_that_comes_late_is_superseded(pipeline: Pipeline) -> None:
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


def test_a_version_that_is_overtaken_while_it_is_written_gives_way(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
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


@pytest.mark.parametrize("status", ["Suspended", None])
def test_each_upload_is_announced_once_where_a_bucket_keeps_no_versions(
    pipeline: Pipeline, status: str | None
) -> None:
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
