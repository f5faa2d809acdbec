"""The policies that apply to a request: those of the caller and the one of the resource."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from localstack.services.kms.models import kms_stores
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.s3.models import S3Bucket, s3_stores
from localstack.services.sns.models import sns_stores
from localstack.services.sqs.models import sqs_stores
from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends

from iam_policies.evaluation import Caller
from iam_policies.policies import (
    NOTHING,
    InvalidPolicy,
    Policy,
    parse_identity_policy,
    parse_resource_policy,
)

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attached:
    """What an identity has: policies by name, and its permissions boundary if there is one."""

    policies: dict[str, Policy]
    boundary: Policy | None = None


def of_identity(caller: Caller) -> Attached:
    """Return the policies of a role or user; none if it is gone."""
    arn = caller.names[-1]
    found = holder(arn)
    return _of_holder(_backend(arn), found) if found else Attached({})


def holder(arn: str) -> Any:
    """Return a role, user or group by its ARN; None if there is none, as of a federated user."""
    if ":federated-user/" in arn:
        return None
    backend = _backend(arn)
    if ":role/" in arn:
        return _role(backend, arn)
    holders = backend.groups if ":group/" in arn else backend.users
    return holders.get(arn.rsplit("/", 1)[-1])


def is_managed_policy(arn: str, account: str, partition: str) -> bool:
    """Say whether a managed policy is there: one of the account's own, or of AWS's."""
    return arn in iam_backends[account][partition].managed_policies


def of_roles() -> Iterator[tuple[str, Attached]]:
    """Return every role there is, by its ARN, with its policies."""
    for _account, partitions in list(iam_backends.items()):
        for _partition, backend in list(partitions.items()):
            for role in list(backend.roles.values()):
                yield role.arn, _of_holder(backend, role)


def of_resource(arn: str) -> Policy | None:
    """Return the policy of a topic, queue, function, role, key or secret; None if it has none."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] not in _DOCUMENTS:
        return None
    document = _DOCUMENTS[parts[2]](arn, *parts[3:])
    return _parsed(parse_resource_policy, document) if document else None


def of_bucket(bucket: S3Bucket) -> Policy | None:
    """Return the policy of a bucket; None if it has none."""
    return _parsed(parse_resource_policy, bucket.policy) if bucket.policy else None


def bucket(name: str) -> S3Bucket | None:
    """Return a bucket of any owner."""
    anywhere = _first(_first(s3_stores))
    owner = anywhere.global_bucket_map.get(name) if anywhere else None
    found: S3Bucket | None = _first(dict.get(s3_stores, owner)).buckets.get(name) if owner else None
    return found


def function(name: str, account: str, region: str) -> Any:
    """Return a function by its name or ARN; None if there is none."""
    if name.startswith("arn:"):
        region, account = name.split(":")[3:5]
    name = name.rpartition("function:")[2].partition(":")[0]
    found = store(lambda_stores, account, region)
    return found.functions.get(name) if found else None


def _of_holder(backend: Any, one: Any) -> Attached:
    documents = dict(one.policies)
    documents |= {arn: managed.document for arn, managed in list(one.managed_policies.items())}
    for group in backend.get_groups_for_user(one.name) if hasattr(one, "access_keys") else ():
        documents |= {f"{group.name}/{name}": text for name, text in list(group.policies.items())}
        documents |= {
            arn: managed.document for arn, managed in list(group.managed_policies.items())
        }
    # That of a role, and that of a user, whom LocalStack gives another attribute.
    boundary = getattr(one, "permissions_boundary_arn", None)
    boundary = boundary or getattr(one, "permissions_boundary", None)
    limit = backend.managed_policies.get(boundary) if boundary else None
    return Attached(
        {name: _parsed(parse_identity_policy, text) for name, text in documents.items()},
        _parsed(parse_identity_policy, limit.document) if limit else None,
    )


def _backend(arn: str) -> Any:
    _, partition, _, _, account = arn.split(":")[:5]
    return iam_backends[account][partition]


_roles: dict[str, Any] = {}


def forget() -> None:
    """Look anew for each role."""
    _roles.clear()


def _role(backend: Any, arn: str) -> Any:
    """Return a role by its ARN: remembered, as IAM's list has to be searched for it."""
    role = _roles.get(arn)
    if role is None or backend.roles.get(role.id) is not role:
        role = next((one for one in list(backend.roles.values()) if one.arn == arn), None)
        _roles[arn] = role
    return role


@lru_cache(maxsize=2048)
def _parsed(parse: Callable[[str], Policy], document: str) -> Policy:
    """Parse; a document that AWS would have refused to store grants and denies nothing."""
    try:
        return parse(document)
    except InvalidPolicy as problem:
        LOG.warning("A policy is left out, as AWS would have refused it: %s", problem)
        return NOTHING


def store(stores: Any, account: str, region: str) -> Any:
    """Return a store if there is one: asking LocalStack for it would make it, and take longer."""
    regions = dict.get(stores, account)
    return dict.get(regions, region) if regions is not None else None


def _first(stores: Any) -> Any:
    """Return one of several stores: those of an account share their buckets, all share a map."""
    found = list(stores.values()) if stores is not None else []
    return found[0] if found else None


def _of_topic(arn: str, region: str, account: str, _name: str) -> str | None:
    found = store(sns_stores, account, region)
    topic = found.topics.get(arn) if found else None
    return topic["attributes"].get("Policy") if topic else None


def _of_queue(_arn: str, region: str, account: str, name: str) -> str | None:
    found = store(sqs_stores, account, region)
    queue = found.queues.get(name) if found else None
    return queue.attributes.get("Policy") if queue else None


def _of_function(_arn: str, region: str, account: str, path: str) -> str | None:
    name, _, qualifier = path.removeprefix("function:").partition(":")
    found = function(name, account, region)
    permissions = found.permissions.get(qualifier or "$LATEST") if found else None
    if not permissions or not permissions.policy.Statement:
        return None
    return json.dumps({"Version": "2012-10-17", "Statement": permissions.policy.Statement})


def _of_role(arn: str, _region: str, account: str, _path: str) -> str | None:
    role = _role(iam_backends[account][arn.split(":")[1]], arn)
    return role.assume_role_policy_document if role else None


def _of_key(_arn: str, region: str, account: str, path: str) -> str | None:
    found = store(kms_stores, account, region)
    if found is None:
        return None
    alias = found.aliases.get(path)
    key = found.keys.get(alias.metadata["TargetKeyId"] if alias else path.removeprefix("key/"))
    return key.policy if key else None


def _of_secret(arn: str, region: str, account: str, _path: str) -> str | None:
    backend = store(secretsmanager_backends, account, region)
    secret = backend.secrets.get(arn) if backend else None
    return getattr(secret, "policy", None)


_DOCUMENTS: dict[str, Callable[..., str | None]] = {
    "sns": _of_topic,
    "sqs": _of_queue,
    "lambda": _of_function,
    "iam": _of_role,
    "kms": _of_key,
    "secretsmanager": _of_secret,
}
