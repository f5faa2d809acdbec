"""AWS::SQS::Queue: none that exists is taken over; updates keep AWS's largest message size.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
"""

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.sqs.resource_providers.aws_sqs_queue import SQSQueueProvider

from localstack_parity.cloudformation.properties.models import Model, exists_already

_SIZE, _LARGEST = "MaximumMessageSize", "1048576"


class Provider(SQSQueueProvider):
    """Queues of one stack only."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Create the queue."""
        name = request.desired_state.get("QueueName")
        if name and _exists(request, name):
            return exists_already(request, name)
        return super().create(request)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Change the queue. A size that leaves the template becomes the 256 KiB of old.

        That was recorded on AWS (LocalStack's tests, v4.14.0, test_queue_update); a queue whose
        template never had one keeps the 1 MiB that SQS gives it.
        """
        if (request.previous_state or {}).get(_SIZE) in (None, _LARGEST):
            request.desired_state.setdefault(_SIZE, _LARGEST)
        return super().update(request)


def _exists(request: ResourceRequest[Model], name: str) -> bool:
    try:
        request.aws_client_factory.sqs.get_queue_url(QueueName=name)
    except ClientError:
        return False
    return True
