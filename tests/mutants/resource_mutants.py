"""Defects in the resources of the template: references, names, limits, properties, updates."""

from tests.mutants.mutant import Mutant, template, without

_AWS = "https://docs.aws.amazon.com/"
_CLOUDFORMATION = f"{_AWS}AWSCloudFormation/latest/UserGuide/"
_REFERENCE = f"{_AWS}AWSCloudFormation/latest/TemplateReference/"
_LAMBDA = f"{_AWS}lambda/latest/"
_LOGS = f"{_AWS}AmazonCloudWatch/latest/logs/"
_S3 = f"{_AWS}AmazonS3/latest/"

_NAME = "      BucketName: !Sub image-upload-bucket-${EnvironmentSuffix}-${AWS::AccountId}\n"
_NOTIFICATIONS = """\
      NotificationConfiguration:
        LambdaConfigurations:
          - Event: "s3:ObjectCreated:*"
            Function: !GetAtt ImageProcessor.Arn
"""

MUTANTS = [
    # References
    Mutant(
        "getatt-with-a-typo",
        "!GetAtt ImageProcessorRole.ARN",
        [template("!GetAtt ImageProcessorRole.Arn", "!GetAtt ImageProcessorRole.ARN")],
        "CreateChangeSet fails: the attribute does not exist.",
        f"{_REFERENCE}intrinsic-function-reference-getatt.html",
        "lint",
    ),
    Mutant(
        "ref-with-a-typo",
        "!Ref of a resource that is not there",
        [template("!Ref ProcessedBucket", "!Ref ProcessedImages", "ImageProcessor")],
        "CreateChangeSet fails: unresolved resource dependencies.",
        f"{_REFERENCE}intrinsic-function-reference-ref.html",
        "lint",
    ),
    Mutant(
        "role-by-name",
        "Role is the role's name",
        [template("Role: !GetAtt ImageProcessorRole.Arn", "Role: !Ref ImageProcessorRole")],
        "CreateFunction fails: the role must be an ARN.",
        f"{_LAMBDA}api/API_CreateFunction.html",
        "lint",
    ),
    Mutant(
        "dead-letters-by-url",
        "The dead-letter target is the queue's URL",
        [template("TargetArn: !GetAtt FailureQueue.Arn", "TargetArn: !Ref FailureQueue")],
        "CreateFunction fails: the target must be an ARN.",
        f"{_LAMBDA}api/API_DeadLetterConfig.html",
        "lint",
    ),
    Mutant(
        "service-token-by-name",
        "ServiceToken is the function's name",
        [
            template(
                "ServiceToken: !GetAtt BucketNotificationsFunction.Arn",
                "ServiceToken: !Ref BucketNotificationsFunction",
            )
        ],
        "The custom resource fails: the ServiceToken must be an ARN.",
        f"{_REFERENCE}aws-resource-cloudformation-customresource.html",
        "lint",
    ),
    Mutant(
        "name-without-sub",
        "A ${...} in a name without !Sub",
        [template("FunctionName: !Sub ", "FunctionName: ", "FailureNotifier")],
        "CreateFunction fails: the name does not match its pattern.",
        f"{_LAMBDA}api/API_CreateFunction.html",
        "lint",
    ),
    Mutant(
        "circular-dependency",
        "The notifications are on the bucket itself",
        [template(_NAME, _NAME + _NOTIFICATIONS)],
        "CreateChangeSet fails: circular dependency between resources.",
        f"{_CLOUDFORMATION}troubleshooting.html",
        "lint",
    ),
    Mutant(
        "notifications-before-the-permission",
        "DependsOn is missing on the custom resource",
        [template("    DependsOn: UploadInvokePermission\n", "")],
        "CloudFormation makes both at the same time; S3 refuses if the notifications come first.",
        f"{_REFERENCE}aws-attribute-dependson.html",
        "lint",
    ),
    # Names
    Mutant(
        "bucket-with-capitals",
        "The bucket's name has a capital letter",
        [template("BucketName: !Sub image-upload", "BucketName: !Sub Image-upload")],
        "CreateBucket fails: InvalidBucketName.",
        f"{_S3}userguide/bucketnamingrules.html",
        "lint",
    ),
    Mutant(
        "bucket-name-too-long",
        "The name fits with dev, not with the longest suffix allowed",
        [template("!Sub processed-images-bucket-", "!Sub processed-and-resized-images-bucket-")],
        "CreateBucket fails for environments with longer names: at most 63 characters.",
        f"{_S3}userguide/bucketnamingrules.html",
        "lint",
    ),
    Mutant(
        "named-role",
        "The role has a name, which needs CAPABILITY_NAMED_IAM",
        [
            template(
                "      Description:",
                "      RoleName: !Sub image-processor-${EnvironmentSuffix}\n      Description:",
                "ImageProcessorRole",
            )
        ],
        "CreateChangeSet with CAPABILITY_IAM fails: InsufficientCapabilities.",
        f"{_CLOUDFORMATION}control-access-with-iam.html",
        "lint",
    ),
    # Functions
    Mutant(
        "timeout-too-long",
        "Timeout: 901",
        [template("Timeout: 60", "Timeout: 901", "ImageProcessor")],
        "CreateFunction fails: the timeout is at most 900.",
        f"{_LAMBDA}dg/gettingstarted-limits.html",
        "lint",
    ),
    Mutant(
        "memory-too-small",
        "MemorySize: 64",
        [template("MemorySize: 512", "MemorySize: 64")],
        "CreateFunction fails: the memory is at least 128.",
        f"{_LAMBDA}dg/gettingstarted-limits.html",
        "lint",
    ),
    Mutant(
        "memory-too-small-to-run",
        "MemorySize: 128 for photos of 120 megapixels",
        [template("MemorySize: 512", "MemorySize: 128")],
        "Runtime.OutOfMemory as soon as a large photo comes.",
        f"{_LAMBDA}dg/troubleshooting-invocation.html",
        "lint",
    ),
    Mutant(
        "reserved-variable",
        "AWS_REGION among the environment variables",
        [
            template(
                "          TOPIC_ARN:",
                "          AWS_REGION: us-east-1\n          TOPIC_ARN:",
                "ImageProcessor",
            )
        ],
        "CreateFunction fails: reserved keys.",
        f"{_LAMBDA}dg/configuration-envvars.html",
        "lint",
    ),
    Mutant(
        "missing-variable",
        "TOPIC_ARN is not set",
        [without("TOPIC_ARN:", "ImageProcessor")],
        "Every invocation fails while the module is loaded: KeyError.",
        f"{_LAMBDA}dg/configuration-envvars.html",
        "lint",
    ),
    Mutant(
        "variable-of-another-resource",
        "PROCESSED_BUCKET is the upload bucket",
        [template("!Ref ProcessedBucket", "!Ref UploadBucket", "ImageProcessor")],
        "The role may not write there: AccessDenied.",
        f"{_LAMBDA}dg/configuration-envvars.html",
        "lint",
    ),
    Mutant(
        "retired-runtime",
        "Runtime: python3.7",
        [template("Runtime: python3.13", "Runtime: python3.7", "ImageProcessor")],
        "CreateFunction fails: the runtime is not supported any more.",
        f"{_LAMBDA}dg/lambda-runtimes.html",
        "lint",
    ),
    Mutant(
        "wrong-architecture",
        "The function is of another architecture than its package",
        [
            template(
                "Architectures: [!Ref Architecture]",
                "Architectures: [!If [OtherArchitecture, x86_64, arm64]]",
                "ImageProcessor",
            ),
            template(
                "Conditions:\n",
                "Conditions:\n  OtherArchitecture: !Equals [!Ref Architecture, arm64]\n",
            ),
        ],
        "Pillow's compiled modules cannot be loaded: Runtime.ImportModuleError.",
        f"{_LAMBDA}dg/foundation-arch.html",
        "lint",
    ),
    Mutant(
        "wrong-handler",
        "The handler is handler.lambda_handler",
        [template("handler.handler", "handler.lambda_handler", "ImageProcessor")],
        "Every invocation fails: Runtime.HandlerNotFound.",
        f"{_LAMBDA}dg/python-handler.html",
        "lint",
    ),
    Mutant(
        "concurrency-of-minus-one",
        "-1 is passed on as the reserved concurrency",
        [
            template(
                "!If [ReserveConcurrency, !Ref ReservedConcurrency, !Ref AWS::NoValue]",
                "!Ref ReservedConcurrency",
            )
        ],
        "PutFunctionConcurrency fails: at least 0.",
        f"{_LAMBDA}api/API_PutFunctionConcurrency.html",
        "lint",
    ),
    Mutant(
        "one-at-a-time",
        "One reserved execution by default",
        [template("    Default: -1\n", "    Default: 1\n")],
        "All uploads but one at a time are throttled: the alarm rings, and pictures wait.",
        f"{_LAMBDA}dg/configuration-concurrency.html",
        "daily-load",
    ),
    Mutant(
        "outputs-are-retained-for-a-year",
        "Object Lock with a default retention, and the function sends no checksum",
        [
            template(
                "      OwnershipControls:\n",
                "      ObjectLockEnabled: true\n"
                "      ObjectLockConfiguration:\n"
                "        ObjectLockEnabled: Enabled\n"
                "        Rule: { DefaultRetention: { Mode: GOVERNANCE, Days: 365 } }\n"
                "      OwnershipControls:\n",
                "ProcessedBucket",
            )
        ],
        "PutObject fails: Content-MD5 or a checksum is required with Object Lock. No output ever.",
        f"{_S3}userguide/object-lock-managing.html",
        "contract",
    ),
    Mutant(
        "retries-that-come-too-late",
        "Events live for a minute, so that their first retry comes too late",
        [template("MaximumEventAgeInSeconds: 21600", "MaximumEventAgeInSeconds: 60")],
        "The first fault of a service is the last: EventAgeExceeded, for a person to send again.",
        f"{_LAMBDA}dg/invocation-async-error-handling.html",
        "lint",
    ),
    Mutant(
        "old-versions-for-ten-months",
        "Noncurrent versions are kept for 300 days where 30 were agreed on",
        [template("NoncurrentDays: 30\n            # A", "NoncurrentDays: 300\n            # A")],
        "S3 keeps them, and they cost, ten times as long.",
        f"{_S3}userguide/lifecycle-configuration-examples.html",
        "lint",
    ),
    Mutant(
        "event-age-too-short",
        "MaximumEventAgeInSeconds: 30",
        [template("MaximumEventAgeInSeconds: 21600", "MaximumEventAgeInSeconds: 30")],
        "PutFunctionEventInvokeConfig fails: at least 60.",
        f"{_LAMBDA}api/API_PutFunctionEventInvokeConfig.html",
        "lint",
    ),
    Mutant(
        "invoke-config-of-no-version",
        "Qualifier: LATEST, without the $",
        [template("Qualifier: $LATEST", "Qualifier: LATEST")],
        "PutFunctionEventInvokeConfig fails: there is no such alias.",
        f"{_LAMBDA}api/API_PutFunctionEventInvokeConfig.html",
        "lint",
    ),
    Mutant(
        "no-failure-destination",
        "What fails for good goes nowhere",
        [without("DestinationConfig:", "ImageProcessorInvokeConfig")],
        "After two retries the event is dropped, and nobody is told.",
        f"{_LAMBDA}dg/invocation-async-retain-records.html",
        "wiring",
    ),
    Mutant(
        "custom-resource-waits-too-briefly",
        "ServiceTimeout is shorter than the function's timeout",
        [template("ServiceTimeout: 120", "ServiceTimeout: 30")],
        "The stack fails while the function is still at work.",
        f"{_REFERENCE}aws-resource-cloudformation-customresource.html",
        "lint",
    ),
    # What the schema knows
    Mutant(
        "queue-keeps-too-long",
        "MessageRetentionPeriod: 15 days",
        [template("MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 1296000")],
        "CreateQueue fails: at most 14 days.",
        f"{_AWS}AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
        "lint",
    ),
    Mutant(
        "property-that-does-not-exist",
        "SSEAlgorithms instead of SSEAlgorithm",
        [template("SSEAlgorithm:", "SSEAlgorithms:", "UploadBucket")],
        "The change set fails: properties validation.",
        f"{_REFERENCE}aws-properties-s3-bucket-serversideencryptionbydefault.html",
        "lint",
    ),
    Mutant(
        "type-that-does-not-exist",
        "AWS::SQS::FailureQueue",
        [template("AWS::SQS::Queue\n", "AWS::SQS::FailureQueue\n")],
        "CreateChangeSet fails: unrecognized resource types.",
        f"{_REFERENCE}aws-template-resource-type-ref.html",
        "lint",
    ),
    Mutant(
        "deletion-policy-that-does-not-exist",
        "DeletionPolicy: Keep",
        [template("DeletionPolicy: Delete", "DeletionPolicy: Keep", "UploadBucket")],
        "CreateChangeSet fails: unrecognized DeletionPolicy.",
        f"{_REFERENCE}aws-attribute-deletionpolicy.html",
        "lint",
    ),
    Mutant(
        "default-outside-its-pattern",
        "The default suffix is Dev",
        [template("Default: dev", "Default: Dev")],
        "CreateChangeSet without that parameter fails: it must match its pattern.",
        f"{_CLOUDFORMATION}parameters-section-structure.html",
        "lint",
    ),
    Mutant(
        "subscription-of-no-address",
        "The endpoint is a mailto: link, not an address",
        [
            template(
                "Endpoint: !Ref NotificationEmail", "Endpoint: !Sub mailto:${NotificationEmail}"
            )
        ],
        "Subscribe fails: InvalidParameter, invalid email endpoint.",
        f"{_AWS}sns/latest/api/API_Subscribe.html",
        "lint",
    ),
    # Buckets
    Mutant(
        "bucket-without-encryption",
        "The upload bucket does not choose its encryption",
        [without("BucketEncryption:", "UploadBucket")],
        "S3 has a default; an account's guard rails refuse such a template all the same.",
        f"{_S3}userguide/default-bucket-encryption.html",
        "lint",
    ),
    Mutant(
        "bucket-without-public-access-block",
        "The processed bucket does not block public access",
        [without("PublicAccessBlockConfiguration:", "ProcessedBucket")],
        "S3 has a default; an account's guard rails refuse such a template all the same.",
        f"{_S3}userguide/access-control-block-public-access.html",
        "lint",
    ),
    Mutant(
        "bucket-with-public-policies",
        "BlockPublicPolicy: false",
        [template("BlockPublicPolicy: true", "BlockPublicPolicy: false", "ProcessedBucket")],
        "A later policy may make the pictures public.",
        f"{_S3}userguide/access-control-block-public-access.html",
        "lint",
    ),
    Mutant(
        "bucket-without-versions",
        "Versioning of the upload bucket is suspended",
        [
            template(
                "VersioningConfiguration:\n        Status: Enabled",
                "VersioningConfiguration:\n        Status: Suspended",
                "UploadBucket",
            )
        ],
        "Events name no version: what is there when the function reads is taken for the upload.",
        f"{_S3}userguide/notification-content-structure.html",
        "lint",
    ),
    Mutant(
        "old-versions-stay-for-ever",
        "The processed bucket's old versions do not expire",
        [without("- Id: ExpireOldVersions", "ProcessedBucket")],
        "Every overwritten picture is kept, and paid for, for ever.",
        f"{_S3}userguide/lifecycle-configuration-examples.html",
        "lint",
    ),
    Mutant(
        "lifecycle-that-s3-refuses",
        "ExpiredObjectDeleteMarker together with ExpirationInDays",
        [
            template(
                "            ExpirationInDays: 30\n",
                "            ExpirationInDays: 30\n            ExpiredObjectDeleteMarker: true\n",
            )
        ],
        "PutBucketLifecycleConfiguration fails: MalformedXML.",
        f"{_S3}API/API_LifecycleExpiration.html",
        "lint",
    ),
    Mutant(
        "lifecycle-of-zero-days",
        "ExpirationInDays: 0",
        [template("ExpirationInDays: 30", "ExpirationInDays: 0")],
        "PutBucketLifecycleConfiguration fails: days must be positive.",
        f"{_S3}API/API_LifecycleExpiration.html",
        "lint",
    ),
    Mutant(
        "lifecycle-of-the-uploads",
        "The rule for receipts has lost its prefix",
        [without("Prefix: receipts/", "UploadBucket")],
        "S3 deletes every upload after 30 days.",
        f"{_S3}API/API_LifecycleRule.html",
        "lint",
    ),
    # Logs
    Mutant(
        "retention-that-logs-does-not-have",
        "RetentionInDays: 10",
        [template("RetentionInDays: 7", "RetentionInDays: 10", "ImageProcessorLogGroup")],
        "PutRetentionPolicy fails: it is not one of the values allowed.",
        f"{_AWS}AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        "lint",
    ),
    Mutant(
        "logs-for-ever",
        "The log group has no retention",
        [without("RetentionInDays:", "ImageProcessorLogGroup")],
        "Logs are kept, and paid for, for ever.",
        f"{_LOGS}Working-with-log-groups-and-streams.html",
        "lint",
    ),
    Mutant(
        "logs-of-another-function",
        "The image processor logs to the group of the failure notifier",
        [template("!Ref ImageProcessorLogGroup", "!Ref FailureNotifierLogGroup", "ImageProcessor")],
        "Its role may not write there: nothing is logged, and its metrics are lost.",
        f"{_LAMBDA}dg/monitoring-cloudwatchlogs-loggroups.html",
        "lint",
    ),
    Mutant(
        "mapping-of-three-environments",
        "A mapping by environment that knows dev, staging and prod, where any name is allowed",
        [
            template(
                "Conditions:\n",
                (
                    "Mappings:\n"
                    "  Retention:\n"
                    "    dev: { Days: 7 }\n"
                    "    staging: { Days: 7 }\n"
                    "    prod: { Days: 7 }\n"
                    "\n"
                    "Conditions:\n"
                ),
            ),
            template(
                "RetentionInDays: 7",
                "RetentionInDays: !FindInMap [Retention, !Ref EnvironmentSuffix, Days]",
                "ImageProcessorLogGroup",
            ),
        ],
        "CreateChangeSet fails for every other environment: unable to get mapping.",
        f"{_AWS}AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-findinmap.html",
        "lint",
    ),
    Mutant(
        "export-with-a-slash",
        "An export's name has a slash in it",
        [
            template(
                'Name: !Sub "${AWS::StackName}-FunctionArn"',
                'Name: !Sub "${AWS::StackName}/FunctionArn"',
            )
        ],
        "CreateChangeSet fails: only letters, digits, colons and hyphens.",
        f"{_AWS}AWSCloudFormation/latest/TemplateReference/outputs-section-syntax.html",
        "lint",
    ),
    Mutant(
        "transition-before-thirty-days",
        "Old versions move to STANDARD_IA after a week",
        [
            template(
                "              NoncurrentDays: 30\n",
                (
                    "              NoncurrentDays: 30\n"
                    "            NoncurrentVersionTransitions:\n"
                    "              - StorageClass: STANDARD_IA\n"
                    "                TransitionInDays: 7\n"
                ),
                "ProcessedBucket",
            )
        ],
        "PutBucketLifecycleConfiguration fails: at least 30 days, and before the expiration.",
        f"{_AWS}AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html",
        "lint",
    ),
    Mutant(
        "uploads-belong-to-their-writers",
        "ObjectOwnership: ObjectWriter",
        [
            template(
                "ObjectOwnership: BucketOwnerEnforced",
                "ObjectOwnership: ObjectWriter",
                "UploadBucket",
            )
        ],
        "What another account uploads is its own: the function may not read it.",
        f"{_AWS}AmazonS3/latest/userguide/about-object-ownership.html",
        "lint",
    ),
    Mutant(
        "mails-filtered-by-attribute",
        "The subscription takes only messages with status failed or rejected",
        [
            template(
                "      Endpoint: !Ref NotificationEmail\n",
                (
                    "      Endpoint: !Ref NotificationEmail\n"
                    "      FilterPolicy:\n"
                    "        status: [failed, rejected]\n"
                ),
            )
        ],
        "Alarms carry no such attribute: none of them arrives.",
        f"{_AWS}sns/latest/dg/sns-subscription-filter-policies.html",
        "lint",
    ),
    Mutant(
        "retention-in-minutes",
        "The failure queue keeps messages for 20,160 seconds, which are 14 days in minutes",
        [template("MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 20160")],
        "What failed on a Friday evening is gone on Saturday morning.",
        f"{_AWS}AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
        "lint",
    ),
    Mutant(
        "failure-queue-in-order",
        "The queue for dead letters is FIFO",
        [
            template(
                "image-failure-queue-${EnvironmentSuffix}",
                "image-failure-queue-${EnvironmentSuffix}.fifo",
            ),
            template(
                "      SqsManagedSseEnabled: true\n",
                (
                    "      SqsManagedSseEnabled: true\n"
                    "      FifoQueue: true\n"
                    "      ContentBasedDeduplication: true\n"
                ),
            ),
        ],
        "CreateFunction fails: a dead-letter queue is a standard queue.",
        f"{_AWS}lambda/latest/dg/invocation-async-retain-records.html",
        "lint",
    ),
    Mutant(
        "notifier-has-three-seconds",
        "The failure notifier's timeout is not set, which makes it 3 s",
        [template("      Timeout: 30\n", "", "FailureNotifier")],
        "Its own calls may take five seconds each: failures go untold.",
        f"{_AWS}lambda/latest/dg/configuration-timeout.html",
        "lint",
    ),
    # Outputs and updates
    Mutant(
        "missing-output",
        "LogGroupName is not an output any more",
        [without("LogGroupName:", "Outputs")],
        "The stacks and people that use it fail.",
        f"{_CLOUDFORMATION}using-cfn-stack-exports.html",
        "lint",
    ),
    Mutant(
        "export-twice",
        "Two outputs export the same name",
        [template('"${AWS::StackName}-UploadBucketArn"', '"${AWS::StackName}-UploadBucketName"')],
        "CreateChangeSet fails: duplicate export names.",
        f"{_CLOUDFORMATION}using-cfn-stack-exports.html",
        "lint",
    ),
    Mutant(
        "output-that-is-a-list",
        "The value of an output is a list",
        [template("Value: !Ref FailureQueue", "Value: [!Ref FailureQueue]", "FailureQueueUrl")],
        "CreateChangeSet fails: outputs must be strings.",
        f"{_CLOUDFORMATION}outputs-section-structure.html",
        "lint",
    ),
    Mutant(
        "update-under-another-logical-id",
        "An alarm gets another logical id and keeps its name",
        [
            template("  ErrorAlarm:\n", "  ErrorsAlarm:\n"),
            template("${ErrorAlarm.Arn}", "${ErrorsAlarm.Arn}"),
        ],
        "The update fails, as the name exists: the new one is made before the old one is deleted.",
        f"{_CLOUDFORMATION}using-cfn-updating-stacks-update-behaviors.html",
        "deploy",
        update=True,
    ),
]
