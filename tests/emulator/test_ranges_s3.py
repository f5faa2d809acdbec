"""S3 refuses what no object, listing or bucket can have, in its own words.

AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.refused import refusal

KEY = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
ELEVEN = "&".join(f"t{number}=v" for number in range(11))


@pytest.fixture(scope="module")
def bucket(emulator: Emulator) -> Iterator[str]:
    s3, name = emulator.client("s3"), f"ranges-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"")
    yield name
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (
            {"ServerSideEncryption": "ROT13"},
            "InvalidArgument: The encryption method specified is not supported",
        ),
        (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY},
            f"KMS.NotFoundException: Key '{KEY}'",
        ),
        (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/nobody"},
            "KMS.NotFoundException: Unable to find KMS alias with name alias/nobody",
        ),
        ({"SSEKMSKeyId": KEY}, "requires HTTP header x-amz-server-side-encryption : aws:kms"),
        ({"Tagging": ELEVEN}, "BadRequest: Object tags cannot be greater than 10"),
        ({"Tagging": f"{'t' * 129}=v"}, "InvalidTag: The TagKey you have provided is invalid"),
        ({"Tagging": f"t={'v' * 257}"}, "InvalidTag: The TagValue you have provided is invalid"),
        (
            {"WebsiteRedirectLocation": "elsewhere"},
            "InvalidRedirectLocation: The website redirect location must have a prefix of",
        ),
    ],
)
def test_how_objects_are_written(
    emulator: Emulator, bucket: str, request_: dict[str, Any], said: str
) -> None:
    """In one piece, in parts or as a copy."""
    for operation, more in (
        ("put_object", {}),
        ("create_multipart_upload", {}),
        ("copy_object", {"CopySource": f"{bucket}/k", "TaggingDirective": "REPLACE"}),
    ):
        request = {"Bucket": bucket, "Key": "never-made", **request_, **more}
        assert said in refusal(emulator, "s3", operation, request)


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        (
            "copy_object",
            {"CopySource": "{bucket}/k", "MetadataDirective": "KEEP"},
            "InvalidArgument: Unknown metadata directive.",
        ),
        (
            "copy_object",
            {"CopySource": "{bucket}/k", "TaggingDirective": "KEEP"},
            "InvalidArgument: Unknown tagging directive.",
        ),
        (
            "put_object_tagging",
            {"Tagging": {"TagSet": [{"Key": f"t{i}", "Value": "v"} for i in range(11)]}},
            "BadRequest: Object tags cannot be greater than 10",
        ),
        (
            "put_object_tagging",
            {"Tagging": {"TagSet": [{"Key": "t" * 129, "Value": "v"}]}},
            "InvalidTag: The TagKey you have provided is invalid",
        ),
        (
            "get_object",
            {"PartNumber": 0},
            "InvalidArgument: Part number must be an integer between 1 and 10000, inclusive",
        ),
        (
            "get_object",
            {"ChecksumMode": "SOMETIMES"},
            "InvalidRequest: Value for x-amz-checksum-mode header is invalid.",
        ),
        (
            "get_object_attributes",
            {"ObjectAttributes": ["Colour"]},
            "InvalidArgument: Invalid attri",
        ),
    ],
)
def test_requests_for_an_object(
    emulator: Emulator, bucket: str, operation: str, request_: dict[str, Any], said: str
) -> None:
    request = {
        name: value.format(bucket=bucket) if isinstance(value, str) else value
        for name, value in request_.items()
    }
    assert said in refusal(emulator, "s3", operation, {"Bucket": bucket, "Key": "k", **request})


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        *(
            (
                operation,
                {"MaxKeys": -1},
                "InvalidArgument: Argument maxKeys must be an integer between 0 and 2147483647",
            )
            for operation in ("list_objects", "list_objects_v2", "list_object_versions")
        ),
        (
            "list_multipart_uploads",
            {"MaxUploads": -1},
            "InvalidArgument: Argument max-uploads must",
        ),
        (
            "list_objects_v2",
            {"ContinuationToken": "junk!"},
            "InvalidArgument: The continuation token provided is incorrect",
        ),
        (
            "put_bucket_tagging",
            {"Tagging": {"TagSet": [{"Key": f"t{i}", "Value": "v"} for i in range(51)]}},
            "BadRequest: Bucket tag count cannot be greater than 50",
        ),
    ],
)
def test_requests_for_a_bucket(
    emulator: Emulator, bucket: str, operation: str, request_: dict[str, Any], said: str
) -> None:
    assert said in refusal(emulator, "s3", operation, {"Bucket": bucket, **request_})


def test_so_many_buckets_are_listed(emulator: Emulator) -> None:
    for count in (0, 10_001):
        said = refusal(emulator, "s3", "list_buckets", {"MaxBuckets": count})
        assert said.startswith("InvalidArgument: Argument max-buckets must be an integer between 1")


def _rule(**parts: Any) -> dict[str, Any]:
    return {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **parts}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (_rule(Expiration={"Days": -1}), "'Days' for Expiration action must be a positive integer"),
        (_rule(Expiration={"Days": 0}), "'Days' for Expiration action must be a positive integer"),
        (
            _rule(NoncurrentVersionExpiration={"NoncurrentDays": 0}),
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
        ),
        (
            _rule(
                NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 101}
            ),
            "'NewerNoncurrentVersions' must not be greater than 100",
        ),
        (
            _rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 0}),
            "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive",
        ),
        (
            _rule(Transitions=[{"Days": 29, "StorageClass": "STANDARD_IA"}]),
            "'Days' in Transition action must be greater than or equal to 30 for storageClass",
        ),
        (
            _rule(Transitions=[{"Days": -1, "StorageClass": "GLACIER"}]),
            "'Days' in Transition action must be greater than or equal to 0",
        ),
        (
            _rule(Transitions=[{"Days": 9, "StorageClass": "GLACIER"}], Expiration={"Days": 9}),
            "must be greater than 'Days' in the Transition action",
        ),
        (_rule(Transitions=[{"Days": 40, "StorageClass": "ATTIC"}]), "MalformedXML"),
        (_rule(Status="Perhaps", Expiration={"Days": 1}), "MalformedXML"),
        (_rule(Prefix="", Expiration={"Days": 1}), "MalformedXML"),
        (_rule(ID="i" * 256, Expiration={"Days": 1}), "ID length should not exceed allowed limit"),
        (_rule(), "At least one action needs to be specified in a rule"),
    ],
)
def test_rules_of_a_lifecycle(
    emulator: Emulator, bucket: str, rule: dict[str, Any], said: str
) -> None:
    """User Guide, "Setting an S3 Lifecycle configuration on a bucket"."""
    request = {"Bucket": bucket, "LifecycleConfiguration": {"Rules": [rule]}}
    assert said in refusal(emulator, "s3", "put_bucket_lifecycle_configuration", request)


def test_rules_at_their_limits(emulator: Emulator, bucket: str) -> None:
    rules = [
        _rule(ID="i" * 255, Expiration={"Days": 1}),
        _rule(
            ID="moves",
            Transitions=[
                {"Days": 0, "StorageClass": "GLACIER"},
                {"Days": 30, "StorageClass": "STANDARD_IA"},
            ],
            Expiration={"Days": 31},
            AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1},
        ),
        _rule(
            ID="old",
            NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 100},
        ),
    ]
    s3 = emulator.client("s3")
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    s3.delete_bucket_lifecycle(Bucket=bucket)


def test_a_bucket_encrypts_with_a_key_that_is_there(emulator: Emulator) -> None:
    """Its default may be any key; it is noticed when an object is written."""
    s3, name = emulator.client("s3"), f"ranges-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    for wanted in ("alias/nobody", KEY, key, "alias/aws/s3"):
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": wanted}
        s3.put_bucket_encryption(
            Bucket=name,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": default}]
            },
        )
        request = {"Bucket": name, "Key": "k", "Body": b""}
        if wanted in ("alias/nobody", KEY):
            said = refusal(emulator, "s3", "put_object", request)
            assert said == f"KMS.NotFoundException: Key '{wanted}' does not exist"
        else:
            s3.put_object(**request)
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)


def test_the_least_size_that_moves_is_one_of_two(emulator: Emulator, bucket: str) -> None:
    """Recorded: LocalStack v4.14.0, test_s3_transition_default_minimum_object_size."""
    request = {
        "Bucket": bucket,
        "LifecycleConfiguration": {"Rules": [_rule(Expiration={"Days": 1})]},
        "TransitionDefaultMinimumObjectSize": "value",
    }
    assert refusal(emulator, "s3", "put_bucket_lifecycle_configuration", request) == (
        "InvalidRequest: Invalid TransitionDefaultMinimumObjectSize found: value"
    )


def test_an_argument_without_a_value_is_shown_empty(emulator: Emulator, bucket: str) -> None:
    """Recorded: s3/test_s3.py::TestS3StaticWebsiteHosting::test_validate_website_configuration."""
    s3 = emulator.client("s3")
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": ""}})
    error: Mapping[str, Any] = refused.value.response["Error"]
    assert (error["ArgumentName"], error["ArgumentValue"]) == ("IndexDocument", None)
