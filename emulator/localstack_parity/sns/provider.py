"""The SNS service with what LocalStack's lacks, as a subclass.

Loaded through the entry point ``sns:parity`` in ``plugins``.
"""

import re
import threading
from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.sns import InvalidParameterException, KMSNotFoundException
from localstack.http import Request, Response, route
from localstack.services.sns import certificate
from localstack.services.sns.constants import SNS_CERT_ENDPOINT
from localstack.services.sns.models import SnsMessage, SnsSubscription
from localstack.services.sns.provider import SnsProvider
from localstack.services.sns.publisher import (
    PublishDispatcher,
    SnsBatchPublishContext,
    SnsPublishContext,
)
from localstack.services.sns.utils import get_next_page_token_from_arn, get_topic_subscriptions
from localstack.utils.aws.arns import parse_arn
from localstack.utils.collections import PaginatedList

from localstack_parity import activity, kms_keys
from localstack_parity.sns import (
    deduplication,
    delivery_log,
    filter_places,
    mail,
    metrics,
    outcomes,
    queues,
    redrive,
)
from localstack_parity.sns.counts import Counts

MAX_SUBJECT = 100
PAGE_SIZE = 100
_ACTIVITY = "a delivery of SNS"

# Something, one @, and a domain with a dot; SNS asks no more before it sends the confirmation.
# RFC 5322, 3.2.3 and 3.4.1: what is before the @ has no colon, comma, bracket or space.
_EMAIL = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]+@[^@\s.]+(\.[^@\s.]+)+", re.ASCII)


class ParityDispatcher(PublishDispatcher):
    """Delivers only to confirmed subscriptions, email addresses included."""

    def __init__(self) -> None:
        super().__init__()
        self.executor.submit = _counted(self.executor.submit)
        self.topic_partitioned_executor.submit = _counted(self.topic_partitioned_executor.submit)
        self.answered = threading.local()  # ids of the batch that this thread has published
        self.topic_notifiers = {
            **PublishDispatcher.topic_notifiers,
            **{"email": mail.Mail(), "email-json": mail.JsonMail()},
        }

    def publish_to_topic(self, ctx: SnsPublishContext, topic_arn: str) -> None:
        """Deliver a message to a topic's subscribers, unless a FIFO topic had it before."""
        delivery_log.begin(ctx.message)
        if not ctx.message.is_fifo or deduplication.only_new(
            ctx.store.topics[topic_arn], [ctx.message]
        ):
            super().publish_to_topic(ctx, topic_arn)

    def publish_batch_to_topic(self, ctx: SnsBatchPublishContext, topic_arn: str) -> None:
        """Deliver messages to a topic's subscribers; a FIFO topic those that it has not had."""
        self.answered.ids = []
        for message in ctx.messages:
            delivery_log.begin(message)
        if ctx.messages and ctx.messages[0].is_fifo:
            taken = ctx.messages
            ctx.messages = deduplication.only_new(ctx.store.topics[topic_arn], taken)
            self.answered.ids = [(one.message_id, one.sequencer_number) for one in taken]
        if ctx.messages:
            super().publish_batch_to_topic(ctx, topic_arn)

    def _should_publish(
        self, policies: dict[str, Any], message: SnsMessage, subscriber: SnsSubscription
    ) -> bool:
        if _is_pending(subscriber):
            return False
        return bool(super()._should_publish(policies, message, subscriber))


class ParitySnsProvider(SnsProvider):
    """SNS that validates subjects and addresses, counts, and sends to nobody unconfirmed."""

    def __init__(self) -> None:
        super().__init__()
        self._publisher: ParityDispatcher = ParityDispatcher()
        self._counts = Counts()
        outcomes.install()
        redrive.install()
        queues.install()
        filter_places.install()
        mail.offer_inbox()

    @route(SNS_CERT_ENDPOINT, methods=["GET"])
    def get_signature_cert_pem_file(self, request: Request) -> Response:
        """Serve the certificate for the signatures of messages, which is made when it is needed."""
        return Response(str(certificate.SNS_SERVER_CERT))

    def publish(self, context: RequestContext, **request: Any) -> Any:
        """Publish one message."""
        check_subject(request.get("subject"))
        self._require_key(context, request.get("topic_arn") or request.get("target_arn"))
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
        self._require_key(context, topic_arn)
        response = super().publish_batch(
            context, topic_arn, publish_batch_request_entries, **request
        )
        for entry, known in zip(response["Successful"], self._publisher.answered.ids, strict=False):
            entry["MessageId"], entry["SequenceNumber"] = known
        metrics.published(topic_arn, len(response["Successful"]))
        return response

    def _require_key(self, context: RequestContext, arn: str | None) -> None:
        """Raise KMSNotFound if the topic's key is not there: SNS notices when it has to encrypt."""
        topic = self.get_store(context.account_id, context.region).topics.get(arn or "")
        key = topic["attributes"].get("KmsMasterKeyId") if topic else None
        if key and not kms_keys.exists(key, context.account_id, context.region):
            raise KMSNotFoundException(f"Key '{key}' does not exist")

    def subscribe(
        self,
        context: RequestContext,
        topic_arn: str,
        protocol: str,
        endpoint: str | None = None,
        return_subscription_arn: bool | None = None,
        **request: Any,
    ) -> Any:
        """Subscribe an endpoint.

        The answer has no ARN before the endpoint is confirmed, unless the caller asks for it.
        """
        if protocol in ("email", "email-json") and not _EMAIL.fullmatch(endpoint or ""):
            raise InvalidParameterException("Invalid parameter: Email address")
        response = super().subscribe(
            context, topic_arn, protocol, endpoint, return_subscription_arn=True, **request
        )
        store = self.get_store(parse_arn(topic_arn)["account"], context.region)
        subscription = store.subscriptions[response["SubscriptionArn"]]
        if _is_pending(subscription) and protocol in ("email", "email-json"):
            mail.ask_for_confirmation(subscription, _token(store, response["SubscriptionArn"]))
        if _is_pending(subscription) and not return_subscription_arn:
            return {"SubscriptionArn": "pending confirmation"}
        return response

    def list_subscriptions(
        self, context: RequestContext, next_token: str | None = None, **request: Any
    ) -> Any:
        """Return the subscriptions of all topics, page by page."""
        store = self.get_store(context.account_id, context.region)
        return _page(list(store.subscriptions.values()), next_token)

    def list_subscriptions_by_topic(
        self, context: RequestContext, topic_arn: str, next_token: str | None = None, **request: Any
    ) -> Any:
        """Return the subscriptions of a topic, page by page."""
        self._get_topic(topic_arn, context)
        topic = parse_arn(topic_arn)
        store = self.get_store(topic["account"], topic["region"])
        return _page(get_topic_subscriptions(store, topic_arn), next_token)

    def create_topic(self, context: RequestContext, name: str, **request: Any) -> Any:
        """Make a topic, which says for a while that it has no subscriptions."""
        known = set(self.get_store(context.account_id, context.region).topics)
        response = super().create_topic(context, name, **request)
        if response["TopicArn"] not in known:
            self._counts.begin(response["TopicArn"])
        return response

    def get_topic_attributes(self, context: RequestContext, topic_arn: str, **request: Any) -> Any:
        """Return the topic's attributes, with the last count of its subscriptions."""
        response = super().get_topic_attributes(context, topic_arn, **request)
        store = self.get_store(context.account_id, context.region)

        def count() -> tuple[int, int]:
            pending = [_is_pending(one) for one in get_topic_subscriptions(store, topic_arn)]
            return pending.count(False), pending.count(True)

        last = self._counts.of(topic_arn, count)
        numbers = {
            "SubscriptionsConfirmed": str(last.confirmed),
            "SubscriptionsPending": str(last.pending),
        }
        return {"Attributes": {**response["Attributes"], **numbers}}


def _counted(submit: Callable[..., Any]) -> Callable[..., Any]:
    """Have what is submitted for delivery count as under way until it is done."""

    def submit_counted(deliver: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        def do(*args: Any, **kwargs: Any) -> None:
            try:
                deliver(*args, **kwargs)
            finally:
                activity.end(_ACTIVITY)

        activity.begin(_ACTIVITY)
        try:
            return submit(do, *args, **kwargs)
        except RuntimeError:  # the emulator is shutting down
            activity.end(_ACTIVITY)
            raise

    return submit_counted


def _is_pending(subscription: SnsSubscription) -> bool:
    return bool(subscription["PendingConfirmation"] != "false")


def _token(store: Any, subscription_arn: str) -> str:
    """The token that confirms a subscription."""
    tokens = list(store.subscription_tokens.items())
    return next((str(token) for token, arn in tokens if arn == subscription_arn), "")


def _page(subscriptions: list[SnsSubscription], next_token: str | None) -> dict[str, Any]:
    """Return a page of a list of subscriptions; those that are pending have no ARN in it.

    AWS: https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
    """
    page, following = PaginatedList(subscriptions).get_page(
        token_generator=lambda it: get_next_page_token_from_arn(it["SubscriptionArn"]),
        page_size=PAGE_SIZE,
        next_token=next_token,
    )
    shown = [
        {
            **{name: subscription[name] for name in ("TopicArn", "Protocol", "Owner")},
            "Endpoint": subscription["Endpoint"],
            "SubscriptionArn": (
                "PendingConfirmation"
                if _is_pending(subscription)
                else subscription["SubscriptionArn"]
            ),
        }
        for subscription in page
    ]
    return {"Subscriptions": shown, **({"NextToken": following} if following else {})}


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
