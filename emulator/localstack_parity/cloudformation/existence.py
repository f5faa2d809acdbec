"""Names that are taken and buckets that hold objects, found before anything is deployed.

AWS: CloudFormation User Guide, "Validate stack deployments": a name that exists fails CreateStack,
UpdateStack and CreateChangeSet; a bucket that is to be deleted and is not empty is a warning of a
change set. The words are those that AWS answered: to radkawar/stackd on 30 September 2026
(testdata/aws/cloudformation/function_resource_policy_validation.json), and to the author of
https://github.com/aws-cloudformation/rain/pull/744.

Looked for are the types below, which are known by the name that a template gives them; whether AWS
looks for others of the pipeline, it does not say. Those fail when their turn comes.
"""

from collections.abc import Callable, Iterator
from typing import Any

from localstack.aws.api.lambda_ import State
from localstack.services.cloudformation.engine.v2.change_set_model_describer import (
    ChangeSetModelDescriber,
)
from localstack.services.cloudformation.v2.entities import ChangeSet
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.logs.models import get_moto_logs_backend
from localstack.services.s3.models import s3_stores
from localstack.utils.aws.arns import get_partition
from moto.iam.models import iam_backends

from localstack_parity.cloudformation import change_reasons
from localstack_parity.cloudformation.validation import Finding

type Exists = Callable[[str, str, str], bool]

_BUCKET = "AWS::S3::Bucket"


def taken_names(change_set: ChangeSet) -> tuple[Finding, ...]:
    """Return a finding for each resource that is to be made under a name that exists."""
    if not any(_may_conflict(change_set, *one) for one in _resources(change_set)):
        return ()
    where = change_set.account_id, change_set.region_name
    found = []
    for change in _changes(change_set):
        kind, resource = change["ResourceType"], change["LogicalResourceId"]
        if kind not in _NAMED or change["Action"] == "Remove":
            continue
        member, exists = _NAMED[kind]
        before, after = (side.get(member) for side in change_reasons.contexts(change))
        if isinstance(after, str) and after != before and exists(*where, after):
            found.append(
                Finding(
                    resource,
                    kind,
                    f"/Resources/{resource}",
                    f"Resource of type '{kind}' with identifier '{after}' already exists.",
                    "NAME_CONFLICT_VALIDATION",
                )
            )
    return tuple(found)


def full_buckets(change_set: ChangeSet) -> tuple[Finding, ...]:
    """Return a warning for each bucket that is to be deleted and holds objects or versions."""
    former = (getattr(change_set, "former_template", None) or {}).get("Resources") or {}
    now = dict(_resources(change_set))
    resources = change_set.stack.resolved_resources
    found = []
    for name, resource in former.items():
        gone = resource["Type"] == _BUCKET and name not in now
        bucket = resources.get(name, {}).get("PhysicalResourceId")
        if gone and bucket and resource.get("DeletionPolicy", "Delete") == "Delete":
            stored = s3_stores[change_set.account_id][change_set.region_name].buckets.get(bucket)
            if stored and not stored.objects.is_empty():
                found.append(
                    Finding(
                        name,
                        _BUCKET,
                        f"/Resources/{name}",
                        f"The bucket '{bucket}' is not empty. You must either delete all objects "
                        "and versions or use the deletion policy to retain it, otherwise the "
                        "delete operation will fail.",
                        "BUCKET_EMPTINESS_VALIDATION",
                        "WARN",
                    )
                )
    return tuple(found)


def _resources(change_set: ChangeSet) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((change_set.processed_template or {}).get("Resources") or {}).items()


def _may_conflict(change_set: ChangeSet, name: str, resource: dict[str, Any]) -> bool:
    """Say whether a resource gets a name of the template's that it has not yet."""
    member = _NAMED.get(resource["Type"], ("",))[0]
    given = (resource.get("Properties") or {}).get(member)
    known = change_set.stack.resolved_resources.get(name, {}).get("Properties") or {}
    return given is not None and given != known.get(member)


def _changes(change_set: ChangeSet) -> list[Any]:
    describer = ChangeSetModelDescriber(change_set, include_property_values=True)
    return [change["ResourceChange"] for change in describer.get_changes()]


def _bucket(account: str, region: str, name: str) -> bool:
    return name in s3_stores[account][region].global_bucket_map


def _function(account: str, region: str, name: str) -> bool:
    """A function that is being deleted is none."""
    function = lambda_stores[account][region].functions.get(name)
    return function is not None and function.latest().config.state.state != State.Deleting


def _log_group(account: str, region: str, name: str) -> bool:
    return name in get_moto_logs_backend(account, region).groups


def _role(account: str, region: str, name: str) -> bool:
    roles = iam_backends[account][get_partition(region)].roles
    return any(role.name == name for role in list(roles.values()))


_NAMED: dict[str, tuple[str, Exists]] = {
    _BUCKET: ("BucketName", _bucket),
    "AWS::IAM::Role": ("RoleName", _role),
    "AWS::Lambda::Function": ("FunctionName", _function),
    "AWS::Logs::LogGroup": ("LogGroupName", _log_group),
}
