"""The image processor between two buckets and a queue, called as Lambda calls it."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

from PIL import Image

from tests.emulator.conftest import Emulator

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


def jpeg(colour: str = "teal", size: tuple[int, int] = (1600, 1200), **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG", **options)
    return file.getvalue()


def statuses(messages: list[dict[str, Any]]) -> list[str]:
    return [message["status"] for message in messages]
