"""What SNS reports about topics, as CloudWatch metrics in the namespace AWS/SNS.

AWS: https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
"""

import time

from localstack_parity.cloudwatch.measurements import Measurement, Series, record

NAMESPACE = "AWS/SNS"


def published(topic_arn: str, messages: int = 1) -> None:
    """Count messages that a topic accepted."""
    _count("NumberOfMessagesPublished", topic_arn, messages)


def delivered(topic_arn: str, *, success: bool) -> None:
    """Count a notification that an endpoint got, or did not."""
    _count(f"NumberOfNotifications{'Delivered' if success else 'Failed'}", topic_arn, 1)


def _count(metric: str, topic_arn: str, times: int) -> None:
    _, _, _, region, account, topic = topic_arn.split(":", 5)
    dimensions = (("TopicName", topic),)
    series = Series(account, region, NAMESPACE, metric, dimensions, "Count", int(time.time()))
    record(Measurement(series, 1, times))
