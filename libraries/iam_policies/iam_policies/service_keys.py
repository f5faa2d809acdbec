"""Condition keys of single services; each exists for the actions that the reference names.

Sources: Service Authorization Reference; IAM User Guide, "IAM and AWS STS condition context keys";
S3 User Guide, "Bucket policy examples using condition keys".
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from iam_policies.facts import Facts, Value, first, parameter
from iam_policies.global_keys import object_tags


def _remaining_days(facts: Facts) -> Value:
    until = first(("ObjectLockRetainUntilDate",), ("Retention", "RetainUntilDate"))(facts)
    if not isinstance(until, str):
        return None
    return str(-((datetime.now(UTC) - datetime.fromisoformat(until)) // timedelta(days=1)))


def _content_hash(facts: Facts) -> Value:
    """A URL signs no content unless it says so. "Deny uploads that use presigned URLs"."""
    place, version, _ = facts.signature()
    in_url = place == "REST-QUERY-STRING" and version.startswith("AWS4")
    said = facts.header("x-amz-content-sha256") or facts.argument("X-Amz-Content-Sha256")
    return said or ("UNSIGNED-PAYLOAD" if in_url else None)


def _signature_age(facts: Facts) -> Value:
    age = facts.signature()[2]
    return None if age is None else str(age)


def _function(facts: Facts) -> Value:
    name = parameter("FunctionName")(facts)
    if not isinstance(name, str) or name.startswith("arn:"):
        return name
    return (
        f"arn:aws:lambda:{facts.region}:{facts.owner}:function:{name.rpartition(':function:')[2]}"
    )


_SINGLE_WRITES = ("PutObject", "CopyObject", "CompleteMultipartUpload", "PostObject")

OF_SERVICES: dict[str, Callable[[Facts], Value]] = {
    "cloudformation:changesetname": parameter("ChangeSetName"),
    "cloudformation:resourcetypes": parameter("ResourceTypes"),
    "cloudformation:rolearn": parameter("RoleARN"),
    "cloudformation:stackpolicyurl": parameter("StackPolicyURL"),
    "cloudformation:templateurl": parameter("TemplateURL"),
    "cloudwatch:alarmactions": parameter("AlarmActions"),
    "cloudwatch:namespace": parameter("Namespace"),
    "iam:awsservicename": parameter("AWSServiceName"),
    "iam:organizationspolicyid": parameter("OrganizationsPolicyId"),
    "iam:passedtoservice": lambda facts: f"{facts.service}.amazonaws.com",
    "iam:permissionsboundary": lambda facts: (
        parameter("PermissionsBoundary")(facts) or facts.boundary() or None
    ),
    "iam:policyarn": parameter("PolicyArn"),
    "lambda:codesigningconfigarn": parameter("CodeSigningConfigArn"),
    "lambda:functionarn": _function,
    "lambda:functionurlauthtype": first(("FunctionUrlAuthType",), ("AuthType",)),
    "lambda:invokedviafunctionurl": parameter("InvokedViaFunctionUrl"),
    "lambda:layer": parameter("Layers"),
    "lambda:principal": parameter("Principal"),
    "lambda:securitygroupids": parameter("VpcConfig", "SecurityGroupIds"),
    "lambda:subnetids": parameter("VpcConfig", "SubnetIds"),
    "logs:deliverydestinationresourcearn": parameter(
        "deliveryDestinationConfiguration", "destinationResourceArn"
    ),
    "logs:loggeneratingresourcearns": parameter("resourceArn"),
    "s3:authtype": lambda facts: facts.signature()[0] or None,
    "s3:delimiter": parameter("Delimiter"),
    "s3:if-match": parameter("IfMatch"),
    "s3:if-none-match": parameter("IfNoneMatch"),
    "s3:inventoryaccessibleoptionalfields": parameter("InventoryConfiguration", "OptionalFields"),
    "s3:locationconstraint": first(
        ("CreateBucketConfiguration", "LocationConstraint"), ("LocationConstraint",)
    ),
    "s3:max-keys": parameter("MaxKeys"),
    "s3:object-lock-legal-hold": first(("ObjectLockLegalHoldStatus",), ("LegalHold", "Status")),
    "s3:object-lock-mode": first(("ObjectLockMode",), ("Retention", "Mode")),
    "s3:object-lock-remaining-retention-days": _remaining_days,
    "s3:object-lock-retain-until-date": first(
        ("ObjectLockRetainUntilDate",), ("Retention", "RetainUntilDate")
    ),
    "s3:objectcreationoperation": lambda facts: str(facts.operation in _SINGLE_WRITES).lower(),
    "s3:prefix": lambda facts: parameter("Prefix")(facts) or "",
    "s3:requestobjecttagkeys": lambda facts: tuple(object_tags(facts)) or None,
    "s3:resourceaccount": lambda facts: facts.owner,
    "s3:signatureage": _signature_age,
    "s3:signatureversion": lambda facts: facts.signature()[1] or None,
    "s3:tlsversion": lambda facts: "1.3" if facts.encrypted() else None,
    "s3:versionid": parameter("VersionId"),
    "s3:x-amz-acl": parameter("ACL"),
    "s3:x-amz-content-sha256": _content_hash,
    "s3:x-amz-copy-source": parameter("CopySource"),
    "s3:x-amz-grant-full-control": parameter("GrantFullControl"),
    "s3:x-amz-grant-read": parameter("GrantRead"),
    "s3:x-amz-grant-read-acp": parameter("GrantReadACP"),
    "s3:x-amz-grant-write": parameter("GrantWrite"),
    "s3:x-amz-grant-write-acp": parameter("GrantWriteACP"),
    "s3:x-amz-metadata-directive": parameter("MetadataDirective"),
    "s3:x-amz-object-ownership": parameter("ObjectOwnership"),
    "s3:x-amz-server-side-encryption": parameter("ServerSideEncryption"),
    "s3:x-amz-server-side-encryption-aws-kms-key-id": parameter("SSEKMSKeyId"),
    "s3:x-amz-server-side-encryption-customer-algorithm": parameter("SSECustomerAlgorithm"),
    "s3:x-amz-storage-class": parameter("StorageClass"),
    "s3:x-amz-website-redirect-location": parameter("WebsiteRedirectLocation"),
    "sns:endpoint": parameter("Endpoint"),
    "sns:protocol": parameter("Protocol"),
    "sts:durationseconds": parameter("DurationSeconds"),
    "sts:externalid": parameter("ExternalId"),
    "sts:rolesessionname": parameter("RoleSessionName"),
    "sts:sourceidentity": parameter("SourceIdentity"),
    "sts:transitivetagkeys": parameter("TransitiveTagKeys"),
}
