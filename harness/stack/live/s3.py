"""Buckets and their policies."""

from collections.abc import Mapping
from typing import Any

from harness.stack.live.common import Gone, Properties, document, read, renamed, tags
from harness.targets.target import Target


def bucket(target: Target, physical_id: str, properties: Properties) -> Properties:
    """AWS::S3::Bucket."""
    s3 = target.client("s3")
    name = {"Bucket": physical_id}
    if not read(s3.head_bucket, "404", "NoSuchBucket", **name):
        raise Gone(physical_id)
    encryption = read(
        s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError", **name
    ).get("ServerSideEncryptionConfiguration", {})
    ownership = read(s3.get_bucket_ownership_controls, "OwnershipControlsNotFoundError", **name)
    blocked = read(s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration", **name)
    lifecycle = read(s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration", **name)
    cors = read(s3.get_bucket_cors, "NoSuchCORSConfiguration", **name)
    tagging = read(s3.get_bucket_tagging, "NoSuchTagSet", **name)
    return {
        "BucketName": physical_id,
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                renamed(rule, ApplyServerSideEncryptionByDefault="ServerSideEncryptionByDefault")
                for rule in encryption.get("Rules", [])
            ]
        },
        "VersioningConfiguration": {"Status": s3.get_bucket_versioning(**name).get("Status")},
        "OwnershipControls": ownership.get("OwnershipControls"),
        "PublicAccessBlockConfiguration": blocked.get("PublicAccessBlockConfiguration"),
        "LifecycleConfiguration": {
            "Rules": [_lifecycle_rule(rule) for rule in lifecycle.get("Rules", [])]
        },
        "NotificationConfiguration": _notifications(s3, physical_id, _spelling(properties)),
        "CorsConfiguration": {
            "CorsRules": [
                renamed(rule, ID="Id", MaxAgeSeconds="MaxAge", ExposeHeaders="ExposedHeaders")
                for rule in cors.get("CORSRules", [])
            ]
        },
        "Tags": tags(tagging.get("TagSet", [])),
    }


def bucket_policy(target: Target, _: str, properties: Properties) -> Properties:
    """AWS::S3::BucketPolicy."""
    name = str(properties["Bucket"])
    found = read(
        target.client("s3").get_bucket_policy, "NoSuchBucketPolicy", "NoSuchBucket", Bucket=name
    )
    if not found:
        raise Gone(name)
    return {"Bucket": name, "PolicyDocument": document(found["Policy"])}


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule of the API, by the names of AWS::S3::Bucket Rule."""
    chosen = rule.get("Filter") or {}
    chosen = chosen.get("And") or chosen
    expiration = rule.get("Expiration", {})
    transitions = [
        {
            "StorageClass": transition.get("StorageClass"),
            "TransitionInDays": transition.get("Days"),
            "TransitionDate": transition.get("Date"),
        }
        for transition in rule.get("Transitions", [])
    ]
    return {
        "Id": rule.get("ID"),
        "Status": rule.get("Status"),
        "Prefix": chosen.get("Prefix", rule.get("Prefix")),
        "TagFilters": chosen.get("Tags") or ([chosen["Tag"]] if "Tag" in chosen else None),
        "ObjectSizeGreaterThan": chosen.get("ObjectSizeGreaterThan"),
        "ObjectSizeLessThan": chosen.get("ObjectSizeLessThan"),
        "ExpirationInDays": expiration.get("Days"),
        "ExpirationDate": expiration.get("Date"),
        "ExpiredObjectDeleteMarker": expiration.get("ExpiredObjectDeleteMarker"),
        "NoncurrentVersionExpiration": rule.get("NoncurrentVersionExpiration"),
        "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
        "Transitions": transitions,
        "NoncurrentVersionTransitions": [
            renamed(transition, NoncurrentDays="TransitionInDays")
            for transition in rule.get("NoncurrentVersionTransitions", [])
        ],
    }


def _spelling(value: Any) -> dict[str, str]:
    """How a template spells the names of filter rules: AWS takes suffix as well as Suffix."""
    if isinstance(value, list):
        return {low: name for item in value for low, name in _spelling(item).items()}
    if not isinstance(value, Mapping):
        return {}
    inner = {low: name for item in value.values() for low, name in _spelling(item).items()}
    name = value.get("Name")
    return {**inner, name.lower(): name} if isinstance(name, str) else inner


def _notifications(s3: Any, name: str, spelling: Mapping[str, str]) -> dict[str, Any]:
    """Notifications by the names of the template: an entry for each event."""
    found = s3.get_bucket_notification_configuration(Bucket=name)
    places = {
        "LambdaFunctionConfigurations": ("LambdaConfigurations", "LambdaFunctionArn", "Function"),
        "TopicConfigurations": ("TopicConfigurations", "TopicArn", "Topic"),
        "QueueConfigurations": ("QueueConfigurations", "QueueArn", "Queue"),
    }
    bus = {"EventBridgeEnabled": True} if "EventBridgeConfiguration" in found else None
    configuration: dict[str, Any] = {"EventBridgeConfiguration": bus}
    for place, (named, arn, target) in places.items():
        for entry in found.get(place, []):
            rules = [
                {**rule, "Name": spelling.get(rule["Name"].lower(), rule["Name"])}
                for rule in entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
            ]
            chosen = {"S3Key": {"Rules": rules}} if rules else None
            configuration.setdefault(named, []).extend(
                {"Event": event, target: entry[arn], "Filter": chosen} for event in entry["Events"]
            )
    return configuration
