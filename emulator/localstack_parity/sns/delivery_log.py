"""Delivery status logging: what became of each message, in CloudWatch Logs.

A topic names a role for what was delivered and one for what was not, by protocol, and how many of a
hundred deliveries are logged. SNS takes on that role and writes to the group
``sns/<region>/<account>/<topic>``, or the one below it named ``Failure``.

Sources: SNS Developer Guide, "Amazon SNS message delivery status" and "Configuring delivery status
logging using the AWS SDKs". Recorded on AWS in LocalStack's tests (v4.14.0, ``sns/test_sns.py``,
``TestSNSPublishDelivery::test_delivery_lambda``).
"""

import json
import logging
import random
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import md5
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.services.sns.models import SnsMessage
from localstack.utils.aws.client_types import ServicePrincipal

LOG = logging.getLogger(__name__)

# By the protocol of a subscription, what the names of its attributes begin with.
_PROTOCOLS = {"http": "HTTP", "https": "HTTP", "lambda": "Lambda", "sqs": "SQS"}
ROLES = frozenset(
    f"{protocol}{outcome}FeedbackRoleArn"
    for protocol in _PROTOCOLS.values()
    for outcome in ("Success", "Failure")
)
RATES = frozenset(f"{protocol}SuccessFeedbackSampleRate" for protocol in _PROTOCOLS.values())
_PUBLISHED = "published_at"  # what a message under way has beside LocalStack's attributes


def begin(message: SnsMessage) -> None:
    """Note when a message was published, in seconds since the epoch."""
    setattr(message, _PUBLISHED, time.time())


def write(
    message: SnsMessage,
    subscription: Mapping[str, Any],
    attributes: Mapping[str, str],
    delivery: Mapping[str, Any] | None,
    *,
    success: bool,
) -> None:
    """Log how a delivery went if the topic's `attributes` say so.

    `delivery` is what the endpoint answered. Where nothing can be written the emulator's log says
    so, as SNS reports it to nobody; what was delivered stays delivered.
    """
    protocol = _PROTOCOLS.get(subscription["Protocol"])
    if protocol is None:
        return
    outcome = "Success" if success else "Failure"
    role = attributes.get(f"{protocol}{outcome}FeedbackRoleArn")
    if not role:
        return
    rate = attributes.get(f"{protocol}SuccessFeedbackSampleRate") or "0"
    if success and random.random() * 100 >= float(rate):
        return
    topic = subscription["TopicArn"]
    group = "/".join(topic.split(":")[2:]) + ("" if success else "/Failure")
    now = time.time()
    published = getattr(message, _PUBLISHED, now)
    event = {
        "notification": {
            "messageMD5Sum": _md5(message.message_content(subscription["Protocol"])),
            "messageId": message.message_id,
            "topicArn": topic,
            "timestamp": _time(published),
        },
        "delivery": {
            "deliveryId": str(uuid.uuid4()),
            "destination": subscription["Endpoint"],
            **(delivery or {}),
            "dwellTimeMs": round((now - published) * 1000),
            **({} if success else {"attempts": 1}),
        },
        "status": outcome.upper(),
    }
    what = {"timestamp": int(now * 1000), "message": json.dumps(event)}
    try:
        try:
            _put(_logs(role, topic), group, what)
        except ClientError:  # the session may be older than a reset of the emulator
            _logs.cache_clear()
            _put(_logs(role, topic), group, what)
    except (BotoCoreError, ClientError) as error:
        LOG.warning("SNS cannot log what became of messages of %s: %s", topic, error)


def _put(logs: Any, group: str, event: Mapping[str, Any]) -> None:
    """Write an event, and make group and stream if they are not there."""
    stream = {"logGroupName": group, "logStreamName": _stream(group)}
    try:
        logs.put_log_events(**stream, logEvents=[event])
    except logs.exceptions.ResourceNotFoundException:
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=group)
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(**stream)
        logs.put_log_events(**stream, logEvents=[event])


@lru_cache(maxsize=64)
def _logs(role: str, topic: str) -> Any:
    """Return a client with the role; making it takes longer than writing."""
    return connect_to.with_assumed_role(
        role_arn=role, service_principal=ServicePrincipal.sns, region_name=topic.split(":")[3]
    ).logs


@lru_cache(maxsize=64)
def _stream(_group: str) -> str:
    """Return the name of the stream that a group is written to, until the emulator ends."""
    return str(uuid.uuid4())


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _time(seconds: float) -> str:
    """Return a time as these events have it: 2020-02-23 15:52:51.904."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
