"""The SNS service with what LocalStack's lacks, as a subclass.

In: requests, as LocalStack hands them to a provider. Out: its answers. Loaded through the entry
point ``sns:parity`` in ``plugins``.
"""

import re
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.sns import InvalidParameterException
from localstack.services.sns.models import SnsMessage, SnsSubscription
from localstack.services.sns.provider import SnsProvider
from localstack.services.sns.publisher import PublishDispatcher
from localstack.services.sns.utils import get_topic_subscriptions

from localstack_parity.sns import metrics

MAX_SUBJECT = 100

# Something, one @, and a domain with a dot; SNS asks no more before it sends the confirmation.
# RFC 5322, 3.2.3 and 3.4.1: what is before the @ has no colon, comma, bracket or space.
_EMAIL = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]+@[^@\s.]+(\.[^@\s.]+)+", re.ASCII)


class ParityDispatcher(PublishDispatcher):
    """Delivers only to confirmed subscriptions, email addresses included."""

    def _should_publish(
        self, policies: dict[str, Any], message: SnsMessage, subscriber: SnsSubscription
    ) -> bool:
        if subscriber["PendingConfirmation"] != "false":
            return False
        return bool(super()._should_publish(policies, message, subscriber))


class ParitySnsProvider(SnsProvider):
    """SNS that validates subjects and addresses, counts, and sends to nobody unconfirmed."""

    def __init__(self) -> None:
        super().__init__()
        self._publisher: ParityDispatcher = ParityDispatcher()
        metrics.count_deliveries()

    def publish(self, context: RequestContext, **request: Any) -> Any:
        """Publish one message."""
        check_subject(request.get("subject"))
        response = super().publish(context, **request)
        arn = request.get("topic_arn") or request.get("target_arn")
        if arn and ":endpoint/" not in arn:
            metrics.published(arn)
        return response

    def publish_batch(
        self,
        context: RequestContext,
        topic_arn: str,
        publish_batch_request_entries: list[dict[str, Any]],
        **request: Any,
    ) -> Any:
        """Publish up to ten messages."""
        for entry in publish_batch_request_entries:
            check_subject(entry.get("Subject"))
        response = super().publish_batch(
            context, topic_arn, publish_batch_request_entries, **request
        )
        metrics.published(topic_arn, len(response["Successful"]))
        return response

    def subscribe(
        self,
        context: RequestContext,
        topic_arn: str,
        protocol: str,
        endpoint: str | None = None,
        **request: Any,
    ) -> Any:
        """Subscribe an endpoint."""
        if protocol in ("email", "email-json") and not _EMAIL.fullmatch(endpoint or ""):
            raise InvalidParameterException("Invalid parameter: Email address")
        return super().subscribe(context, topic_arn, protocol, endpoint, **request)

    def get_topic_attributes(self, context: RequestContext, topic_arn: str, **request: Any) -> Any:
        """Return the topic's attributes, with the numbers of its subscriptions."""
        response = super().get_topic_attributes(context, topic_arn, **request)
        store = self.get_store(context.account_id, context.region)
        pending = [
            subscription["PendingConfirmation"] != "false"
            for subscription in get_topic_subscriptions(store, topic_arn)
        ]
        counts = {
            "SubscriptionsConfirmed": str(pending.count(False)),
            "SubscriptionsPending": str(pending.count(True)),
        }
        return {"Attributes": {**response["Attributes"], **counts}}


def check_subject(subject: str | None) -> None:
    """Raise InvalidParameter for a subject that SNS refuses.

    "Subjects must be ASCII text that begins with a letter, number, or punctuation mark; must not
    include line breaks or control characters"; the documented "less than 100 characters long" is
    at most 100 in practice.
    AWS: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    if subject is None:
        return
    printable = all(" " <= character <= "~" for character in subject)
    if not subject or len(subject) > MAX_SUBJECT or not printable or subject[0] == " ":
        raise InvalidParameterException("Invalid parameter: Subject")
