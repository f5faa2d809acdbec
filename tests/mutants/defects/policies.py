"""Defects in who else may do what: Lambda permissions, policies of topic, buckets and queue."""

from tests.mutants.mutant import Mutant
from tests.mutants.template_edits import Remove, RenameKey, Replace, Set

_NO_DESTINATION = (
    "PutBucketNotification fails: Unable to validate the following destination configurations."
)
_AWS = "https://docs.aws.amazon.com/"
_LAMBDA = f"{_AWS}lambda/latest/"
_SILENT_ALARMS = "Alarms change their state and nobody is notified."
_ALARMS = f"{_AWS}AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"
_S3 = f"{_AWS}AmazonS3/latest/"
_IAM = f"{_AWS}IAM/latest/UserGuide/"

MUTANTS = [
    # S3 to Lambda
    Mutant(
        "no-invoke-permission",
        "S3 is not permitted to invoke the function",
        [Remove("UploadInvokePermission"), Remove("BucketNotifications.DependsOn")],
        _NO_DESTINATION,
        f"{_LAMBDA}dg/with-s3.html",
        "lint",
    ),
    Mutant(
        "permission-for-another-bucket",
        "SourceArn is the processed bucket",
        [Set("UploadInvokePermission.Properties.SourceArn", "!GetAtt ProcessedBucket.Arn")],
        _NO_DESTINATION,
        f"{_LAMBDA}dg/with-s3.html",
        "lint",
    ),
    Mutant(
        "permission-for-another-account",
        "SourceAccount is somebody else",
        [Set("UploadInvokePermission.Properties.SourceAccount", '"210987654321"')],
        _NO_DESTINATION,
        f"{_LAMBDA}dg/with-s3.html",
        "lint",
    ),
    Mutant(
        "permission-for-another-service",
        "The permission is for sns.amazonaws.com",
        [Set("UploadInvokePermission.Properties.Principal", "sns.amazonaws.com")],
        _NO_DESTINATION,
        f"{_LAMBDA}dg/with-s3.html",
        "lint",
    ),
    Mutant(
        "permission-for-another-function",
        "The permission is on the failure notifier",
        [Set("UploadInvokePermission.Properties.FunctionName", "!Ref FailureNotifier")],
        _NO_DESTINATION,
        f"{_LAMBDA}dg/with-s3.html",
        "lint",
    ),
    # Policies of topic, buckets and queue
    Mutant(
        "topic-without-cloudwatch",
        "The topic's policy lets EventBridge publish, not CloudWatch",
        [Set("NotificationTopicPolicy..Service", "events.amazonaws.com")],
        _SILENT_ALARMS,
        _ALARMS,
        "lint",
    ),
    Mutant(
        "topic-for-other-alarms",
        "aws:SourceArn in the topic's policy matches no alarm",
        [Replace("NotificationTopicPolicy..aws:SourceArn", ":alarm:", ":alarms:")],
        _SILENT_ALARMS,
        _ALARMS,
        "lint",
    ),
    Mutant(
        "bucket-denies-everything",
        "The TLS-only statement of the upload bucket has lost its condition",
        [Remove("UploadBucketPolicy..Condition")],
        "Nobody can use the bucket, the function included.",
        f"{_S3}userguide/amazon-s3-policy-keys.html",
        "lint",
    ),
    Mutant(
        "bucket-denies-tls",
        "The processed bucket denies requests over TLS, not those without",
        [Set("ProcessedBucketPolicy..aws:SecureTransport", '"true"')],
        "Every request that comes over TLS is denied.",
        f"{_S3}userguide/amazon-s3-policy-keys.html",
        "lint",
    ),
    Mutant(
        "bucket-without-tls-policy",
        "The upload bucket has no policy that asks for TLS",
        [Remove("UploadBucketPolicy")],
        "Pictures may travel in the clear; s3-bucket-ssl-requests-only of AWS Config is not met.",
        f"{_S3}userguide/security-best-practices.html",
        "lint",
    ),
    Mutant(
        "policy-of-another-bucket",
        "The upload bucket's policy is about the processed bucket",
        [Set("UploadBucketPolicy..Resource.1", "!Sub ${ProcessedBucket.Arn}/*")],
        "PutBucketPolicy fails: MalformedPolicy, policy has invalid resource.",
        f"{_S3}userguide/s3-bucket-user-policy-specifying-resource-intro.html",
        "lint",
    ),
    Mutant(
        "queue-denies-everything",
        "The queue's statement on TLS has lost its condition",
        [Remove("FailureQueuePolicy..Condition")],
        "The failure notifier is denied: failures are kept nowhere.",
        f"{_IAM}reference_policies_evaluation-logic.html",
        "lint",
    ),
    Mutant(
        "condition-key-with-a-typo",
        "aws:SecureTransports is not a condition key",
        [RenameKey("FailureQueuePolicy..aws:SecureTransport", "aws:SecureTransports")],
        "The condition never holds, so nothing is denied.",
        f"{_IAM}reference_policies_condition-keys.html",
        "lint",
    ),
]
