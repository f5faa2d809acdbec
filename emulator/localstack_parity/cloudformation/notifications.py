"""Stack events as messages to the topics that a stack's NotificationARNs name.

Who acts on the stack (identity.py) publishes them, and a request is refused whose topics it may not
publish to; the words of the refusal are those of awslabs/aws-service-catalog-puppet, issue 19.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.connect import connect_to
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2.entities import Stack
from localstack.utils.patch import patch

from iam_policies.actions import Needed
from localstack_parity.cloudformation.options import options_of
from localstack_parity.iam import guard

LOG = logging.getLogger(__name__)

SUBJECT = "AWS CloudFormation Notification"


def install() -> None:
    """Publish each event after it has been stored."""

    @patch(Stack._store_event)
    def store_event(original: Callable[..., None], stack: Stack, *args: Any, **more: Any) -> None:
        original(stack, *args, **more)
        for topic in getattr(stack, "notification_arns", []):
            try:
                _publish(stack, topic, stack.events[0])
            except Exception as error:  # nor does AWS let that stop a stack
                LOG.warning("%s was not notified of %s: %s", topic, stack.stack_name, error)


def check(context: RequestContext, request: Mapping[str, Any], key: str) -> None:
    """Raise ValidationError if the holder of a key may not publish to a topic of the request."""
    for topic in request.get("NotificationARNs") or []:
        try:
            guard.require(context, Needed("sns:Publish", {"TopicArn": topic}), key)
        except CommonServiceException as denied:
            raise ValidationError(
                f"{denied.message} (Service: AmazonSNS; Status Code: 403; Error Code: "
                f"AuthorizationError; Request ID: {context.request_id}; Proxy: null)"
            ) from None


def _publish(stack: Stack, topic: str, event: dict[str, Any]) -> None:
    """Send one event, in the lines of which AWS's messages consist."""
    fields = {
        "StackId": stack.stack_id,
        "Timestamp": event["Timestamp"].strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "EventId": event["EventId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Namespace": stack.account_id,
        "PhysicalResourceId": event["PhysicalResourceId"] or "",
        "ResourceProperties": "null",
        "ResourceStatus": event["ResourceStatus"],
        "ResourceStatusReason": event.get("ResourceStatusReason", ""),
        "ResourceType": event["ResourceType"],
        "StackName": stack.stack_name,
        "ClientRequestToken": event.get("ClientRequestToken", "null"),
    }
    clients = connect_to(
        aws_access_key_id=options_of(stack).key or stack.account_id,
        aws_secret_access_key="of a call within the process",
        region_name=topic.split(":")[3],
    )
    clients.sns.publish(
        TopicArn=topic,
        Subject=SUBJECT,
        Message="".join(f"{name}='{value}'\n" for name, value in fields.items()),
    )
