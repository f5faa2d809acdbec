"""AWS::Lambda::Function: ReservedConcurrentExecutions applies.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
"""

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.lambda_.resource_providers.aws_lambda_function import (
    LambdaFunctionProvider,
)

from localstack_parity.cloudformation.properties.models import Model, undone_on_error

_RESERVED = "ReservedConcurrentExecutions"


class Provider(LambdaFunctionProvider):
    """Functions with the concurrency that is reserved for them."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Create the function, then reserve."""
        event = super().create(request)
        functions = request.aws_client_factory.lambda_
        name = event.resource_model["FunctionName"]
        with undone_on_error(lambda: functions.delete_function(FunctionName=name)):
            return _reserve(request, event)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Update the function, then reserve or stop reserving."""
        event = super().update(request)
        if _RESERVED not in request.desired_state:
            event.resource_model.pop(_RESERVED, None)
        return _reserve(request, event)


def _reserve(request: ResourceRequest[Model], event: ProgressEvent[Model]) -> ProgressEvent[Model]:
    if event.status is not OperationStatus.SUCCESS:
        return event
    functions, name = request.aws_client_factory.lambda_, event.resource_model["FunctionName"]
    reserved = event.resource_model.get(_RESERVED)
    if reserved is not None:
        functions.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=int(reserved)
        )
    elif (request.previous_state or {}).get(_RESERVED) is not None:
        functions.delete_function_concurrency(FunctionName=name)
    return event
