"""AWS::IAM::User: what the template gave a user goes before the user does.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-user.html
"""

from contextlib import suppress

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.iam.resource_providers.aws_iam_user import IAMUserProvider

from localstack_parity.cloudformation.properties.models import Model


class Provider(IAMUserProvider):
    """Users that can be deleted with their stack."""

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
