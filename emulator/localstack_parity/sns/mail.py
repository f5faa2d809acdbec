"""Mail of topics: from SNS, under the subject of the message or AWS's own.

No mail leaves the machine; what would have been sent is listed at ``/_aws/ses``, which LocalStack
offers only once something has been sent.
AWS: https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
"""

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
)
from localstack.utils.aws.arns import parse_arn

INBOX = "/_aws/ses"
SENDER = "no-reply@sns.amazonaws.com"
SUBJECT = "AWS Notification Message"


class JsonMail(EmailJsonTopicPublisher):
    """Messages to email-json subscribers."""

    def _publish(self, context: SnsPublishContext, subscriber: SnsSubscription) -> None:
        topic = parse_arn(subscriber["TopicArn"])
        ses = connect_to(aws_access_key_id=topic["account"], region_name=topic["region"]).ses
        sender = config.SNS_SES_SENDER_ADDRESS or SENDER
        ses.verify_email_address(EmailAddress=sender)
        text = self.prepare_message(
            context.message, subscriber, topic_attributes=context.topic_attributes
        )
        ses.send_email(
            Source=sender,
            Destination={"ToAddresses": [subscriber["Endpoint"]]},
            Message={
                "Subject": {"Data": context.message.subject or SUBJECT},
                "Body": {"Text": {"Data": text}},
            },
        )


class Mail(JsonMail, EmailTopicPublisher):
    """Messages to email subscribers: the text alone."""

    prepare_message = EmailTopicPublisher.prepare_message


def offer_inbox() -> None:
    """Answer at ``/_aws/ses`` before the first mail, too."""

    def read(request: Request) -> Any:
        ROUTER.remove(rule)
        SERVICE_PLUGINS.require("ses")  # which offers its own page
        from localstack.services.ses.provider import SesServiceApiResource

        return SesServiceApiResource().on_get(request)

    rule = ROUTER.add(INBOX, endpoint=read, methods=["GET"])
