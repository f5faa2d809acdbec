"""AWS::S3::Bucket: private, with all that the template says, updated in place, never adopted.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.s3.resource_providers import aws_s3_bucket

from localstack_parity.cloudformation.properties import lifecycle_rules
from localstack_parity.cloudformation.properties.models import (
    Model,
    done,
    failed,
    undone_on_error,
    updated,
)
from localstack_parity.s3 import bucket_names

_READ_ONLY = ("BucketName", "Arn", "DomainName", "RegionalDomainName", "WebsiteURL")
_PUBLIC_ACCESS_BLOCK = (
    "BlockPublicAcls",
    "BlockPublicPolicy",
    "IgnorePublicAcls",
    "RestrictPublicBuckets",
)


class Provider(aws_s3_bucket.S3BucketProvider):
    """Buckets as AWS creates, changes and deletes them."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Create the bucket and give it its properties; a bucket that exists is not taken over."""
        name = request.desired_state.get("BucketName")
        if name and not bucket_names.is_valid(name):
            return failed({}, f"Bucket name {name} is not valid.")
        s3 = request.aws_client_factory.s3
        if name and _exists(s3, name):
            return failed({}, f"{name} already exists")
        with undone_on_error(lambda: s3.delete_bucket(Bucket=request.desired_state["BucketName"])):
            event = super().create(request)
            _configure(s3, {}, event.resource_model)
        return event

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Change every property that the template changed, and end what it no longer says."""
        model = updated(request, *_READ_ONLY)
        s3, bucket = request.aws_client_factory.s3, model["BucketName"]
        before = request.previous_state or {}
        _configure(s3, before, model)
        notifications = self._get_s3_bucket_notification_config(model)
        if notifications:
            s3.put_bucket_notification_configuration(**notifications)
        elif before.get("NotificationConfiguration"):
            s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
        versioning = model.get("VersioningConfiguration")
        if versioning or before.get("VersioningConfiguration"):
            status = (versioning or {}).get("Status", "Suspended")
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        cors = self._transform_cfn_cors(model.get("CorsConfiguration"))
        website = self._transform_website_configuration(model.get("WebsiteConfiguration"))
        _set(s3, bucket, "cors", "CORSConfiguration", cors, before.get("CorsConfiguration"))
        _set(
            s3,
            bucket,
            "website",
            "WebsiteConfiguration",
            website,
            before.get("WebsiteConfiguration"),
        )
        tags = {"TagSet": model["Tags"]} if model.get("Tags") else None
        _set(s3, bucket, "tagging", "Tagging", tags, before.get("Tags"))
        return done(model)

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Delete the bucket, unless something is in it."""
        model = request.desired_state
        try:
            request.aws_client_factory.s3.delete_bucket(Bucket=model["BucketName"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                return failed(model, error.response["Error"]["Message"])
        return done(model)

    def _create_bucket_if_does_not_exist(self, model: Model, region_name: str, s3: Any) -> None:
        """Create the bucket; without an AccessControl it is private."""
        parameters: Model = {"Bucket": model["BucketName"]}
        if acl := model.get("AccessControl"):
            parameters["ACL"] = self._convert_acl_cf_to_s3(acl)
        if model.get("ObjectLockEnabled"):
            parameters["ObjectLockEnabledForBucket"] = True
        if region_name != "us-east-1":
            parameters["CreateBucketConfiguration"] = {"LocationConstraint": region_name}
        s3.create_bucket(**parameters)


def _exists(s3: Any, bucket: str) -> bool:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] != 404)
    return True


def _configure(s3: Any, before: Model, model: Model) -> None:
    """Apply the properties that LocalStack's provider never looks at."""
    bucket = model["BucketName"]
    if encryption := model.get("BucketEncryption"):
        rules = [_encryption_rule(r) for r in encryption["ServerSideEncryptionConfiguration"]]
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    elif before.get("BucketEncryption"):
        s3.delete_bucket_encryption(Bucket=bucket)
    if ownership := model.get("OwnershipControls"):
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=ownership)
    elif before.get("OwnershipControls"):
        s3.delete_bucket_ownership_controls(Bucket=bucket)
    if block := model.get("PublicAccessBlockConfiguration"):
        values = {name: _truth(block.get(name, False)) for name in _PUBLIC_ACCESS_BLOCK}
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=values)
    elif before.get("PublicAccessBlockConfiguration"):
        s3.delete_public_access_block(Bucket=bucket)
    if lifecycle := model.get("LifecycleConfiguration"):
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration=lifecycle_rules.to_api(lifecycle)
        )
    elif before.get("LifecycleConfiguration"):
        s3.delete_bucket_lifecycle(Bucket=bucket)


def _set(
    s3: Any, bucket: str, what: str, parameter: str, value: Model | None, before: object
) -> None:
    """Put a sub-resource of the bucket, or delete the one that the template had before."""
    if value:
        getattr(s3, f"put_bucket_{what}")(Bucket=bucket, **{parameter: value})
    elif before:
        getattr(s3, f"delete_bucket_{what}")(Bucket=bucket)


def _encryption_rule(rule: Model) -> Model:
    api: Model = {}
    if default := rule.get("ServerSideEncryptionByDefault"):
        api["ApplyServerSideEncryptionByDefault"] = default
    if "BucketKeyEnabled" in rule:
        api["BucketKeyEnabled"] = _truth(rule["BucketKeyEnabled"])
    return api


def _truth(value: object) -> bool:
    return str(value).lower() == "true"
