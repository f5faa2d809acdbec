"""Messages that SNS could not deliver: to the subscription's dead-letter queue, from the topic.

The queue's policy names the topic in ``aws:SourceArn``, as the one of a subscriber does; LocalStack
calls on behalf of the subscription, which no policy names. Source: recorded on AWS in LocalStack's
tests (v4.14.0, ``sns/test_sns.py``, ``test_redrive_policy_sqs_queue_subscription``).
"""

from typing import Any

from localstack.services.sns import publisher
from localstack.utils.aws.dead_letter_queue import sns_error_to_dead_letter_queue


def install() -> None:
    """Send, from now on, what could not be delivered on behalf of its topic."""
    publisher.sns_error_to_dead_letter_queue = _send


def _send(subscriber: dict[str, Any], message: str, error: str, **attributes: Any) -> Any:
    of_topic = {**subscriber, "SubscriptionArn": subscriber["TopicArn"]}
    return sns_error_to_dead_letter_queue(of_topic, message, error, **attributes)
