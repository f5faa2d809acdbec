"""AWS::CloudWatch::Dashboard, which LocalStack pretends to create.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html
"""

from typing import ClassVar

from botocore.exceptions import ClientError
from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import (
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from localstack_parity.cloudformation.properties.models import (
    Model,
    done,
    exists_already,
    failed,
    updated,
)


class Provider(ResourceProvider[Model]):
    """Dashboards."""

    TYPE = "AWS::CloudWatch::Dashboard"
    SCHEMA: ClassVar[Model] = {
        "primaryIdentifier": ["/properties/DashboardName"],
        "createOnlyProperties": ["/properties/DashboardName"],
        "required": ["DashboardBody"],
    }

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Put the dashboard; fails with CloudWatch's reason if it refuses the body."""
        model = {
            "DashboardName": generate_default_name(request.stack_name, request.logical_resource_id),
            **request.desired_state,
        }
        name = model["DashboardName"]
        found = request.aws_client_factory.cloudwatch.list_dashboards(DashboardNamePrefix=name)
        if name in (entry["DashboardName"] for entry in found["DashboardEntries"]):
            return exists_already(request, name)
        return _put(request, model)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Replace the body."""
        return _put(request, updated(request, "DashboardName"))

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Delete the dashboard."""
        request.aws_client_factory.cloudwatch.delete_dashboards(
            DashboardNames=[request.desired_state["DashboardName"]]
        )
        return done({})


def _put(request: ResourceRequest[Model], model: Model) -> ProgressEvent[Model]:
    try:
        request.aws_client_factory.cloudwatch.put_dashboard(
            DashboardName=model["DashboardName"], DashboardBody=model["DashboardBody"]
        )
    except ClientError as e:
        return failed(model, e.response["Error"]["Message"])
    return done(model)
