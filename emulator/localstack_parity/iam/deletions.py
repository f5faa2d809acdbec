"""What is in use cannot be deleted: users, groups and policies with something that depends on them.

AWS: IAM API reference, DeleteUser, DeleteGroup and DeletePolicy ("Unlike the console, when you
delete a user programmatically, you must delete the items attached to the user manually").
"""

from collections.abc import Iterator, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from moto.iam.models import IAMBackend, iam_backends


def refuse_what_is_in_use(
    _chain: HandlerChain, context: RequestContext, _response: Response
) -> None:
    """Raise DeleteConflict for a request that AWS would refuse."""
    if not context.service or context.service.service_name != "iam" or not context.operation:
        return
    find = {"DeleteUser": _of_user, "DeleteGroup": _of_group, "DeletePolicy": _of_policy}
    if conflicts := find.get(context.operation.name):
        backend = iam_backends[context.account_id][context.partition]
        for conflict in conflicts(backend, context.service_request or {}):
            raise CommonServiceException(
                "DeleteConflict", conflict, status_code=409, sender_fault=True
            )


def _of_user(backend: IAMBackend, request: Mapping[str, Any]) -> Iterator[str]:
    if user := backend.users.get(request.get("UserName", "")):
        if user.access_keys:
            yield "Cannot delete entity, must delete access keys first."
        if user.password:
            yield "Cannot delete entity, must delete login profile first."
        if any(user in group.users for group in list(backend.groups.values())):
            yield "Cannot delete entity, must remove user from groups first."


def _of_group(backend: IAMBackend, request: Mapping[str, Any]) -> Iterator[str]:
    if group := backend.groups.get(request.get("GroupName", "")):
        if group.users:
            yield "Cannot delete entity, must remove users from group first."
        if group.managed_policies:
            yield "Cannot delete entity, must detach all policies first."
        if group.policies:
            yield "Cannot delete entity, must delete policies first."


def _of_policy(backend: IAMBackend, request: Mapping[str, Any]) -> Iterator[str]:
    if policy := backend.managed_policies.get(request.get("PolicyArn", "")):
        # Moto counts an attachment that is made twice as two.
        everyone = (backend.users, backend.groups, backend.roles)
        holders = [one for kind in everyone for one in list(kind.values())]
        if any(policy.arn in one.managed_policies for one in holders):
            yield "Cannot delete a policy attached to entities."
        if len(policy.versions) > 1:
            yield (
                "This policy has more than one version. Before you delete a policy, you must "
                "delete the policy's versions. The default version is deleted with the policy."
            )
