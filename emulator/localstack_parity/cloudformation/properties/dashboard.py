"""AWS::CloudWatch::Dashboard, which LocalStack pretends to create.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html
"""

import json
from typing import ClassVar

from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import (
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from localstack_parity.cloudformation.properties.models import Model, done, failed, updated


class Provider(ResourceProvider[Model]):
    """Dashboards."""

    TYPE = "AWS::CloudWatch::Dashboard"
    SCHEMA: ClassVar[Model] = {
        "primaryIdentifier": ["/properties/DashboardName"],
        "createOnlyProperties": ["/properties/DashboardName"],
        "required": ["DashboardBody"],
    }

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Put the dashboard; one whose body is no JSON object fails, as CloudWatch refuses it."""
        model = {
            "DashboardName": generate_default_name(request.stack_name, request.logical_resource_id),
            **request.desired_state,
        }
        try:
            valid = isinstance(json.loads(model["DashboardBody"]), dict)
        except ValueError:
            valid = False
        if not valid:
            return failed(
                model,
                "The dashboard body is invalid, there are 1 validation errors: "
                "The field DashboardBody must be a valid JSON object",
            )
        request.aws_client_factory.cloudwatch.put_dashboard(
            DashboardName=model["DashboardName"], DashboardBody=model["DashboardBody"]
        )
        return done(model)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Replace the body."""
        request.desired_state = updated(request, "DashboardName")
        return self.create(request)

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Delete the dashboard."""
        request.aws_client_factory.cloudwatch.delete_dashboards(
            DashboardNames=[request.desired_state["DashboardName"]]
        )
        return done({})
