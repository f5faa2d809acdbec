"""AWS::Logs::ResourcePolicy, which LocalStack does not have.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-resourcepolicy.html
"""

from typing import Any, ClassVar

from localstack.services.cloudformation.resource_provider import (
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from localstack_parity.cloudformation.properties.models import Model, done, exists_already


class Provider(ResourceProvider[Model]):
    """Policies by which services may write into log groups."""

    TYPE = "AWS::Logs::ResourcePolicy"
    SCHEMA: ClassVar[Model] = {
        "primaryIdentifier": ["/properties/PolicyName"],
        "createOnlyProperties": ["/properties/PolicyName"],
        "required": ["PolicyName", "PolicyDocument"],
    }

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Put the policy, unless there is one of its name."""
        name, logs = request.desired_state["PolicyName"], request.aws_client_factory.logs
        if name in _names(logs):
            return exists_already(request, name)
        return _put(request)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Replace the document."""
        return _put(request)

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Delete the policy."""
        request.aws_client_factory.logs.delete_resource_policy(
            policyName=(request.previous_state or {})["PolicyName"]
        )
        return done({})


def _names(logs: Any) -> set[str]:
    pages = logs.get_paginator("describe_resource_policies").paginate()
    return {policy["policyName"] for page in pages for policy in page["resourcePolicies"]}


def _put(request: ResourceRequest[Model]) -> ProgressEvent[Model]:
    model = request.desired_state
    request.aws_client_factory.logs.put_resource_policy(
        policyName=model["PolicyName"], policyDocument=model["PolicyDocument"]
    )
    return done(model)
