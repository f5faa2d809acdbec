"""AWS::CloudWatch::Alarm: updates and tags apply.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html
"""

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.cloudwatch.resource_providers.aws_cloudwatch_alarm import (
    CloudWatchAlarmProvider,
)

from localstack_parity.cloudformation.properties.models import (
    Model,
    exists_already,
    tag_changes,
    updated,
)


class Provider(CloudWatchAlarmProvider):
    """Alarms that are put again when they change."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Put the alarm and its tags; one that exists is not taken over."""
        name = request.desired_state.get("AlarmName")
        cloudwatch = request.aws_client_factory.cloudwatch
        if name and cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]:
            return exists_already(request, name)
        event = super().create(request)
        if event.status is OperationStatus.SUCCESS:
            _tag(request, {}, event.resource_model)
        return event

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """PutMetricAlarm replaces the alarm of that name, but not its tags."""
        request.desired_state = updated(request, "AlarmName")
        event = super().create(request)
        if event.status is OperationStatus.SUCCESS:
            _tag(request, request.previous_state or {}, event.resource_model)
        return event


def _tag(request: ResourceRequest[Model], before: Model, model: Model) -> None:
    cloudwatch, arn = request.aws_client_factory.cloudwatch, model["Arn"]
    added, gone = tag_changes(before, model)
    if added:
        cloudwatch.tag_resource(ResourceARN=arn, Tags=added)
    if gone:
        cloudwatch.untag_resource(ResourceARN=arn, TagKeys=gone)
