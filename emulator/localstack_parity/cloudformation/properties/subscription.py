"""AWS::SNS::Subscription: what the template no longer says ends; Arn is an attribute.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html
"""

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.sns.resource_providers.aws_sns_subscription import (
    SNSSubscriptionProvider,
)

from localstack_parity.cloudformation.properties.models import Model, as_text, done

# What ends an attribute: SetSubscriptionAttributes with this value.
_ENDS = {
    "DeliveryPolicy": "",
    "FilterPolicy": "{}",
    "FilterPolicyScope": "MessageAttributes",
    "RawMessageDelivery": "false",
    "RedrivePolicy": "",
}

_IDENTITY = ("TopicArn", "Protocol", "Endpoint")


class Provider(SNSSubscriptionProvider):
    """Subscriptions that follow their template."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Subscribe, once, in the Region that the template names: an address would be asked twice.

        The ARN of a subscription that is not confirmed is answered only to who asks for it.
        """
        model = request.desired_state
        given = {name: model[name] for name in _IDENTITY if name in model}
        if attributes := {name: self.attr_val(model[name]) for name in _ENDS if name in model}:
            given["Attributes"] = attributes
        answer = self._get_client(request).sns.subscribe(**given, ReturnSubscriptionArn=True)
        model["Id"] = model["Arn"] = answer["SubscriptionArn"]
        return ProgressEvent(OperationStatus.SUCCESS, model)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Set the attributes, and end those that are no longer there."""
        before = request.previous_state or {}
        for name, value in _ENDS.items():
            if name in before and name not in request.desired_state:
                self._get_client(request).sns.set_subscription_attributes(
                    SubscriptionArn=before["Id"], AttributeName=name, AttributeValue=value
                )
        event = super().update(request)
        event.resource_model["Arn"] = event.resource_model["Id"]
        return event

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Unsubscribe."""
        model = request.desired_state
        self._get_client(request).sns.unsubscribe(SubscriptionArn=model["Id"])
        return done(model)

    @staticmethod
    def attr_val(val: Any) -> str:
        """Write an attribute's value as SNS wants it."""
        return json.dumps(val) if isinstance(val, dict) else as_text(val)
