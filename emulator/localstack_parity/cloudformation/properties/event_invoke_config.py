"""AWS::Lambda::EventInvokeConfig: updates apply.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html
"""

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.lambda_.resource_providers.aws_lambda_eventinvokeconfig import (
    LambdaEventInvokeConfigProvider,
)

from localstack_parity.cloudformation.properties.models import Model, done, updated


class Provider(LambdaEventInvokeConfigProvider):
    """Configurations of asynchronous invocation that are replaced when they change."""

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """PutFunctionEventInvokeConfig replaces the whole configuration."""
        request.aws_client_factory.lambda_.put_function_event_invoke_config(**request.desired_state)
        return done(updated(request, "Id"))
