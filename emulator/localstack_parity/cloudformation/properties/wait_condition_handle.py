"""AWS::CloudFormation::WaitConditionHandle: its Ref is the URL to which signals are sent.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitconditionhandle.html
"""

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.cloudformation.resource_providers import (
    aws_cloudformation_waitconditionhandle as localstack,
)

from localstack_parity.cloudformation import signals
from localstack_parity.cloudformation.properties.models import Model, done


class Provider(localstack.CloudFormationWaitConditionHandleProvider):
    """Handles that take signals."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Make the URL."""
        return done(
            {**request.desired_state, "Id": signals.open_handle(request.logical_resource_id)}
        )

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Take no more signals."""
        signals.close_handle(str((request.previous_state or {}).get("Id", "")))
        return done({})
