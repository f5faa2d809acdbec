"""AWS::Logs::LogGroup: RetentionInDays applies, at first and when it changes.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
"""

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.logs.resource_providers.aws_logs_loggroup import LogsLogGroupProvider

from localstack_parity.cloudformation.properties.models import (
    Model,
    done,
    undone_on_error,
    updated,
)


class Provider(LogsLogGroupProvider):
    """Log groups that keep their events as long as the template says."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Create the group, then set its retention."""
        event = super().create(request)
        with undone_on_error(lambda: self.delete(request)):
            _retain(request, event.resource_model)
        return event

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Set the retention, or end it."""
        model = updated(request, "LogGroupName", "Arn")
        _retain(request, model)
        return done(model)


def _retain(request: ResourceRequest[Model], model: Model) -> None:
    logs, name = request.aws_client_factory.logs, model["LogGroupName"]
    if days := model.get("RetentionInDays"):
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    elif (request.previous_state or {}).get("RetentionInDays"):
        logs.delete_retention_policy(logGroupName=name)
