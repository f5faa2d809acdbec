"""AWS::CloudFormation::Stack: a stack in a stack; its failures name the resource.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
"""

from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.cloudformation.resource_providers.aws_cloudformation_stack import (
    CloudFormationStackProvider,
)

from localstack_parity.cloudformation.properties.models import (
    Model,
    as_text,
    chosen,
    done,
    failed,
    updated,
)

_BEGUN = "begun"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class Provider(CloudFormationStackProvider):
    """Stacks that are made, changed and deleted with the stack that they belong to."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Create the stack, and have its outputs when it is complete."""
        model, stacks = request.desired_state, request.aws_client_factory.cloudformation
        if _BEGUN not in request.custom_context:
            name = generate_default_name(request.stack_name, request.logical_resource_id)
            made = stacks.create_stack(StackName=name, **_parameters(model))
            return _again({**model, "Id": made["StackId"]})
        return _so_far(stacks, model, "CREATE_COMPLETE", "created")

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Update the stack; that there is nothing to update is no failure."""
        stacks = request.aws_client_factory.cloudformation
        model = updated(request, "Id", "Outputs")
        if _BEGUN not in request.custom_context:
            try:
                stacks.update_stack(StackName=model["Id"], **_parameters(model))
            except ClientError as error:
                if "No updates are to be performed" not in str(error):
                    raise
                return done(model)
            return _again(model)
        return _so_far(stacks, model, "UPDATE_COMPLETE", "updated")

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Delete the stack."""
        model, stacks = request.desired_state, request.aws_client_factory.cloudformation
        if _BEGUN not in request.custom_context:
            stacks.delete_stack(StackName=model["Id"])
            return _again(model)
        return _so_far(stacks, model, "DELETE_COMPLETE", "deleted")


def _parameters(model: Model) -> Model:
    given = model.get("Parameters") or {}
    return {
        **chosen(model, ("NotificationARNs", "Tags", "TemplateURL")),
        "Capabilities": _CAPABILITIES,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": _text(value)} for key, value in given.items()
        ],
    }


def _text(value: Any) -> str:
    return ",".join(map(as_text, value)) if isinstance(value, list) else as_text(value)


def _again(model: Model) -> ProgressEvent[Model]:
    return ProgressEvent(
        OperationStatus.IN_PROGRESS, resource_model=model, custom_context={_BEGUN: True}
    )


def _so_far(stacks: Any, model: Model, wanted: str, verb: str) -> ProgressEvent[Model]:
    """Say how the nested stack fares; of a failure, which of its resources failed."""
    (stack,) = stacks.describe_stacks(StackName=model["Id"])["Stacks"]
    status = stack["StackStatus"]
    if status == wanted:
        outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
        return done({**model, "Outputs": outputs})
    if status.endswith("_IN_PROGRESS"):
        return _again(model)
    events = _reported(stacks, model["Id"])
    if events[0]["ResourceStatus"] != status:
        return _again(model)  # a stack has its status a moment before the event that says why
    reasons = (
        event["ResourceStatusReason"] for event in events if event.get("ResourceStatusReason")
    )
    reason = next(reasons, status)  # its last status alone may have none
    return failed(model, f"Embedded stack {model['Id']} was not successfully {verb}: {reason}")


def _reported(stacks: Any, stack_id: str) -> list[Any]:
    """Return the events of the stack itself, the last one first."""
    events = stacks.describe_stack_events(StackName=stack_id)["StackEvents"]
    return [event for event in events if event.get("PhysicalResourceId") == stack_id]
