"""Which actions an operation of an API needs.

Sources: S3 User Guide, "Required permissions for Amazon S3 API operations"; for all others the
operation's name is the action's, but for those listed here (Service Authorization Reference).
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from iam_policies import reference

type Parameters = Mapping[str, Any]


class Needed(NamedTuple):
    """An action and the parameters that name its resource."""

    action: str
    parameters: Parameters


# Prefixes of actions where they are not the name of the API.
_PREFIXES = {"s3control": "s3", "sesv2": "ses", "stepfunctions": "states"}

# Operations that need no permission: STS API Reference, GetCallerIdentity and GetSessionToken.
FREE = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})

_NAMES = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "lambda:InvokeAsync": "lambda:InvokeFunction",
    "lambda:InvokeWithResponseStream": "lambda:InvokeFunction",
    "sns:PublishBatch": "sns:Publish",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "kms:ReEncrypt": "kms:ReEncryptFrom",
    "dynamodb:TransactGetItems": "dynamodb:GetItem",
    "dynamodb:TransactWriteItems": "dynamodb:PutItem",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:DeleteBucketAnalyticsConfiguration": "s3:PutAnalyticsConfiguration",
    "s3:DeleteBucketCors": "s3:PutBucketCORS",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketIntelligentTieringConfiguration": "s3:PutIntelligentTieringConfiguration",
    "s3:DeleteBucketInventoryConfiguration": "s3:PutInventoryConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeleteBucketReplication": "s3:PutReplicationConfiguration",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketAnalyticsConfiguration": "s3:GetAnalyticsConfiguration",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketIntelligentTieringConfiguration": "s3:GetIntelligentTieringConfiguration",
    "s3:GetBucketInventoryConfiguration": "s3:GetInventoryConfiguration",
    "s3:GetBucketLifecycle": "s3:GetLifecycleConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketMetricsConfiguration": "s3:GetMetricsConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBucketAnalyticsConfigurations": "s3:GetAnalyticsConfiguration",
    "s3:ListBucketIntelligentTieringConfigurations": "s3:GetIntelligentTieringConfiguration",
    "s3:ListBucketInventoryConfigurations": "s3:GetInventoryConfiguration",
    "s3:ListBucketMetricsConfigurations": "s3:GetMetricsConfiguration",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListParts": "s3:ListMultipartUploadParts",
    "s3:PostObject": "s3:PutObject",
    "s3:PutBucketAccelerateConfiguration": "s3:PutAccelerateConfiguration",
    "s3:PutBucketAnalyticsConfiguration": "s3:PutAnalyticsConfiguration",
    "s3:PutBucketCors": "s3:PutBucketCORS",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketIntelligentTieringConfiguration": "s3:PutIntelligentTieringConfiguration",
    "s3:PutBucketInventoryConfiguration": "s3:PutInventoryConfiguration",
    "s3:PutBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
    "s3:PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "s3:PutBucketReplication": "s3:PutReplicationConfiguration",
    "s3:PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:SelectObjectContent": "s3:GetObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:UploadPartCopy": "s3:PutObject",
}

# Actions that have another name where a version is named, by the parameter VersionId.
_OF_VERSIONS = {
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
    "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
}

# Further actions that a parameter asks for, by operation.
_WRITES = {
    "Tagging": "s3:PutObjectTagging",
    "ACL": "s3:PutObjectAcl",
    "GrantFullControl": "s3:PutObjectAcl",
    "GrantRead": "s3:PutObjectAcl",
    "GrantReadACP": "s3:PutObjectAcl",
    "GrantWriteACP": "s3:PutObjectAcl",
    "ObjectLockMode": "s3:PutObjectRetention",
    "ObjectLockLegalHoldStatus": "s3:PutObjectLegalHold",
    # User Guide, "How to prevent object overwrites with conditional writes".
    "IfMatch": "s3:GetObject",
}
_ALSO = {
    "s3:PutObject": _WRITES,
    "s3:CopyObject": _WRITES,
    "s3:PostObject": _WRITES,
    "s3:CreateMultipartUpload": _WRITES,
    "s3:CompleteMultipartUpload": {"IfMatch": "s3:GetObject"},
    "s3:DeleteObject": {
        "BypassGovernanceRetention": "s3:BypassGovernanceRetention",
        "IfMatch": "s3:GetObject",
    },
    "s3:CreateBucket": {
        "ACL": "s3:PutBucketAcl",
        "ObjectLockEnabledForBucket": "s3:PutBucketObjectLockConfiguration",
        "ObjectOwnership": "s3:PutBucketOwnershipControls",
    },
}

# Parameters that name several resources, each of which has to be allowed.
_NAMED_TOGETHER = {
    "cloudwatch:DeleteAlarms": "AlarmNames",
    "cloudwatch:DeleteDashboards": "DashboardNames",
    "cloudwatch:DisableAlarmActions": "AlarmNames",
    "cloudwatch:EnableAlarmActions": "AlarmNames",
}

# Parameters that pass a role on to a service. IAM User Guide, "Grant a user permissions to pass a
# role to an AWS service".
_PASSED_ROLES = {
    "lambda:CreateFunction": "Role",
    "lambda:UpdateFunctionConfiguration": "Role",
    "states:CreateStateMachine": "roleArn",
    "states:UpdateStateMachine": "roleArn",
    "events:PutRule": "RoleArn",
    "cloudformation:CreateStack": "RoleARN",
    "cloudformation:UpdateStack": "RoleARN",
    "cloudformation:CreateChangeSet": "RoleARN",
    "cloudformation:DeleteStack": "RoleARN",
    "cloudformation:ContinueUpdateRollback": "RoleARN",
}


# Where requests name a package in a bucket, which Lambda reads with the caller's rights: Lambda
# Developer Guide, "Deploying Lambda functions as .zip file archives".
_READ_BY_LAMBDA = {
    "lambda:CreateFunction": "Code",
    "lambda:UpdateFunctionCode": "",
    "lambda:PublishLayerVersion": "Content",
}


def needed(service: str, operation: str, parameters: Parameters) -> list[Needed]:
    """Return the actions that a request needs; all of them have to be allowed."""
    called = f"{_PREFIXES.get(service, service)}:{operation}"
    if called in FREE:
        return []
    if called == "s3:DeleteObjects":
        return [one for _, needs in deletions(parameters) for one in needs]
    if called == "events:PutEvents":
        entries = parameters.get("Entries") or ()
        buses = {str(one.get("EventBusName") or "default") for one in entries}
        return [Needed(called, {"BusName": bus}) for bus in sorted(buses)]
    if named := parameters.get(_NAMED_TOGETHER.get(called, "")):
        many = _NAMED_TOGETHER[called]
        return [Needed(called, {many.removesuffix("s"): name}) for name in named]
    needs = [Needed(action_of(called, parameters), parameters)]
    if called == "s3:GetObjectAttributes":
        needs.append(Needed(action_of("s3:GetObject", parameters), parameters))
    if source := parameters.get("CopySource"):
        read = _copied(source)
        needs.insert(0, Needed(action_of("s3:GetObject", read), read))
    for name, action in _ALSO.get(called, {}).items():
        if parameters.get(name):
            needs.append(Needed(action, parameters))
    if (archive := _READ_BY_LAMBDA.get(called)) is not None:
        needs += _of_archive((parameters.get(archive) or {}) if archive else parameters)
    if role := parameters.get(_PASSED_ROLES.get(called, "")):
        needs.append(Needed("iam:PassRole", {"RoleArn": role}))
    return needs


def _of_archive(code: Parameters) -> list[Needed]:
    """Return what reading a package takes; nothing for one that comes with the request."""
    if not code.get("S3Bucket") or not code.get("S3Key"):
        return []
    read = {
        "Bucket": code["S3Bucket"],
        "Key": code["S3Key"],
        "VersionId": code.get("S3ObjectVersion"),
    }
    return [Needed(action_of("s3:GetObject", read), read)]


def action_of(called: str, parameters: Parameters) -> str:
    """Return the action of one operation, given as s3:HeadObject."""
    action = _NAMES.get(called, called)
    if called == "s3:CopyObject":
        return "s3:PutObject"
    if parameters.get("VersionId"):
        return _OF_VERSIONS.get(action, action)
    return action


def deletions(parameters: Parameters) -> Iterator[tuple[Mapping[str, Any], list[Needed]]]:
    """Return each entry of a DeleteObjects request, and what it needs: S3 judges them one by one.

    Other batches (SendMessageBatch, PublishBatch, …) name one resource and are judged as a whole.
    """
    bypass = parameters.get("BypassGovernanceRetention")
    for entry in (parameters.get("Delete") or {}).get("Objects") or ():
        one = {
            "Bucket": parameters["Bucket"],
            **entry,
            "BypassGovernanceRetention": bypass,
        }
        yield entry, needed("s3", "DeleteObject", one)


def _copied(source: str) -> Parameters:
    """Return what x-amz-copy-source names, which is encoded as in a URL."""
    path, _, version = source.removeprefix("/").partition("?versionId=")
    bucket, _, key = unquote(path).partition("/")
    return {"Bucket": bucket, "Key": key, "VersionId": version}


def known(action: str) -> bool:
    """Say whether AWS has such an action, as far as the reference covers its service."""
    return not reference.covers(action.partition(":")[0]) or reference.action(action) is not None
