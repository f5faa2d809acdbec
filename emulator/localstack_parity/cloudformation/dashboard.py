"""CloudFormation's ``AWS::CloudWatch::Dashboard``, which LocalStack only pretends to create.

In: CloudFormation's create, update or delete of a dashboard. Out: the dashboard in CloudWatch, or
the reason why there is none. LocalStack loads the provider through the entry point in ``plugins``.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html
"""

import json
from typing import Any, ClassVar

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)
from localstack.utils.strings import short_uid

RESOURCE_TYPE = "AWS::CloudWatch::Dashboard"

type Model = dict[str, Any]


class DashboardProvider(ResourceProvider[Model]):
    """Puts and deletes dashboards; Ref is the dashboard's name."""

    TYPE = RESOURCE_TYPE
    SCHEMA: ClassVar[Model] = {"primaryIdentifier": ["/properties/DashboardName"]}

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Put the dashboard, under a generated name if the template gives none."""
        model = request.desired_state
        if not model.get("DashboardName"):
            model["DashboardName"] = f"{request.logical_resource_id}-{short_uid()}"
        return _put(request, model)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Put the new body; another name is another dashboard, and the old one is deleted."""
        old_name = request.previous_state["DashboardName"]
        model = {"DashboardName": old_name, **request.desired_state}
        done = _put(request, model)
        if done.status == OperationStatus.SUCCESS and model["DashboardName"] != old_name:
            request.aws_client_factory.cloudwatch.delete_dashboards(DashboardNames=[old_name])
        return done

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Delete the dashboard."""
        name = request.desired_state["DashboardName"]
        request.aws_client_factory.cloudwatch.delete_dashboards(DashboardNames=[name])
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model={})


def _put(request: ResourceRequest[Model], model: Model) -> ProgressEvent[Model]:
    body = model["DashboardBody"]
    try:
        # AWS's PutDashboard checks the body; LocalStack's takes any text.
        if not isinstance(json.loads(body), dict):
            raise ValueError("it is no JSON object")
    except ValueError as error:
        return ProgressEvent(
            status=OperationStatus.FAILED,
            resource_model=request.previous_state or {},
            message=f"The field DashboardBody must be a valid JSON object ({error})",
            error_code="InvalidParameterInput",
        )
    request.aws_client_factory.cloudwatch.put_dashboard(
        DashboardName=model["DashboardName"], DashboardBody=body
    )
    return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model)
