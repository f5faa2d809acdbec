"""AWS::SQS::Queue: a queue that exists is not taken over.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
"""

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.sqs.resource_providers.aws_sqs_queue import SQSQueueProvider

from localstack_parity.cloudformation.properties.models import Model, exists_already


class Provider(SQSQueueProvider):
    """Queues of one stack only."""

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
