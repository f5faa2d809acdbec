"""AWS::ApiGateway::Deployment: its description changes in place, all else is refused.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-deployment.html
("Update requires: No interruption") and API Gateway REST API Reference, UpdateDeployment.
"""

from localstack.services.apigateway.resource_providers.aws_apigateway_deployment import (
    ApiGatewayDeploymentProvider,
)
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest

from localstack_parity.cloudformation.properties.models import Model, done, updated


class Provider(ApiGatewayDeploymentProvider):
    """Deployments that can be described anew; what was deployed stays."""

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Change the description; raise NotImplementedError where more has changed."""
        model, before = updated(request, "DeploymentId"), request.previous_state or {}
        changed = {
            name for name in model.keys() | before.keys() if model.get(name) != before.get(name)
        }
        if changed - {"Description"}:
            raise NotImplementedError
        request.aws_client_factory.apigateway.update_deployment(
            restApiId=model["RestApiId"],
            deploymentId=model["DeploymentId"],
            patchOperations=[
                {"op": "replace", "path": "/description", "value": model.get("Description") or ""}
            ],
        )
        return done(model)
