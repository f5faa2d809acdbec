"""The tags of resources, objects and identities, as condition keys ask for them."""

from collections.abc import Callable, Mapping
from typing import Any

from localstack.services.cloudwatch.models import cloudwatch_stores
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.logs.models import logs_stores
from localstack.services.s3.models import s3_stores
from localstack.services.s3.utils import get_unique_key_id
from localstack.services.sns.models import sns_stores
from localstack.services.sqs.models import sqs_stores

from iam_policies.facts import Tags
from localstack_parity.iam import attached


def of_resource(arn: str) -> Tags:
    """Return the tags of a queue, topic, function, log group, alarm, role or user."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] not in _READERS:
        return {}
    region, account, path = parts[3:]
    return _READERS[parts[2]](region, account, path, arn)


def of_object(parameters: Mapping[str, Any]) -> Tags:
    """Return the tags that an object version has already."""
    bucket = attached.bucket(str(parameters.get("Bucket") or ""))
    key = parameters.get("Key")
    if bucket is None or not key:
        return {}
    version = parameters.get("VersionId")
    found: Any = bucket.objects.get(key, version) if version else bucket.objects.get(key)
    if found is None:
        return {}
    store = attached.store(s3_stores, bucket.bucket_account_id, bucket.bucket_region)
    tags: Tags = store.tags.get_tags(get_unique_key_id(bucket.name, key, found.version_id))
    return tags


def of_holder(holder: Any) -> Tags:
    """Return the tags of a role or user."""
    if holder is None:
        return {}
    return {tag["Key"]: tag["Value"] for tag in holder.tags or ()}


def _of_queue(region: str, account: str, _name: str, arn: str) -> Tags:
    store = attached.store(sqs_stores, account, region)
    return dict(store.tags.get_tags(arn)) if store else {}


def _of_topic(region: str, account: str, _name: str, arn: str) -> Tags:
    store = attached.store(sns_stores, account, region)
    return dict(store.tags.get_tags(arn)) if store else {}


def _of_function(region: str, account: str, path: str, arn: str) -> Tags:
    store = attached.store(lambda_stores, account, region)
    bare = arn.removesuffix(path) + ":".join(path.split(":")[:2])
    return dict(store.tags.get_tags(bare)) if store else {}


def _of_log_group(region: str, account: str, path: str, arn: str) -> Tags:
    store = attached.store(logs_stores, account, region)
    group = f"{arn.removesuffix(path)}{path.partition(':log-stream:')[0]}"
    return dict(store.TAGS.get(group) or {}) if store else {}


def _of_alarm(region: str, account: str, _path: str, arn: str) -> Tags:
    store = attached.store(cloudwatch_stores, account, region)
    return dict(store.TAGS.tags.get(arn) or {}) if store else {}


def _of_identity(_region: str, _account: str, _path: str, arn: str) -> Tags:
    return of_holder(attached.holder(arn))


_READERS: dict[str, Callable[[str, str, str, str], Tags]] = {
    "cloudwatch": _of_alarm,
    "iam": _of_identity,
    "lambda": _of_function,
    "logs": _of_log_group,
    "sns": _of_topic,
    "sqs": _of_queue,
}
