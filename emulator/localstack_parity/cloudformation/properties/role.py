"""AWS::IAM::Role: updates apply in place, inline policies included.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
"""

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.iam.resource_providers.aws_iam_role import IAMRoleProvider

from localstack_parity.cloudformation.properties.models import Model, done, tag_changes, updated


class Provider(IAMRoleProvider):
    """Roles that stay the same role when their policies change."""

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Change trust policy, description, session length, boundary, policies and tags."""
        before = request.previous_state or {}
        model = updated(request, "RoleName", "Arn", "RoleId")
        iam, name = request.aws_client_factory.iam, model["RoleName"]
        iam.update_assume_role_policy(
            RoleName=name, PolicyDocument=json.dumps(model["AssumeRolePolicyDocument"])
        )
        iam.update_role(
            RoleName=name,
            Description=model.get("Description", ""),
            MaxSessionDuration=int(model.get("MaxSessionDuration", 3600)),
        )
        if boundary := model.get("PermissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        elif before.get("PermissionsBoundary"):
            iam.delete_role_permissions_boundary(RoleName=name)
        added, gone = tag_changes(before, model)
        if added:
            iam.tag_role(RoleName=name, Tags=added)
        if gone:
            iam.untag_role(RoleName=name, TagKeys=gone)
        _update_managed(iam, name, before, model)
        _update_inline(iam, name, before, model)
        return done(model)


def _update_managed(iam: Any, role: str, before: Model, model: Model) -> None:
    had = set(before.get("ManagedPolicyArns") or [])
    wanted = set(model.get("ManagedPolicyArns") or [])
    for arn in wanted - had:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in had - wanted:
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)


def _update_inline(iam: Any, role: str, before: Model, model: Model) -> None:
    had = {policy["PolicyName"] for policy in before.get("Policies") or []}
    wanted = {policy["PolicyName"]: policy for policy in model.get("Policies") or []}
    for policy_name, policy in wanted.items():
        iam.put_role_policy(
            RoleName=role,
            PolicyName=policy_name,
            PolicyDocument=json.dumps(policy["PolicyDocument"]),
        )
    for policy_name in had - wanted.keys():
        iam.delete_role_policy(RoleName=role, PolicyName=policy_name)
