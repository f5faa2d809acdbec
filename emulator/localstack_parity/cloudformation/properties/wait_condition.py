"""AWS::CloudFormation::WaitCondition: it is there when its handle has had all signals.

Its Ref is the ARN of the stack with the logical id of the handle; recorded in LocalStack's tests at
v4.14.0, `cloudformation/resources/test_cloudformation.py::test_waitcondition`.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html
"""

import json

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.cloudformation.resource_providers import (
    aws_cloudformation_waitcondition as localstack,
)

from localstack_parity.cloudformation import operations, signals
from localstack_parity.cloudformation.properties.models import Model, done, failed, updated

MAX_TIMEOUT_S = 43_200


class Provider(localstack.CloudFormationWaitConditionProvider):
    """Conditions that wait."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Wait for Count signals, one by default, for at most Timeout seconds."""
        model = request.desired_state
        handle = model.get("Handle")
        if not handle or model.get("Timeout") is None:
            reason = "Handle and Timeout are needed here, as CreationPolicy is not emulated."
            return failed(model, reason)
        timeout_s = int(model["Timeout"])
        if not 0 <= timeout_s <= MAX_TIMEOUT_S:
            return failed(model, f"Timeout is at most {MAX_TIMEOUT_S} seconds.")
        course = operations.under_way(request.stack_id)
        try:
            name, data = signals.wait_at(handle, int(model.get("Count", 1)), timeout_s, course)
        except signals.NotSignalledError as reason:
            return failed(model, str(reason))
        found = {
            "Id": f"{request.stack_id}/{name}",
            "Data": json.dumps(data, separators=(",", ":")),
        }
        return done({**model, **found})

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Refuse, as AWS does: what was waited for is past. Rollback asks for what is there."""
        before, wanted = request.previous_state or {}, request.desired_state
        if all(before.get(name) == wanted.get(name) for name in ("Count", "Handle", "Timeout")):
            return done(updated(request, "Data", "Id"))
        reason = f"Update to resource type {request.resource_type} is not supported."
        return failed(before, reason)
