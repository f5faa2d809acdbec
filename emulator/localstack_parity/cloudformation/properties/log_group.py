"""AWS::Logs::LogGroup: RetentionInDays, KmsKeyId and Tags apply, at first and when they change.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
"""

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.logs.resource_providers.aws_logs_loggroup import LogsLogGroupProvider

from localstack_parity.cloudformation.properties.models import (
    Model,
    done,
    tag_changes,
    undone_on_error,
    updated,
)


class Provider(LogsLogGroupProvider):
    """Log groups that keep their events as long as the template says."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Create the group, then set its properties."""
        event = super().create(request)
        with undone_on_error(lambda: self.delete(request)):
            _configure(request, event.resource_model)
        return event

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Set the properties, and end those that are no longer there."""
        model = updated(request, "LogGroupName", "Arn")
        _configure(request, model)
        return done(model)


def _configure(request: ResourceRequest[Model], model: Model) -> None:
    logs, name = request.aws_client_factory.logs, model["LogGroupName"]
    before = request.previous_state or {}
    if days := model.get("RetentionInDays"):
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    elif before.get("RetentionInDays"):
        logs.delete_retention_policy(logGroupName=name)
    if key := model.get("KmsKeyId"):
        logs.associate_kms_key(logGroupName=name, kmsKeyId=key)
    elif before.get("KmsKeyId"):
        logs.disassociate_kms_key(logGroupName=name)
    added, gone = tag_changes(before, model)
    arn = model["Arn"].removesuffix(":*")
    if added:
        logs.tag_resource(resourceArn=arn, tags={tag["Key"]: tag["Value"] for tag in added})
    if gone:
        logs.untag_resource(resourceArn=arn, tagKeys=gone)
