"""Queues that services may send to: without a queue policy that says so, SQS refuses them."""

import json
import uuid
from typing import Any


def create_queue(sqs: Any, *services: str, name: str | None = None) -> str:
    """Make a queue that takes messages from `services`, such as s3 or sns; return its URL."""
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": [f"{service}.amazonaws.com" for service in services]},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    created = sqs.create_queue(
        QueueName=name or f"test-{uuid.uuid4().hex}", Attributes={"Policy": json.dumps(policy)}
    )
    return str(created["QueueUrl"])
