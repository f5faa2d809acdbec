"""A queue that is notified of a bucket's events."""

import json
from typing import Any

from harness.polling import wait_until

CREATED = "s3:ObjectCreated:*"


def arn_of(sqs: Any, queue: str) -> str:
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return str(found["Attributes"]["QueueArn"])


def notify_queue(s3: Any, bucket: str, queue_arn: str, **rule: Any) -> None:
    rules = [{"QueueArn": queue_arn, "Events": [CREATED], **rule}]
    configuration = {"QueueConfigurations": rules}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


def events_of(sqs: Any, queue: str, count: int) -> list[dict[str, Any]]:
    """Wait for `count` S3 events and return what they say about the object."""
    return [record["s3"]["object"] for record in records_of(sqs, queue, count)]


def records_of(sqs: Any, queue: str, count: int) -> list[dict[str, Any]]:
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
