"""What SNS reports about topics, as CloudWatch metrics in the namespace AWS/SNS.

AWS: https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
"""

import time
from collections.abc import Callable
from typing import Any

from localstack.services.sns import publisher
from localstack.utils.patch import patch

from localstack_parity.cloudwatch.measurements import Measurement, Series, record

NAMESPACE = "AWS/SNS"


def published(topic_arn: str, messages: int = 1) -> None:
    """Count messages that a topic accepted."""
    _count("NumberOfMessagesPublished", topic_arn, messages)


def count_deliveries() -> None:
    """Count, from now on, what was delivered and what was not.

    Every kind of delivery ends by telling LocalStack's delivery log how it went; that is the one
    place where success and failure can be distinguished.
    """

    @patch(publisher.store_delivery_log)
    def store_delivery_log(
        store: Callable[..., None],
        message_context: Any,
        subscriber: dict[str, str],
        success: bool,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if topic_arn := subscriber.get("TopicArn"):
            outcome = "Delivered" if success else "Failed"
            _count(f"NumberOfNotifications{outcome}", topic_arn, 1)
        store(message_context, subscriber, success, *args, **kwargs)


def _count(metric: str, topic_arn: str, times: int) -> None:
    _, _, _, region, account, topic = topic_arn.split(":", 5)
    dimensions = (("TopicName", topic),)
    series = Series(account, region, NAMESPACE, metric, dimensions, "Count", int(time.time()))
    record(Measurement(series, 1, times))
