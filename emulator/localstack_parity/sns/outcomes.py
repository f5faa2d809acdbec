"""How deliveries of SNS end: what is counted and logged of each."""

from typing import Any

from localstack.services.sns import publisher
from localstack.services.sns.models import SnsMessage

from localstack_parity.sns import delivery_log, metrics

_REFUSED = 400  # the first status of HTTP that is no success


def install() -> None:
    """Have each delivery counted and logged from now on.

    Every kind of delivery ends by telling LocalStack's delivery log how it went; that is the one
    place where success and failure can be distinguished.
    """
    publisher.store_delivery_log = _ended


def _ended(
    message_context: SnsMessage,
    subscriber: dict[str, Any],
    success: bool,
    topic_attributes: dict[str, str] | None = None,
    delivery: dict[str, Any] | None = None,
) -> None:
    topic_arn = subscriber.get("TopicArn")
    if not topic_arn:
        return  # a text message to a phone, or a push to an app
    if success and (delivery or {}).get("statusCode", 0) >= _REFUSED:
        return  # reported as a success first, and then as the failure that it is
    metrics.delivered(topic_arn, success=success)
    attributes = topic_attributes or {}
    delivery_log.write(message_context, subscriber, attributes, delivery, success=success)
