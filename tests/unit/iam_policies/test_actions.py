"""Which actions an operation needs, and on which resource."""

from typing import Any

import boto3
import pytest

from iam_policies.actions import known, needed
from iam_policies.resources import Where, arn_of

WHERE = Where("aws", "us-east-1", "111122223333")
HERE = "us-east-1:111122223333"

# Parts of operations' names that belong to directory buckets, Object Lambda and other features that
# LocalStack does not have.
ELSEWHERE = (
    "Annotation",
    "CreateSession",
    "DirectoryBuckets",
    "MetadataConfiguration",
    "RenameObject",
    "UpdateObjectEncryption",
    "WriteGetObjectResponse",
)


@pytest.mark.parametrize("service", ["s3", "sns", "sqs", "sts", "events"])
def test_every_operation_has_an_action_that_exists(service: str) -> None:
    """As AWS's Service Authorization Reference lists them."""
    client = boto3.client(service, "us-east-1")
    for operation in client.meta.service_model.operation_names:
        if any(part in operation for part in ELSEWHERE):
            continue
        for need in needed(service, operation, {"Bucket": "b", "CopySource": "b/k"}):
            assert known(need.action), f"{operation} → {need.action}"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("s3", "GetObject", {"Bucket": "b", "Key": "k"}, ["s3:GetObject arn:aws:s3:::b/k"]),
        (
            "s3",
            "HeadObject",
            {"Bucket": "b", "Key": "k", "VersionId": "1"},
            ["s3:GetObjectVersion arn:aws:s3:::b/k"],
        ),
        ("s3", "ListObjectsV2", {"Bucket": "b"}, ["s3:ListBucket arn:aws:s3:::b"]),
        ("s3", "ListObjectVersions", {"Bucket": "b"}, ["s3:ListBucketVersions arn:aws:s3:::b"]),
        ("s3", "ListBuckets", {}, ["s3:ListAllMyBuckets *"]),
        (
            "s3",
            "PutObject",
            {"Bucket": "b", "Key": "k", "Tagging": "a=1", "ACL": "private"},
            [
                "s3:PutObject arn:aws:s3:::b/k",
                "s3:PutObjectTagging arn:aws:s3:::b/k",
                "s3:PutObjectAcl arn:aws:s3:::b/k",
            ],
        ),
        (
            "s3",
            "CopyObject",
            {"Bucket": "b", "Key": "k", "CopySource": "from/a%20b?versionId=1"},
            ["s3:GetObjectVersion arn:aws:s3:::from/a b", "s3:PutObject arn:aws:s3:::b/k"],
        ),
        (
            "s3",
            "DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "1"}, {"Key": "2", "VersionId": "v"}]}},
            ["s3:DeleteObject arn:aws:s3:::b/1", "s3:DeleteObjectVersion arn:aws:s3:::b/2"],
        ),
        (
            "s3",
            "PutBucketNotificationConfiguration",
            {"Bucket": "b"},
            ["s3:PutBucketNotification arn:aws:s3:::b"],
        ),
        ("lambda", "Invoke", {"FunctionName": "f"}, [f"lambda:InvokeFunction {HERE}:function:f"]),
        (
            "lambda",
            "Invoke",
            {"FunctionName": "444455556666:function:f", "Qualifier": "live"},
            ["lambda:InvokeFunction us-east-1:444455556666:function:f:live"],
        ),
        (
            "lambda",
            "Invoke",
            {"FunctionName": f"arn:aws:lambda:{HERE}:function:f:1"},
            [f"lambda:InvokeFunction {HERE}:function:f:1"],
        ),
        (
            "lambda",
            "CreateFunction",
            {"FunctionName": "f", "Role": "arn:aws:iam::1:role/r"},
            [f"lambda:CreateFunction {HERE}:function:f", "iam:PassRole arn:aws:iam::1:role/r"],
        ),
        (
            "logs",
            "PutLogEvents",
            {"logGroupName": "/g", "logStreamName": "s"},
            [f"logs:PutLogEvents {HERE}:log-group:/g:log-stream:s"],
        ),
        (
            "logs",
            "CreateLogGroup",
            {"logGroupName": "/g"},
            [f"logs:CreateLogGroup {HERE}:log-group:/g:log-stream:"],
        ),
        (
            "sns",
            "PublishBatch",
            {"TopicArn": f"arn:aws:sns:{HERE}:t"},
            [f"sns:Publish {HERE}:t"],
        ),
        (
            "sqs",
            "SendMessageBatch",
            {"QueueUrl": "http://localhost:4566/444455556666/q"},
            ["sqs:SendMessage us-east-1:444455556666:q"],
        ),
        ("cloudwatch", "PutMetricData", {"Namespace": "n"}, ["cloudwatch:PutMetricData *"]),
        ("sts", "GetCallerIdentity", {}, []),
        ("ec2", "RunInstances", {}, ["ec2:RunInstances *"]),
    ],
)
def test_a_request_needs_actions_on_resources(
    service: str, operation: str, parameters: dict[str, Any], expected: list[str]
) -> None:
    """S3 User Guide, "Required permissions for Amazon S3 API operations"; for others the Service
    Authorization Reference."""
    needs = [
        f"{need.action} {arn_of(need.action, need.parameters, WHERE)}"
        for need in needed(service, operation, parameters)
    ]
    short = [need.replace(f"arn:aws:{service}:us-east-1", "us-east-1") for need in needs]
    assert short == expected
