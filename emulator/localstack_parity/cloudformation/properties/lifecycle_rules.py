"""Lifecycle rules of a bucket: from CloudFormation's words to the S3 API's.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-rule.html
"""

from collections.abc import Iterable
from typing import Any

from localstack_parity.cloudformation.properties.models import Model, chosen


def to_api(configuration: Model) -> Model:
    """Translate the whole property."""
    return {"Rules": [_rule(rule) for rule in configuration.get("Rules", [])]}


def _rule(rule: Model) -> Model:
    api: Model = {"Status": rule["Status"], "Filter": _filter(rule)}
    if "Id" in rule:
        api["ID"] = rule["Id"]
    expiration = {
        "Days": _number(rule.get("ExpirationInDays")),
        "Date": rule.get("ExpirationDate"),
        "ExpiredObjectDeleteMarker": _truth(rule.get("ExpiredObjectDeleteMarker")),
    }
    noncurrent = rule.get("NoncurrentVersionExpiration") or {
        "NoncurrentDays": rule.get("NoncurrentVersionExpirationInDays")
    }
    parts = {
        "Expiration": expiration,
        "NoncurrentVersionExpiration": _numbers(
            noncurrent, "NoncurrentDays", "NewerNoncurrentVersions"
        ),
        "AbortIncompleteMultipartUpload": _numbers(
            rule.get("AbortIncompleteMultipartUpload") or {}, "DaysAfterInitiation"
        ),
        "Transitions": [
            _without_none(
                Days=_number(one.get("TransitionInDays")),
                Date=one.get("TransitionDate"),
                StorageClass=one["StorageClass"],
            )
            for one in _all(rule, "Transitions", "Transition")
        ],
        "NoncurrentVersionTransitions": [
            _without_none(
                NoncurrentDays=_number(one.get("TransitionInDays")),
                NewerNoncurrentVersions=_number(one.get("NewerNoncurrentVersions")),
                StorageClass=one["StorageClass"],
            )
            for one in _all(rule, "NoncurrentVersionTransitions", "NoncurrentVersionTransition")
        ],
    }
    for name, part in parts.items():
        filled = _without_none(**part) if isinstance(part, dict) else part
        if filled:
            api[name] = filled
    return api


def _filter(rule: Model) -> Model:
    """Return the Filter; the API wants several conditions inside an And."""
    conditions: Model = chosen(rule, ["Prefix"])
    for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        if name in rule:
            conditions[name] = int(rule[name])
    tags = rule.get("TagFilters") or []
    if len(conditions) + len(tags) > 1:
        return {"And": {**conditions, **({"Tags": tags} if tags else {})}}
    if tags:
        return {"Tag": tags[0]}
    return conditions or {"Prefix": ""}


def _all(rule: Model, plural: str, singular: str) -> Iterable[Model]:
    """Return the entries of a list property and of its older, single form."""
    return [*(rule.get(plural) or []), *([rule[singular]] if rule.get(singular) else [])]


def _numbers(model: Model, *names: str) -> Model:
    return {name: _number(model.get(name)) for name in names}


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _truth(value: Any) -> bool | None:
    return None if value is None else str(value).lower() == "true"


def _without_none(**values: Any) -> Model:
    return {name: value for name, value in values.items() if value is not None}
