"""AWS::IAM::ManagedPolicy: a changed document becomes the default version, attachments follow.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
and, for the five versions that a policy may have, IAM User Guide, "Versioning IAM policies".
"""

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.iam.resource_providers.aws_iam_managedpolicy import (
    IAMManagedPolicyProvider,
)

from localstack_parity.cloudformation.properties.models import Model, done, updated

_MOST_VERSIONS = 5
# A property of the template, and how IAM calls what is in it.
_ATTACHED = {"Roles": "role", "Users": "user", "Groups": "group"}


class Provider(IAMManagedPolicyProvider):
    """Managed policies that stay the same policy when their document changes."""

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Change the document, and to whom it is attached."""
        before = request.previous_state or {}
        model = updated(request, "ManagedPolicyName", "Id")
        iam, arn = request.aws_client_factory.iam, model["Id"]
        if model["PolicyDocument"] != before.get("PolicyDocument"):
            _make_room(iam, arn)
            document = model["PolicyDocument"]
            iam.create_policy_version(
                PolicyArn=arn,
                PolicyDocument=document if isinstance(document, str) else json.dumps(document),
                SetAsDefault=True,
            )
        for name, kind in _ATTACHED.items():
            had, wanted = set(before.get(name) or []), set(model.get(name) or [])
            for one in wanted - had:
                _call(iam, f"attach_{kind}_policy", kind, one, arn)
            for one in had - wanted:
                _call(iam, f"detach_{kind}_policy", kind, one, arn)
        return done(model)

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Delete the other versions first: IAM deletes no policy that has any."""
        iam = request.aws_client_factory.iam
        for version in _others(iam, request.previous_state["Id"]):
            iam.delete_policy_version(
                PolicyArn=request.previous_state["Id"], VersionId=version["VersionId"]
            )
        return super().delete(request)


def _make_room(iam: Any, arn: str) -> None:
    """Delete the oldest version where there are as many as there may be."""
    others = _others(iam, arn)
    if len(others) >= _MOST_VERSIONS - 1:
        oldest = min(others, key=lambda version: version["CreateDate"])
        iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])


def _others(iam: Any, arn: str) -> list[dict[str, Any]]:
    """The versions that are not the default."""
    found = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    return [version for version in found if not version["IsDefaultVersion"]]


def _call(iam: Any, operation: str, kind: str, name: str, arn: str) -> None:
    getattr(iam, operation)(**{f"{kind.capitalize()}Name": name, "PolicyArn": arn})
