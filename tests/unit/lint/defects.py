"""Defects of the template, each with the rule that has to find it, and the texts that make them."""

TLS_ONLY = """            Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource:
              - !GetAtt UploadBucket.Arn
              - !Sub ${UploadBucket.Arn}/*
            Condition:
              Bool:
                aws:SecureTransport: "false"
"""
READABLE_BY_ALL = """            Effect: Allow
            Principal: "*"
            Action: s3:GetObject
            Resource: !Sub ${UploadBucket.Arn}/*
"""
EXPIRE_VERSIONS = """            NoncurrentVersionExpiration:
              NoncurrentDays: 30
            # A delete marker with no version behind it any more is of no use.
            ExpiredObjectDeleteMarker: true
"""
BLOCKED = """      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        BlockPublicPolicy: true
        IgnorePublicAcls: true
        RestrictPublicBuckets: true
"""
ENCRYPTED = """      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault:
              SSEAlgorithm: AES256
"""
ANNOUNCE = """                Action: sns:Publish
                Resource: !Ref NotificationTopic
              # Lambda hands"""
TO_TOPIC = """      NotificationConfiguration:
        TopicConfigurations:
          - Event: s3:ObjectCreate{}:*
            Topic: !Ref NotificationTopic
      BucketEncryption:"""
PERMITTED = "      FunctionName: !Ref ImageProcessor\n      Action: lambda:InvokeFunction\n"
SUFFIX = '"^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$"'
ACTIONS = "      AlarmActions: [!Ref NotificationTopic]\n"
DIMENSION = "        - Name: FunctionName\n          Value: !Ref ImageProcessor\n"
SERVICE = "        - Name: service\n          Value: image-processor\n"
TRUSTED = "                aws:SourceAccount: !Ref AWS::AccountId\n      Policies"

OTHER_TOPIC = """
  OtherTopic:
    Type: AWS::SNS::Topic
  Other:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: other
      Role: !GetAtt ImageProcessorRole.Arn
      Runtime: python3.13
      Handler: handler.handler
      Code: ../build/failure_notifier
      Environment:
        Variables:
          TOPIC_ARN: !Ref OtherTopic
          QUEUE_URL: !Ref FailureQueue
Outputs:
"""
LATE_LOG_GROUP = """
  LogGroup:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: /aws/lambda/other
      RetentionInDays: 7
  Other:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: other
      Role: !GetAtt ImageProcessorRole.Arn
      Runtime: nodejs22.x
      Handler: index.handler
      Code: {S3Bucket: code, S3Key: other.zip}
Outputs:
"""

LIST = "                  - s3:GetObjectVersion\n" * 600

PROCESSOR = "      Description: What the image processor may do.\n"
MANAGED = (
    "      ManagedPolicyArns:\n"
    "        - !Sub arn:${AWS::Partition}:iam::aws:policy/AWSLambdaBasicExecutionRole\n"
)
BOUNDARY = "      PermissionsBoundary: !Sub arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess\n"
IN_A_VPC = "      VpcConfig: {SubnetIds: [subnet-0], SecurityGroupIds: [sg-0]}\n"
TRACED = "      TracingConfig: {Mode: Active}\n"
OWN_KEY = """KmsMasterKeyId: !GetAtt Key.Arn
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
            Action: kms:*
            Resource: "*"
"""
UPLOADS = (
    "  UploadBucket:\n    Type: AWS::S3::Bucket\n    DeletionPolicy: Delete\n"
    "    UpdateReplacePolicy: Retain\n    Properties:\n"
    "      BucketName: !Sub image-upload-bucket-${EnvironmentSuffix}-${AWS::AccountId}\n"
    + ENCRYPTED
)
LOCKED_UPLOADS = OWN_KEY.partition("\n")[2] + UPLOADS.replace(
    "SSEAlgorithm: AES256", "SSEAlgorithm: aws:kms\n              KMSMasterKeyID: !GetAtt Key.Arn"
)
ACCESS_LOGS = """
  AccessLogs:
    Type: AWS::S3::Bucket
    DeletionPolicy: Delete
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}
      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        BlockPublicPolicy: true
        IgnorePublicAcls: true
        RestrictPublicBuckets: true
      LifecycleConfiguration:
        Rules: [{Id: ExpireLogs, Status: Enabled, ExpirationInDays: 90}]
  AccessLogsPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref AccessLogs
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: [!GetAtt AccessLogs.Arn, !Sub "${AccessLogs.Arn}/*"]
            Condition: {Bool: {aws:SecureTransport: "false"}}
          - Effect: Allow
            Principal: {Service: logging.s3.amazonaws.com}
            Action: s3:PutObject
            Resource: !Sub ${AccessLogs.Arn}/*
            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
  Logged:
    Type: AWS::S3::Bucket
    DeletionPolicy: Delete
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}
      LoggingConfiguration: {DestinationBucketName: !Ref AccessLogs}
      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        BlockPublicPolicy: true
        IgnorePublicAcls: true
        RestrictPublicBuckets: true
  LoggedPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logged
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: [!GetAtt Logged.Arn, !Sub "${Logged.Arn}/*"]
            Condition: {Bool: {aws:SecureTransport: "false"}}
Outputs:
"""
INFREQUENT = """            NoncurrentVersionTransitions:
              - StorageClass: STANDARD_IA
                TransitionInDays: {}
"""
MAPPING = """Mappings:
  Days: {dev: {Kept: 7}}
Conditions:
  Long: !Equals [!FindInMap [Days, !Ref EnvironmentSuffix, Kept], 7]
"""

# The rule, what is wrong, and the change to the template that makes it so.
DEFECTS = [
    ("E9107", "underscore in a bucket's name", "Sub image-upload-", "Sub image_upload-"),
    ("E9107", "capital letter in a bucket's name", "Sub image-upload-", "Sub Image-upload-"),
    ("E9107", "reserved start of a name", "Sub image-upload-", "Sub xn--image-upload-"),
    ("E9102", "space in a topic's name", "Sub image-processing-", "Sub image processing-"),
    ("E9102", "function name over 64", "Sub image-processor-", f"Sub {'long-' * 12}processor-"),
    ("E9102", "queue name over 80", "Sub image-failure-queue-", f"Sub {'long-' * 16}queue-"),
    (
        "E9103",
        "bucket name too long",
        "image-upload-bucket-$",
        "images-of-the-whole-pipeline-bucket-$",
    ),
    ("E9103", "capitals allowed", SUFFIX, '"^[A-Za-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$"'),
    ("E9103", "anything allowed", f"    AllowedPattern: {SUFFIX}\n", ""),
    ("E9104", "one name twice", "image-failure-notifier-$", "image-processor-$"),
    ("E9105", "one export twice", "}-UploadBucketArn", "}-UploadBucketName"),
    ("E9105", "fixed export", '!Sub "${AWS::StackName}-UploadBucketArn"', "UploadBucketArn"),
    ("E9105", "slash in an export", "-UploadBucketArn", "/UploadBucketArn"),
    ("E9121", "one partition", "arn:${AWS::Partition}:logs", "arn:aws:logs"),
    ("E9121", "one Region", ":logs:${AWS::Region}:", ":logs:us-east-1:"),
    (
        "E9121",
        "one branch tells nobody",
        ACTIONS,
        "      AlarmActions: !If [InChina, !Ref AWS::NoValue, [!Ref NotificationTopic]]\n",
    ),
    (
        "E9122",
        "mapping of one environment",
        "Conditions:\n",
        MAPPING,
    ),
    ("E9108", "fifo queue", "queue-${EnvironmentSuffix}", "queue-${EnvironmentSuffix}.fifo"),
    ("W9207", "never runs", "    Default: -1\n", "    Default: 0\n"),
    ("E9208", "no such alias", "Qualifier: $LATEST", "Qualifier: LATEST"),
    ("E9318", "too large", "- s3:GetObject\n", f"- s3:GetObject\n{LIST}"),
    ("E9111", "default not allowed", "Default: dev", "Default: Dev_1"),
    ("E9111", "number below minimum", "    Default: -1\n", "    Default: -2\n"),
    ("E9111", "no value", "    Default: ops@example.com\n", ""),
    (
        "E9112",
        "broken rule",
        "Conditions:\n",
        "Rules:\n  NotDev:\n    Assertions:\n"
        "      - Assert: !Not [!Equals [!Ref EnvironmentSuffix, dev]]\nConditions:\n",
    ),
    (
        "E9113",
        "named role",
        "      Description: What the image processor may do.",
        "      RoleName: !Sub image-processor-${EnvironmentSuffix}",
    ),
    ("E9114", "too long", "Description: >-\n", f"Description: >-\n  {'x' * 51_000}\n"),
    ("W9115", "bucket stays", "    DeletionPolicy: Delete\n", "    DeletionPolicy: Retain\n"),
    ("E9201", "too much memory", "MemorySize: 512", "MemorySize: 20000"),
    ("E9201", "all concurrency reserved", "    Default: -1\n", "    Default: 950\n"),
    (
        "E9201",
        "environment over 4 KB",
        "image-processor\n          POW",
        f"{'x' * 4096}\n          POW",
    ),
    ("E9202", "no handler", "      Handler: handler.handler\n", ""),
    ("E9203", "function before its log group", "\nOutputs:\n", LATE_LOG_GROUP),
    ("W9204", "events kept for ever", "      RetentionInDays: 7\n", ""),
    ("E9205", "waits over an hour", "ServiceTimeout: 120", "ServiceTimeout: 7200"),
    ("E9205", "gives up too early", "ServiceTimeout: 120", "ServiceTimeout: 30"),
    ("E9206", "role by name", "!GetAtt ImageProcessorRole.Arn", "!Ref ImageProcessorRole"),
    (
        "E9206",
        "token by name",
        "!GetAtt BucketNotificationsFunction.Arn",
        "!Ref BucketNotificationsFunction",
    ),
    ("E9301", "role of another service", "Service: lambda.amazonaws", "Service: s3.amazonaws"),
    ("E9301", "another account", TRUSTED, TRUSTED.replace("!Ref AWS::AccountId", '"111111111111"')),
    ("E9302", "no version read", "                  - s3:GetObjectVersion\n", ""),
    ("E9302", "no tags written", "                  - s3:PutObjectTagging\n", ""),
    ("E9302", "no output written", "Tagging\n                  - s3:PutObject\n", "Tagging\n"),
    ("E9302", "denied over TLS", 'aws:SecureTransport: "false"', 'aws:SecureTransport: "true"'),
    ("E9303", "another topic", "\nOutputs:\n", OTHER_TOPIC),
    (
        "E9304",
        "another function",
        "Resource: !GetAtt FailureNotifier.Arn",
        "Resource: !GetAtt BucketNotificationsFunction.Arn",
    ),
    ("E9304", "no dead letters", "Action: sqs:SendMessage", "Action: sqs:ReceiveMessage"),
    ("E9305", "log group without :*", "${ImageProcessorLogGroup}:*", "${ImageProcessorLogGroup}"),
    ("E9305", "other log group", "${ImageProcessorLogGroup}:*", "${FailureNotifierLogGroup}:*"),
    ("E9321", "VPC", "MemorySize: 512\n", f"MemorySize: 512\n{IN_A_VPC}"),
    ("E9321", "tracing", "MemorySize: 512\n", f"MemorySize: 512\n{TRACED}"),
    ("E9322", "managed policy without its path", PROCESSOR, PROCESSOR + MANAGED),
    ("E9302", "boundary", PROCESSOR, PROCESSOR + BOUNDARY),
    ("E9323", "key of nobody", "DisplayName: Image processing\n", OWN_KEY),
    ("E9323", "objects whose key is closed", UPLOADS, LOCKED_UPLOADS),
    ("E9311", "statement id twice", "Sid: KeepReceipts", "Sid: ReadUploads"),
    ("E9311", "no effect", "                Effect: Allow\n", ""),
    ("E9312", "misspelt condition key", "aws:SourceAccount: !Ref", "aws:SourceAcount: !Ref"),
    ("E9313", "misspelt service", "Service: lambda.amazonaws.com", "Service: lamda.amazonaws.com"),
    ("W9314", "every action", ANNOUNCE, ANNOUNCE.replace("Publish", "*")),
    ("W9314", "every resource", ANNOUNCE, ANNOUNCE.replace("!Ref NotificationTopic", '"*"')),
    (
        "E9315",
        "bucket for objects",
        "!Sub ${ProcessedBucket.Arn}/processed/*",
        "!GetAtt ProcessedBucket.Arn",
    ),
    (
        "E9315",
        "queue for topic",
        ANNOUNCE,
        ANNOUNCE.replace("!Ref NotificationTopic", "!GetAtt FailureQueue.Arn"),
    ),
    ("E9316", "another bucket", "- !Sub ${ProcessedBucket.Arn}/*", "- !Sub ${UploadBucket.Arn}/*"),
    ("E9317", "public bucket", TLS_ONLY, READABLE_BY_ALL),
    ("E9401", "wrong action", PERMITTED, PERMITTED.replace("InvokeFunction", "Invoke")),
    ("E9401", "wrong function", PERMITTED, PERMITTED.replace("ImageProcessor", "FailureNotifier")),
    (
        "E9401",
        "wrong bucket",
        "SourceArn: !GetAtt UploadBucket.Arn",
        "SourceArn: !GetAtt ProcessedBucket.Arn",
    ),
    ("E9401", "topic that S3 may not use", "      BucketEncryption:", TO_TOPIC.format("d")),
    ("E9402", "no DependsOn", "    DependsOn: UploadInvokePermission\n", ""),
    ("E9403", "one suffix ends the other", "[.jpg, .jpeg, .png]", "[.jpg, jpg, .png]"),
    ("E9403", "one suffix twice", "[.jpg, .jpeg, .png]", "[.jpg, .jpeg, .jpg]"),
    ("E9403", "wildcard", "[.jpg, .jpeg, .png]", '["*.jpg", .png]'),
    ("E9404", "no such event", "      BucketEncryption:", TO_TOPIC.format("")),
    ("E9405", "writes to its source", "${UploadBucket.Arn}/receipts/*", "${UploadBucket.Arn}/*"),
    ("E9406", "no such protocol", "Protocol: email", "Protocol: mail"),
    ("E9406", "no address", "Endpoint: !Ref NotificationEmail", "Endpoint: ops"),
    ("E9406", "a link", "Endpoint: !Ref NotificationEmail", "Endpoint: mailto:ops@example.com"),
    ("E9411", "rule without action", EXPIRE_VERSIONS, ""),
    ("E9411", "rule id twice", "Id: AbortIncompleteUploads", "Id: ExpireOldVersions"),
    ("E9411", "no such keys", "Prefix: receipts/", "Prefix: /receipts/"),
    (
        "E9412",
        "ACL",
        "      OwnershipControls:",
        "      AccessControl: PublicRead\n      OwnershipControls:",
    ),
    ("W9413", "not blocked", "        BlockPublicPolicy: true\n", ""),
    ("E9411", "no days", "ExpirationInDays: 30", "ExpirationInDays: 0"),
    ("W9413", "nothing blocked", BLOCKED, ""),
    ("W9414", "versions for ever", EXPIRE_VERSIONS, ""),
    ("W9415", "prefix lost", "            Prefix: receipts/\n", ""),
    ("W9416", "not encrypted", ENCRYPTED, ""),
    ("W9417", "no TLS policy", "Bucket: !Ref UploadBucket\n      Pol", "Bucket: other\n      Pol"),
    ("W9414", "no versions", "Status: Enabled\n      Own", "Status: Suspended\n      Own"),
    ("E9418", "too early", EXPIRE_VERSIONS, EXPIRE_VERSIONS + INFREQUENT.format(7)),
    ("E9418", "not before the end", EXPIRE_VERSIONS, EXPIRE_VERSIONS + INFREQUENT.format(30)),
    ("E9419", "objects of others", "Ownership: BucketOwnerEnforced", "Ownership: ObjectWriter"),
    (
        "E9421",
        "filter on an attribute",
        "Endpoint: !Ref NotificationEmail\n",
        "Endpoint: !Ref NotificationEmail\n      FilterPolicy:\n        status: [failed]\n",
    ),
    ("W9423", "one attempt", "MaximumRetryAttempts: 2", "MaximumRetryAttempts: 0"),
    ("E9422", "minutes for seconds", "Period: 1209600", "Period: 20160"),
    ("E9422", "bytes, not KiB", "SqsManagedSse", "MaximumMessageSize: 1024\n      SqsManagedSse"),
    ("E9422", "failures in order", "SqsManagedSseEnabled", "FifoQueue: true\n      Sqs"),
    ("E9501", "no such metric", "MetricName: Errors", "MetricName: Error"),
    ("E9501", "wrong dimension", DIMENSION, DIMENSION.replace("FunctionName", "Function")),
    (
        "E9501",
        "ARN for a name",
        DIMENSION,
        DIMENSION.replace("!Ref ImageProcessor", "!GetAtt ImageProcessor.Arn"),
    ),
    ("E9501", "unit of nothing", "Unit: Milliseconds", "Unit: Seconds"),
    (
        "E9501",
        "log class without metrics",
        "      RetentionInDays: 7\n",
        "      RetentionInDays: 7\n      LogGroupClass: INFREQUENT_ACCESS\n",
    ),
    ("E9501", "wrong namespace", "Namespace: TapStack", "Namespace: Tapstack"),
    ("E9501", "misspelt metric", "MetricName: ImagesRejected", "MetricName: RejectedImages"),
    ("E9501", "missing dimension", SERVICE, ""),
    ("E9501", "wrong service", SERVICE, SERVICE.replace("image-processor", "processor")),
    ("E9501", "namespace renamed", "METRICS_NAMESPACE: TapStack", "METRICS_NAMESPACE: Images"),
    ("E9502", "over a day", "      EvaluationPeriods: 1", "      EvaluationPeriods: 300"),
    (
        "E9502",
        "3 of 1",
        "      EvaluationPeriods: 1",
        "      EvaluationPeriods: 1\n      DatapointsToAlarm: 3",
    ),
    ("E9503", "no threshold", "      Threshold: 5\n", ""),
    ("E9503", "beyond the timeout", "Threshold: 45000", "Threshold: 60000"),
    (
        "E9504",
        "policy for another service",
        "Service: cloudwatch.amazonaws",
        "Service: events.amazonaws",
    ),
    ("E9504", "policy for no alarm", ":alarm:*", ":alarm/*"),
    (
        "E9504",
        "key that CloudWatch may not use",
        "DisplayName: Image processing",
        "KmsMasterKeyId: alias/aws/sns",
    ),
    (
        "E9504",
        "no ARN",
        ACTIONS,
        ACTIONS.replace("!Ref NotificationTopic", "!GetAtt NotificationTopic.TopicName"),
    ),
    ("W9505", "silent alarm", ACTIONS, ""),
    (
        "E9424",
        "no time for a retry",
        "MaximumEventAgeInSeconds: 21600",
        "MaximumEventAgeInSeconds: 60",
    ),
    ("E9601", "fifty errors", "Threshold: 5\n", "Threshold: 50\n"),
    ("E9601", "another period", "Period: 300", "Period: 60"),
    ("E9601", "no alarm on errors", "MetricName: Errors", "MetricName: Invocations"),
    ("E9601", "ten months of old versions", "NoncurrentDays: 30", "NoncurrentDays: 300"),
    ("E9601", "old versions of some keys", "Id: ExpireOldVersions", "Prefix: uploads/tmp/"),
    ("E9601", "another encryption", "SSEAlgorithm: AES256", "SSEAlgorithm: aws:kms"),
    ("E9601", "no versions", "Status: Enabled\n      Own", "Status: Suspended\n      Own"),
    ("E9601", "half a block", "RestrictPublicBuckets: true", "RestrictPublicBuckets: false"),
    ("E9601", "more memory", "MemorySize: 512", "MemorySize: 1024"),
    ("E9601", "no timeout", "      Timeout: 60\n      Reserved", "      Reserved"),
    ("E9601", "one retry", "MaximumRetryAttempts: 2", "MaximumRetryAttempts: 1"),
    ("E9601", "another prefix", "Prefix: uploads/", "Prefix: inbox/"),
    ("E9601", "a suffix less", "[.jpg, .jpeg, .png]", "[.jpg, .png]"),
    ("E9601", "two weeks of logs", "RetentionInDays: 7", "RetentionInDays: 14"),
    ("E9601", "an output less", "  FunctionName:\n    Desc", "  Function:\n    Desc"),
    ("E9507", "counts invocations", "Statistic: Sum", "Statistic: SampleCount"),
    ("E9507", "is raised when all is well", "GreaterThanThreshold", "LessThanThreshold"),
    ("E9507", "never above 1", "Statistic: Sum", "Statistic: Average"),
    ("W9506", "stays in ALARM", "TreatMissingData: notBreaching", "TreatMissingData: ignore"),
    ("W9506", "silence", "TreatMissingData: notBreaching", "TreatMissingData: breaching"),
    ("E9501", "misspelt service", "Namespace: AWS/Lambda", "Namespace: AWS/lambda"),
    ("E9511", "no JSON", '"start": "-PT3H",', '"start": "-PT3H"'),
    ("E9511", "beyond the grid", '"x": 16, "y": 3, "width": 8', '"x": 16, "y": 3, "width": 9'),
    ("E9512", "no such metric", '"AWS/Lambda", "Invocations"', '"AWS/Lambda", "Invocation"'),
    ("E9512", "another Region", '"region": "${AWS::Region}"', '"region": "eu-west-3"'),
    ("E9512", "no such topic", "${NotificationTopic.TopicName}", "notifications"),
]
