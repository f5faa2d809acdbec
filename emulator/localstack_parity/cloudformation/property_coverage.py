"""Which properties of the pipeline's resource types apply here, and which do not.

Every property that AWS knows is in one of the two lists. A property that does not apply is refused,
unless its value is what holds without it anyway. What an API refuses by itself (container images,
a VPC) counts as applied: the resource fails with the API's own words.
"""

from collections.abc import Mapping
from typing import Any

APPLIED: Mapping[str, str] = {
    "AWS::CloudWatch::Alarm": "ActionsEnabled AlarmActions AlarmDescription AlarmName"
    " ComparisonOperator DatapointsToAlarm Dimensions EvaluateLowSampleCountPercentile"
    " EvaluationPeriods ExtendedStatistic InsufficientDataActions MetricName Metrics Namespace"
    " OKActions Period Statistic Tags Threshold ThresholdMetricId TreatMissingData Unit",
    "AWS::CloudWatch::Dashboard": "DashboardBody DashboardName",
    "AWS::IAM::ManagedPolicy": "Groups ManagedPolicyName PolicyDocument Roles Users",
    "AWS::IAM::Policy": "Groups PolicyDocument PolicyName Roles Users",
    "AWS::IAM::Role": "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration"
    " Path PermissionsBoundary Policies RoleName Tags",
    "AWS::Lambda::Alias": "Description FunctionName FunctionVersion Name"
    " ProvisionedConcurrencyConfig RoutingConfig",
    "AWS::Lambda::EventInvokeConfig": "DestinationConfig FunctionName MaximumEventAgeInSeconds"
    " MaximumRetryAttempts Qualifier",
    "AWS::Lambda::Function": "Architectures Code DeadLetterConfig Description Environment"
    " EphemeralStorage FunctionName Handler ImageConfig Layers LoggingConfig MemorySize"
    " PackageType ReservedConcurrentExecutions Role Runtime Tags Timeout TracingConfig VpcConfig",
    "AWS::Lambda::Permission": "Action EventSourceToken FunctionName FunctionUrlAuthType"
    " Principal PrincipalOrgID SourceAccount SourceArn",
    "AWS::Lambda::Version": "CodeSha256 Description FunctionName ProvisionedConcurrencyConfig",
    "AWS::Logs::LogGroup": "KmsKeyId LogGroupName RetentionInDays Tags",
    "AWS::S3::Bucket": "AccessControl BucketEncryption BucketName CorsConfiguration"
    " LifecycleConfiguration NotificationConfiguration ObjectLockConfiguration ObjectLockEnabled"
    " OwnershipControls PublicAccessBlockConfiguration Tags VersioningConfiguration"
    " WebsiteConfiguration",
    "AWS::S3::BucketPolicy": "Bucket PolicyDocument",
    "AWS::SNS::Subscription": "DeliveryPolicy Endpoint FilterPolicy FilterPolicyScope Protocol"
    " RawMessageDelivery RedrivePolicy Region TopicArn",
    "AWS::SNS::Topic": "ArchivePolicy ContentBasedDeduplication DeliveryStatusLogging DisplayName"
    " FifoThroughputScope FifoTopic KmsMasterKeyId SignatureVersion Subscription Tags TopicName"
    " TracingConfig",
    "AWS::SNS::TopicPolicy": "PolicyDocument Topics",
    "AWS::SQS::Queue": "ContentBasedDeduplication DeduplicationScope DelaySeconds FifoQueue"
    " FifoThroughputLimit KmsDataKeyReusePeriodSeconds KmsMasterKeyId MaximumMessageSize"
    " MessageRetentionPeriod QueueName ReceiveMessageWaitTimeSeconds RedriveAllowPolicy"
    " RedrivePolicy SqsManagedSseEnabled Tags VisibilityTimeout",
    "AWS::SQS::QueuePolicy": "PolicyDocument Queues",
}

# By path, with the values that change nothing.
REFUSED: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "AWS::CloudWatch::Alarm": {
        "ActionConfiguration": (),
        "EvaluationCriteria": (),
        "EvaluationInterval": (),
        "EvaluationWindow": (),
        "WarmUpConfiguration": (),
    },
    "AWS::CloudWatch::Dashboard": {"Tags": ([],)},
    "AWS::IAM::ManagedPolicy": {"Description": ("",), "Path": ("/",)},
    "AWS::Lambda::Function": {
        "CapacityProviderConfig": (),
        "Code/S3ObjectStorageMode": ("COPY",),
        "Code/SourceKMSKeyArn": (),
        "CodeSigningConfigArn": (),
        "DurableConfig": (),
        "FileSystemConfigs": ([],),
        "FunctionScalingConfig": (),
        "KmsKeyArn": (),
        "PublishToLatestPublished": (False, "false"),
        "RecursiveLoop": ("Terminate",),
        "RuntimeManagementConfig": ({"UpdateRuntimeOn": "Auto"},),
        "SnapStart": ({"ApplyOn": "None"},),
        "TenancyConfig": (),
    },
    "AWS::Lambda::Permission": {"InvokedViaFunctionUrl": (False, "false")},
    "AWS::Lambda::Version": {
        "FunctionScalingConfig": (),
        "RuntimePolicy": ({"UpdateRuntimeOn": "Auto"},),
    },
    "AWS::Logs::LogGroup": {
        "BearerTokenAuthenticationEnabled": (False, "false"),
        "DataProtectionPolicy": (),
        "DeletionProtectionEnabled": (False, "false"),
        "FieldIndexPolicies": ([],),
        "LogGroupClass": ("STANDARD",),
        "ResourcePolicyDocument": (),
    },
    "AWS::S3::Bucket": {
        "AbacStatus": ("Disabled",),
        "AccelerateConfiguration": ({"AccelerationStatus": "Suspended"},),
        "AnalyticsConfigurations": ([],),
        "BucketNamePrefix": (),
        "BucketNamespace": ("global",),
        "IntelligentTieringConfigurations": ([],),
        "InventoryConfigurations": ([],),
        "LifecycleConfiguration/TransitionDefaultMinimumObjectSize": ("all_storage_classes_128K",),
        "LoggingConfiguration": ({},),
        "MetadataConfiguration": (),
        "MetadataTableConfiguration": (),
        "MetricsConfigurations": ([],),
        "ReplicationConfiguration": (),
    },
    "AWS::SNS::Subscription": {"ReplayPolicy": (), "SubscriptionRoleArn": ()},
    "AWS::SNS::Topic": {
        "DataProtectionPolicy": (),
        "MaximumMessageSize": (),
    },
}


def refused(resource_type: str, properties: Mapping[str, Any]) -> str | None:
    """Return the first property that does not apply here although it would change something."""
    for path, harmless in REFUSED.get(resource_type, {}).items():
        value: Any = properties
        for part in path.split("/"):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None and value not in harmless:
            return path.replace("/", ".")
    return None
