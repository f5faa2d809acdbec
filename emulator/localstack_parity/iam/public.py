"""What makes a bucket public, and what blocks it.

Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", with its "The meaning of
'public'".
"""

from typing import Any

from localstack.services.s3.models import S3Bucket

from iam_policies.policies import Policy, Statement

_EVERYBODY = (
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
)
_PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
_GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")

# Keys that narrow "everyone" down, if they are compared with fixed values.
_NARROWING = frozenset(
    {
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
# What grants on an object, and those on a bucket, allow. S3 User Guide, "Mapping of ACL permissions
# and access policy permissions".
_ON_OBJECTS = {
    "s3:GetObject": "READ",
    "s3:GetObjectAcl": "READ_ACP",
    "s3:GetObjectVersion": "READ",
    "s3:GetObjectVersionAcl": "READ_ACP",
    "s3:PutObjectAcl": "WRITE_ACP",
    "s3:PutObjectVersionAcl": "WRITE_ACP",
}
_ON_BUCKETS = {
    "s3:DeleteObject": "WRITE",
    "s3:GetBucketAcl": "READ_ACP",
    "s3:ListBucket": "READ",
    "s3:ListBucketMultipartUploads": "READ",
    "s3:ListBucketVersions": "READ",
    "s3:PutBucketAcl": "WRITE_ACP",
    "s3:PutObject": "WRITE",
    "s3:PutObjectAcl": "WRITE",  # of an object that its writer comes to own
}


def is_public(policy: Policy) -> bool:
    """Say whether a policy grants something to everyone."""
    return any(
        one.allows and ("*", "*") in one.principals and not _narrowed(one)
        for one in policy.statements
    )


def restricted(bucket: S3Bucket, policy: Policy) -> bool:
    """Say whether RestrictPublicBuckets keeps all but the owner's account and AWS services out."""
    return _blocks(bucket, "RestrictPublicBuckets") and is_public(policy)


def refuses_policy(bucket: S3Bucket, policy: Policy) -> bool:
    """Say whether BlockPublicPolicy refuses to store a policy."""
    return _blocks(bucket, "BlockPublicPolicy") and is_public(policy)


def has_acl(parameters: Any) -> bool:
    """Say whether an ACL comes with a request."""
    return any(parameters.get(name) for name in ("ACL", "AccessControlPolicy", *_GRANTS))


def refuses_acl(bucket: S3Bucket, parameters: Any) -> bool:
    """Say whether BlockPublicAcls refuses the ACL that comes with a request."""
    if not _blocks(bucket, "BlockPublicAcls"):
        return False
    grantees = [
        (grant.get("Grantee") or {}).get("URI", "")
        for grant in (parameters.get("AccessControlPolicy") or {}).get("Grants") or ()
    ]
    granted = " ".join([*grantees, *(str(parameters.get(name) or "") for name in _GRANTS)])
    return parameters.get("ACL") in _PUBLIC_ACLS or any(group in granted for group in _EVERYBODY)


def allowed_by_acl(bucket: S3Bucket, action: str, parameters: Any) -> bool:
    """Say whether an access control list lets everyone do something, and counts."""
    if bucket.object_ownership == "BucketOwnerEnforced" or _blocks(bucket, "IgnorePublicAcls"):
        return False
    there: Any = bucket.objects.get(parameters.get("Key")) if action in _ON_OBJECTS else None
    holder, wanted = (there, _ON_OBJECTS[action]) if there else (bucket, _ON_BUCKETS.get(action))
    grants = ((getattr(holder, "acl", None) or {}).get("Grants")) or ()
    return any(
        (grant.get("Grantee") or {}).get("URI") == _EVERYBODY[0]
        and grant.get("Permission") in (wanted, "FULL_CONTROL")
        for grant in grants
    )


def _narrowed(statement: Statement) -> bool:
    return any(
        one.key in _NARROWING
        and not one.negated
        and not one.if_exists
        and not any("*" in value.split(":")[-1] or "${" in value for value in one.values)
        for one in statement.conditions
    )


def _blocks(bucket: S3Bucket, setting: str) -> bool:
    return bool((bucket.public_access_block or {}).get(setting))
