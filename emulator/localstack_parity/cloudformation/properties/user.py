"""AWS::IAM::User: inline policies and a password apply, and go before the user does.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-user.html
"""

import json
from contextlib import suppress

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.iam.resource_providers.aws_iam_user import IAMUserProvider

from localstack_parity.cloudformation.properties.models import Model, as_text


class Provider(IAMUserProvider):
    """Users with all that the template gives them, who can be deleted with their stack."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Create the user, then what LocalStack leaves out; it calls this until that is done."""
        event = super().create(request)
        if event.status != OperationStatus.SUCCESS:
            return event
        iam, model = request.aws_client_factory.iam, event.resource_model
        for policy in model.get("Policies") or ():
            iam.put_user_policy(
                UserName=model["UserName"],
                PolicyName=policy["PolicyName"],
                PolicyDocument=json.dumps(policy["PolicyDocument"]),
            )
        if profile := model.get("LoginProfile"):
            reset = as_text(profile.get("PasswordResetRequired", False)) == "true"
            iam.create_login_profile(
                UserName=model["UserName"],
                Password=profile["Password"],
                PasswordResetRequired=reset,
            )
        return event

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Take the user out of groups, detach and delete policies, then delete the user."""
        iam, model = request.aws_client_factory.iam, request.desired_state
        name = model["Id"]
        steps = [
            *((iam.remove_user_from_group, {"GroupName": it}) for it in model.get("Groups", [])),
            *(
                (iam.detach_user_policy, {"PolicyArn": it})
                for it in model.get("ManagedPolicyArns", [])
            ),
            *(
                (iam.delete_user_policy, {"PolicyName": it["PolicyName"]})
                for it in model.get("Policies", [])
            ),
            *([(iam.delete_login_profile, {})] if model.get("LoginProfile") else []),
        ]
        for step, what in steps:
            with suppress(ClientError):  # somebody has done so already
                step(UserName=name, **what)
        return super().delete(request)
