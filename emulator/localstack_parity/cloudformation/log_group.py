"""CloudFormation's ``AWS::Logs::LogGroup`` with its RetentionInDays, which LocalStack ignores.

In: LocalStack's own provider of the type. Out: the same, applying the retention on create and on
update. ``corrections`` puts it in place.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
"""

from typing import Any

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.logs.resource_providers.aws_logs_loggroup import LogsLogGroupProvider

type Model = dict[str, Any]


class LogGroupProvider(LogsLogGroupProvider):
    """LocalStack's provider, and the retention."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Create the log group, then set its retention."""
        done: ProgressEvent[Model] = super().create(request)
        _set_retention(request, done.resource_model)
        return done

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Set the new retention, or none; the name cannot change in place."""
        model = {**request.previous_state, **request.desired_state}
        if "RetentionInDays" not in request.desired_state:
            model.pop("RetentionInDays", None)
        _set_retention(request, model)
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model)


def _set_retention(request: ResourceRequest[Model], model: Model) -> None:
    logs, group = request.aws_client_factory.logs, model["LogGroupName"]
    if days := model.get("RetentionInDays"):
        logs.put_retention_policy(logGroupName=group, retentionInDays=int(days))
    else:
        logs.delete_retention_policy(logGroupName=group)
