"""Mail of topics: from SNS, under the subject of the message or AWS's own.

What a mail says is AWS's, its wording ours: subject, the text as published, a link that confirms or
unsubscribes. AWS: https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
"""

import threading
import time
from typing import Any

from localstack import config
from localstack.aws.connect import connect_to
from localstack.http import Request
from localstack.services.edge import ROUTER
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.services.sns.models import SnsSubscription
from localstack.services.sns.publisher import (
    EmailJsonTopicPublisher,
    EmailTopicPublisher,
    SnsPublishContext,
    create_subscribe_url,
    create_unsubscribe_url,
)
from localstack.utils.aws.arns import parse_arn

from localstack_parity.sns import inbox
from localstack_parity.sns.inbox import Mail as Sent

INBOX = "/_aws/ses"
SENDER = "no-reply@sns.amazonaws.com"
SUBJECT = "AWS Notification Message"
CONFIRMATION_SUBJECT = "AWS Notification - Subscription Confirmation"
_FOOTER = """

--
To stop receiving notifications from this topic, visit the link below to unsubscribe:
{link}

Do not reply to this mail: nobody reads the answer."""
_CONFIRMATION = """You have chosen to subscribe to the topic:
{topic}

To confirm this subscription, visit the link below (if this was in error, nothing needs to be done):
{link}

Do not reply to this mail: nobody reads the answer."""

_offered: list[Any] = []  # the route at INBOX, as long as it is ours
_loading = threading.Lock()


class JsonMail(EmailJsonTopicPublisher):
    """Messages to email-json subscribers."""

    def _publish(self, context: SnsPublishContext, subscriber: SnsSubscription) -> None:
        text = self.prepare_message(
            context.message, subscriber, topic_attributes=context.topic_attributes
        )
        link = create_unsubscribe_url(_url(), subscriber["SubscriptionArn"])
        subject = context.message.subject or SUBJECT
        _send("notification", subscriber, subject, text, link)


class Mail(JsonMail, EmailTopicPublisher):
    """Messages to email subscribers: the text, and a link to unsubscribe."""

    def prepare_message(
        self, message_context: Any, subscriber: SnsSubscription, topic_attributes: Any = None
    ) -> str:
        """The text of the mail."""
        text = EmailTopicPublisher.prepare_message(self, message_context, subscriber)
        return str(text) + _FOOTER.format(
            link=create_unsubscribe_url(_url(), subscriber["SubscriptionArn"])
        )


def ask_for_confirmation(subscription: SnsSubscription, token: str) -> None:
    """Mail the link that confirms a subscription, to an address that gets nothing else before."""
    link = create_subscribe_url(_url(), subscription["TopicArn"], token)
    text = _CONFIRMATION.format(topic=subscription["TopicArn"], link=link)
    _send("confirmation", subscription, CONFIRMATION_SUBJECT, text, link, token)


def _send(
    kind: str, subscription: SnsSubscription, subject: str, text: str, link: str, token: str = ""
) -> None:
    topic = parse_arn(subscription["TopicArn"])
    sender, to = config.SNS_SES_SENDER_ADDRESS or SENDER, subscription["Endpoint"]
    arn = subscription["TopicArn"]
    inbox.keep(Sent(time.time(), kind, to, sender, subject, text, arn, (link,), token))
    _load_ses()
    ses = connect_to(aws_access_key_id=topic["account"], region_name=topic["region"]).ses
    ses.verify_email_address(EmailAddress=sender)
    ses.send_email(
        Source=sender,
        Destination={"ToAddresses": [to]},
        Message={"Subject": {"Data": subject}, "Body": {"Text": {"Data": text}}},
    )


def _url() -> str:
    return str(config.external_service_url()).rstrip("/")


def offer_inbox() -> None:
    """Answer at ``/_aws/ses`` before the first mail, too."""

    def read(request: Request) -> Any:
        _load_ses()
        from localstack.services.ses.provider import SesServiceApiResource

        return SesServiceApiResource().on_get(request)

    _offered.append(ROUTER.add(INBOX, endpoint=read, methods=["GET"]))


def _load_ses() -> None:
    """Have SES offer its own page in place of ours: both at once are one to the router."""
    with _loading:
        while _offered:
            ROUTER.remove(_offered.pop())
        SERVICE_PLUGINS.require("ses")
