"""AWS's defaults: what a resource has where its template says nothing.

Sources: "Default" of the properties in the AWS CloudFormation Template Reference, and the API
Reference of each service.
"""

from collections.abc import Mapping
from typing import Any

ABSENT = None  # there is none of it unless the template says so

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "AWS::CloudWatch::Alarm": {
        "ActionsEnabled": True,
        "AlarmActions": ABSENT,
        "DatapointsToAlarm": ABSENT,
        "Dimensions": ABSENT,
        "InsufficientDataActions": ABSENT,
        "OKActions": ABSENT,
        "TreatMissingData": "missing",
        "Unit": ABSENT,
    },
    "AWS::IAM::Role": {
        "Description": ABSENT,
        "ManagedPolicyArns": ABSENT,
        "MaxSessionDuration": 3600,
        "Path": "/",
        "PermissionsBoundary": ABSENT,
        "Policies": ABSENT,
    },
    "AWS::Lambda::EventInvokeConfig": {
        "DestinationConfig": ABSENT,
        "MaximumEventAgeInSeconds": 21_600,
        "MaximumRetryAttempts": 2,
    },
    "AWS::Lambda::Function": {
        "Architectures": ["x86_64"],
        "DeadLetterConfig": ABSENT,
        "Description": ABSENT,
        "Environment": ABSENT,
        "EphemeralStorage": {"Size": 512},
        "Layers": ABSENT,
        "MemorySize": 128,
        "PackageType": "Zip",
        "ReservedConcurrentExecutions": ABSENT,
        "Timeout": 3,
        "TracingConfig": {"Mode": "PassThrough"},
    },
    "AWS::Lambda::Permission": {
        "PrincipalOrgID": ABSENT,
        "SourceAccount": ABSENT,
        "SourceArn": ABSENT,
    },
    "AWS::Logs::LogGroup": {
        "KmsKeyId": ABSENT,
        "LogGroupClass": "STANDARD",
        "RetentionInDays": ABSENT,
    },
    "AWS::S3::Bucket": {
        "CorsConfiguration": ABSENT,
        "LifecycleConfiguration": ABSENT,
        "VersioningConfiguration": ABSENT,
    },
    "AWS::SNS::Subscription": {
        "FilterPolicy": ABSENT,
        "RawMessageDelivery": False,
        "RedrivePolicy": ABSENT,
    },
    "AWS::SNS::Topic": {"DisplayName": ABSENT, "KmsMasterKeyId": ABSENT},
    "AWS::SQS::Queue": {
        "DelaySeconds": 0,
        "KmsMasterKeyId": ABSENT,
        "MaximumMessageSize": 1_048_576,
        "MessageRetentionPeriod": 345_600,
        "ReceiveMessageWaitTimeSeconds": 0,
        "RedrivePolicy": ABSENT,
        "SqsManagedSseEnabled": True,
        "VisibilityTimeout": 30,
    },
}
