"""AWS::SNS::Subscription: what the template no longer says ends; Arn is an attribute.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html
"""

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.sns.resource_providers.aws_sns_subscription import (
    SNSSubscriptionProvider,
)

from localstack_parity.cloudformation.properties.models import Model, as_text

# What ends an attribute: SetSubscriptionAttributes with this value.
_ENDS = {
    "DeliveryPolicy": "",
    "FilterPolicy": "{}",
    "FilterPolicyScope": "MessageAttributes",
    "RawMessageDelivery": "false",
    "RedrivePolicy": "",
}


class Provider(SNSSubscriptionProvider):
    """Subscriptions that follow their template."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Subscribe."""
        event = super().create(request)
        model = event.resource_model
        # Subscribe answers without an ARN before an endpoint is confirmed; asked again, it tells.
        model["Id"] = model["Arn"] = request.aws_client_factory.sns.subscribe(
            **{name: model[name] for name in ("TopicArn", "Protocol", "Endpoint")},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        return event

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Set the attributes, and end those that are no longer there."""
        before = request.previous_state or {}
        for name, value in _ENDS.items():
            if name in before and name not in request.desired_state:
                request.aws_client_factory.sns.set_subscription_attributes(
                    SubscriptionArn=before["Id"], AttributeName=name, AttributeValue=value
                )
        event = super().update(request)
        event.resource_model["Arn"] = event.resource_model["Id"]
        return event

    @staticmethod
    def attr_val(val: Any) -> str:
        """Write an attribute's value as SNS wants it."""
        return json.dumps(val) if isinstance(val, dict) else as_text(val)
