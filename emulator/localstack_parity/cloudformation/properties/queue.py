"""AWS::SQS::Queue: none that exists is taken over; updates keep AWS's largest message size.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
"""

from typing import ClassVar

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.sqs.resource_providers.aws_sqs_queue import SQSQueueProvider

from localstack_parity.cloudformation.properties.models import Model, exists_already


class Provider(SQSQueueProvider):
    """Queues of one stack only."""

    # An update sets what the template leaves out. LocalStack does so with the 256 KiB of old.
    # AWS: SQS API reference, SetQueueAttributes: MaximumMessageSize is 1,048,576 by default.
    DEFAULT_ATTRIBUTE_VALUES: ClassVar[dict[str, str]] = {
        **SQSQueueProvider.DEFAULT_ATTRIBUTE_VALUES,
        "MaximumMessageSize": "1048576",
    }

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Create the queue."""
        name = request.desired_state.get("QueueName")
        if name and _exists(request, name):
            return exists_already(request, name)
        return super().create(request)


def _exists(request: ResourceRequest[Model], name: str) -> bool:
    try:
        request.aws_client_factory.sqs.get_queue_url(QueueName=name)
    except ClientError:
        return False
    return True
