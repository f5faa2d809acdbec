"""AWS::Lambda::Permission: SourceAccount and the other conditions apply.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
"""

import json

from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.lambda_.resource_providers.aws_lambda_permission import (
    LambdaPermissionProvider,
)

from localstack_parity.cloudformation.properties.models import Model, chosen, done

_PARAMETERS = (
    "Action",
    "EventSourceToken",
    "FunctionName",
    "FunctionUrlAuthType",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
)


class Provider(LambdaPermissionProvider):
    """Permissions with every condition that the template gives. Any change replaces them."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Add the statement to the function's policy."""
        model = request.desired_state
        added = request.aws_client_factory.lambda_.add_permission(
            StatementId=generate_default_name(request.stack_name, request.logical_resource_id),
            **chosen(model, _PARAMETERS),
        )
        return done({**model, "Id": json.loads(added["Statement"])["Sid"]})

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Replace the statement."""
        before = request.previous_state or {}
        functions = request.aws_client_factory.lambda_
        functions.remove_permission(FunctionName=before["FunctionName"], StatementId=before["Id"])
        return self.create(request)
