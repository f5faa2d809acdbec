"""The pipeline as first drawn, with inline functions in Node.js: deployed, loaded, judged."""

import io
import json
import platform
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.observations import await_logs, await_metric, statistics
from tests.emulator.queues import create_queue
from tests.emulator.stacks import Stack

UPLOADS = 20


@pytest.fixture(scope="module")
def stack(emulator: Emulator, runtime: str, sdk: None) -> Iterator[Stack]:
    here = "x86_64" if platform.machine() in ("x86_64", "AMD64") else "arm64"
    text = Path(__file__).with_name("original.yml").read_text()
    template: dict[str, Any] = yaml.safe_load(text.replace("ARCHITECTURE", here))
    one = Stack(emulator.client("cloudformation"))
    status = one.deploy(template, Suffix=uuid.uuid4().hex[:8], Runtime=runtime)
    assert status == "CREATE_COMPLETE", one.reasons("CREATE_FAILED")
    yield one
    s3 = emulator.client("s3")
    for bucket in (one.outputs()["UploadBucket"], one.outputs()["ProcessedBucket"]):
        for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=entry["Key"])
    assert one.delete() == "DELETE_COMPLETE"


def _image(number: int) -> bytes:
    """A picture that no other is like."""
    content = io.BytesIO()
    picture = Image.new("RGB", (64 + number, 64), (number * 10, 90, 200))
    picture.save(content, "PNG" if number % 2 else "JPEG")
    return content.getvalue()


def test_every_upload_has_its_output_and_its_notification(emulator: Emulator, stack: Stack) -> None:
    """As many outputs, notifications and invocations as uploads; a bad file sets off the alarm.

    The custom resource, in Node.js too, has set the bucket's notifications; without it none came.
    """
    s3, sqs, sns = (emulator.client(name) for name in ("s3", "sqs", "sns"))
    out = stack.outputs()
    queue = create_queue(sqs, "sns")
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(
        TopicArn=out["Topic"],
        Protocol="sqs",
        Endpoint=arn["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    images = {f"uploads/holiday {number}.png": _image(number) for number in range(UPLOADS)}
    for key, image in images.items():
        s3.put_object(Bucket=out["UploadBucket"], Key=key, Body=image, ContentType="image/png")
    s3.put_object(Bucket=out["UploadBucket"], Key="uploads/broken.png", Body=b"no image")

    notified: dict[str, Any] = {}

    def receive() -> int:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", []):
            body = json.loads(message["Body"])
            assert body["upload"] not in notified
            notified[body["upload"]] = body
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return len(notified)

    wait_until(receive, until=lambda n: n >= UPLOADS, deadline_s=60, describe="notifications")
    assert notified.keys() == images.keys()
    for key, image in images.items():
        output = s3.get_object(Bucket=out["ProcessedBucket"], Key=notified[key]["output"])
        assert (output["Body"].read(), output["ContentType"]) == (image, "image/png")
        assert notified[key]["bytes"] == len(image)
    assert s3.list_objects_v2(Bucket=out["ProcessedBucket"])["KeyCount"] == UPLOADS

    of = {"FunctionName": out["Function"]}
    await_metric(emulator, "Invocations", of, lambda found: found.get("Sum") == UPLOADS + 1)
    assert statistics(emulator, "Errors", of)["Sum"] == 1
    assert statistics(emulator, "Throttles", of).get("Sum", 0) == 0

    def logged(messages: list[str]) -> tuple[int, bool]:
        """Each environment has a stream of its own, and none waits for another."""
        processed = sum("\tINFO\tprocessed " in line for line in messages)
        return processed, any("uploads/broken.png is no image" in line for line in messages)

    await_logs(
        emulator,
        f"/aws/lambda/{out['Function']}",
        lambda messages: logged(messages) == (UPLOADS, True),
    )
    alarms = emulator.client("cloudwatch")

    def states() -> dict[str, str]:
        found = alarms.describe_alarms(AlarmNames=[out["ErrorAlarm"], out["ThrottleAlarm"]])
        return {alarm["AlarmName"]: alarm["StateValue"] for alarm in found["MetricAlarms"]}

    wait_until(
        states,
        until=lambda of: of[out["ErrorAlarm"]] == "ALARM" and of[out["ThrottleAlarm"]] == "OK",
        deadline_s=60,
        describe="alarms",
    )
