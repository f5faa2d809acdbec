"""AWS::CloudWatch::Alarm: updates apply.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html
"""

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.cloudwatch.resource_providers.aws_cloudwatch_alarm import (
    CloudWatchAlarmProvider,
)

from localstack_parity.cloudformation.properties.models import Model, updated


class Provider(CloudWatchAlarmProvider):
    """Alarms that are put again when they change."""

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """PutMetricAlarm replaces the alarm of that name."""
        request.desired_state = updated(request, "AlarmName")
        return self.create(request)
