"""What is stored of an image, under which key, and what is counted and logged.

The handler runs in the test's process; its clients are made for the emulator as the module is
loaded. Events are handed to it as S3 would send them, so that every order can be tried.
"""

import io
import json
import sys

import pytest
from PIL import Image

from tests.emulator.image_processor.pipeline import KEY, Pipeline, jpeg, statuses


def test_a_good_image_has_one_output_and_one_notification(pipeline: Pipeline) -> None:
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


def test_a_key_that_leaves_no_room_for_the_outputs_is_rejected(pipeline: Pipeline) -> None:
    """A key whose output's key S3 would not take is rejected."""
    record = pipeline.upload(jpeg(), key="uploads/" + "ü" * 506 + ".jpg")
    pipeline.invoke(record)
    (message,) = pipeline.messages()
    assert message["error"]["type"] == "KeyTooLong"


@pytest.mark.parametrize(
    "name",
    ["größe ✓ 東京.jpg", "a+b c.jpg", "100%25 %2F.jpg", "it's (1) & 'more'=.jpg", "a//b/../c.jpg"],
)
def test_a_key_is_kept_as_it_is(pipeline: Pipeline, name: str) -> None:
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


def test_metadata_beyond_ascii_is_kept_as_it_is(pipeline: Pipeline) -> None:
    """Metadata in RFC 2047 form, as S3 gives what is not ASCII, is kept as it is."""
    value = "=?UTF-8?B?U29tbWVyIOKYgA==?="
    pipeline.invoke(pipeline.upload(jpeg(), Metadata={"album": value}))
    source = pipeline.s3.head_object(Bucket=pipeline.uploads, Key=KEY)["Metadata"]
    assert pipeline.output()["Metadata"]["album"] == source["album"]


def test_every_line_is_json_and_metrics_have_the_alarms_dimensions(
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
