"""AWS::ApiGateway::RestApi: its name and description change in place, all else is refused.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-restapi.html
("Update requires: No interruption") and API Gateway REST API Reference, UpdateRestApi.
"""

from localstack.services.apigateway.resource_providers.aws_apigateway_restapi import (
    ApiGatewayRestApiProvider,
)
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest

from localstack_parity.cloudformation.properties.models import Model, done, updated

_PATHS = {"Name": "/name", "Description": "/description"}


class Provider(ApiGatewayRestApiProvider):
    """APIs that can be renamed."""

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Change name and description; raise NotImplementedError where more has changed."""
        model, before = updated(request, "RestApiId", "RootResourceId"), request.previous_state
        model.setdefault("Name", before.get("Name"))
        changed = [
            name for name in model.keys() | before.keys() if model.get(name) != before.get(name)
        ]
        if any(name not in _PATHS for name in changed):
            raise NotImplementedError
        request.aws_client_factory.apigateway.update_rest_api(
            restApiId=model["RestApiId"],
            patchOperations=[
                {"op": "replace", "path": _PATHS[name], "value": model.get(name) or ""}
                for name in sorted(changed)
            ],
        )
        return done(model)
