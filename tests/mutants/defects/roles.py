"""Defects in what the functions may do: their roles, who may assume them, and keys."""

from tests.mutants.mutant import Mutant
from tests.mutants.template_edits import Add, Remove, Replace, Set

_DENIED = "The call is answered with AccessDenied; Lambda tries twice more and gives the event up."
_AWS = "https://docs.aws.amazon.com/"
_S3 = f"{_AWS}AmazonS3/latest/"
_S3_ACTIONS = f"{_AWS}service-authorization/latest/reference/list_amazons3.html"
_IAM = f"{_AWS}IAM/latest/UserGuide/"
_TOPIC_OF_ANOTHER_NAME = (
    "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:image-notifications"
)
_LAMBDA = f"{_AWS}lambda/latest/"
_NOT_ASSUMED = "CreateFunction fails: the role cannot be assumed by Lambda."
_KEY = Add(
    "Resources.Key",
    "Type: AWS::KMS::Key\n"
    "Properties:\n"
    "  KeyPolicy:\n"
    '    Version: "2012-10-17"\n'
    "    Statement:\n"
    "      - Effect: Allow\n"
    "        Principal: {AWS: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'}\n"
    "        Action: kms:*\n"
    '        Resource: "*"\n',
)

MUTANTS = [
    # Roles
    Mutant(
        "role-reads-no-versions",
        "The function reads a version and may only read the latest",
        [Remove("ImageProcessorRole..s3:GetObjectVersion")],
        _DENIED,
        f"{_S3}API/API_GetObject.html",
        "lint",
    ),
    Mutant(
        "role-lists-only-a-prefix",
        "s3:ListBucket depends on a prefix, which only a listing has",
        [
            Add(
                "ImageProcessorRole..TellGoneFromForbidden.Condition",
                "{StringLike: {s3:prefix: uploads/*}}",
            )
        ],
        "An upload that is gone is AccessDenied: it is retried, and ends as a failure.",
        f"{_S3}API/API_GetObject.html",
        "contract",
    ),
    Mutant(
        "role-reads-the-bucket-not-its-objects",
        "The resource of s3:GetObject is the bucket's ARN",
        [Set("ImageProcessorRole..ReadUploads.Resource", "!GetAtt UploadBucket.Arn")],
        _DENIED,
        _S3_ACTIONS,
        "lint",
    ),
    Mutant(
        "role-reads-another-prefix",
        "The role may read images/*, the pictures are in uploads/",
        [Set("ImageProcessorRole..ReadUploads.Resource", "!Sub ${UploadBucket.Arn}/images/*")],
        _DENIED,
        f"{_S3}API/API_GetObject.html",
        "contract",
    ),
    Mutant(
        "role-writes-no-tags",
        "PutObject with tags, without s3:PutObjectTagging",
        [Remove("ImageProcessorRole..s3:PutObjectTagging")],
        _DENIED,
        f"{_S3}API/API_PutObject.html",
        "lint",
    ),
    Mutant(
        "role-action-that-does-not-exist",
        "s3:PutObjectTags instead of s3:PutObjectTagging",
        [Set("ImageProcessorRole..s3:PutObjectTagging", "s3:PutObjectTags")],
        f"IAM takes any action. {_DENIED}",
        _S3_ACTIONS,
        "lint",
    ),
    Mutant(
        "role-keeps-no-receipts",
        "No permission to write the receipts of rejections",
        [Remove("ImageProcessorRole..KeepReceipts")],
        _DENIED,
        f"{_S3}API/API_PutObject.html",
        "contract",
    ),
    Mutant(
        "role-publishes-to-a-name",
        "The resource of sns:Publish is the topic's name, not its ARN",
        [Set("ImageProcessorRole..Announce.Resource", "!GetAtt NotificationTopic.TopicName")],
        "CreateRole fails: MalformedPolicyDocument, a resource must be an ARN or *.",
        f"{_IAM}reference_policies_elements_resource.html",
        "lint",
    ),
    Mutant(
        "role-publishes-to-another-topic",
        "sns:Publish is granted on a topic of another name",
        [Set("ImageProcessorRole..Announce.Resource", f"!Sub {_TOPIC_OF_ANOTHER_NAME}")],
        _DENIED,
        f"{_IAM}reference_policies_elements_resource.html",
        "lint",
    ),
    Mutant(
        "role-publishes-nothing",
        "No sns:Publish at all",
        [Remove("ImageProcessorRole..Announce")],
        _DENIED,
        f"{_AWS}sns/latest/dg/sns-access-policy-language-api-permissions-reference.html",
        "lint",
    ),
    Mutant(
        "role-has-no-logs",
        "The function's role may not write logs",
        [Remove("ImageProcessorRole..logs:PutLogEvents")],
        "The function runs and nothing of it is seen: no logs, and no metrics made of them.",
        f"{_LAMBDA}dg/monitoring-cloudwatchlogs.html",
        "lint",
    ),
    Mutant(
        "role-logs-without-a-star",
        "The ARN of the log group lacks its :*",
        [Replace("ImageProcessorRole..WriteLogs.Resource", "LogGroup}:*", "LogGroup}")],
        "Log streams are not covered: nothing is logged.",
        f"{_AWS}AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html",
        "lint",
    ),
    Mutant(
        "role-cannot-hand-over-failures",
        "The role may not invoke the destination of failures",
        [Set("ImageProcessorRole..HandOverFailures.Action", "lambda:GetFunction")],
        "PutFunctionEventInvokeConfig fails: the role may not call InvokeFunction on it.",
        f"{_LAMBDA}dg/invocation-async-retain-records.html",
        "lint",
    ),
    Mutant(
        "notifier-cannot-send-to-the-queue",
        "sqs:ReceiveMessage instead of sqs:SendMessage",
        [Set("FailureNotifierRole..KeepFailures.Action", "sqs:ReceiveMessage")],
        "CreateFunction fails: the role may not call SendMessage on the dead-letter queue.",
        f"{_LAMBDA}dg/invocation-async-retain-records.html",
        "lint",
    ),
    Mutant(
        "notifications-role-on-objects",
        "s3:PutBucketNotification is granted on the bucket's objects",
        [Set("BucketNotificationsRole..SetNotifications.Resource", "!Sub ${UploadBucket.Arn}/*")],
        "The custom resource fails with AccessDenied, and the stack with it.",
        _S3_ACTIONS,
        "lint",
    ),
    Mutant(
        "arn-of-one-partition",
        "arn:aws: is written out in the role's policy",
        [Replace("FailureNotifierRole..WriteLogs.Resource", "${AWS::Partition}", "aws")],
        "In China and GovCloud nothing is logged: there it is arn:aws-cn and arn:aws-us-gov.",
        f"{_IAM}reference-arns.html",
        "lint",
    ),
    Mutant(
        "boundary-that-only-reads",
        "The role has ReadOnlyAccess as its permissions boundary",
        [
            Add(
                "ImageProcessorRole.Properties.PermissionsBoundary",
                "!Sub arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess",
            )
        ],
        "A boundary limits what the policies grant: neither output nor notification nor log.",
        f"{_IAM}access_policies_boundaries.html",
        "lint",
    ),
    Mutant(
        "managed-policy-that-is-not-there",
        "AWSLambdaBasicExecutionRole without service-role/",
        [
            Add(
                "ImageProcessorRole.Properties.ManagedPolicyArns",
                "- !Sub arn:${AWS::Partition}:iam::aws:policy/AWSLambdaBasicExecutionRole\n",
            )
        ],
        "CreateRole fails: the policy does not exist or is not attachable.",
        f"{_AWS}aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html",
        "lint",
    ),
    Mutant(
        "in-a-vpc-without-the-right",
        "The function is put into a VPC, its role may not make network interfaces",
        [
            Add(
                "ImageProcessor.Properties.VpcConfig",
                (
                    "SecurityGroupIds: [sg-0123456789abcdef0]\n"
                    "SubnetIds: [subnet-0123456789abcdef0]\n"
                ),
            )
        ],
        "CreateFunction fails: the role may not call CreateNetworkInterface on EC2.",
        f"{_LAMBDA}dg/configuration-vpc.html",
        "lint",
    ),
    Mutant(
        "traced-without-the-right",
        "Active tracing, and a role without xray:PutTraceSegments",
        [Add("ImageProcessor.Properties.TracingConfig", "{Mode: Active}")],
        "CreateFunction fails: the role may not call PutTraceSegments on XRAY.",
        f"{_LAMBDA}dg/services-xray.html",
        "lint",
    ),
    # Trust
    Mutant(
        "trust-of-s3",
        "The function's role trusts s3.amazonaws.com",
        [Set("ImageProcessorRole..Service", "s3.amazonaws.com")],
        _NOT_ASSUMED,
        f"{_LAMBDA}dg/lambda-intro-execution-role.html",
        "lint",
    ),
    Mutant(
        "trust-with-a-condition-that-never-holds",
        "The trust policy compares aws:SourceAccount with the name of the stack",
        [Set("FailureNotifierRole..aws:SourceAccount", "!Ref AWS::StackName")],
        _NOT_ASSUMED,
        f"{_IAM}confused-deputy.html",
        "lint",
    ),
    # Keys
    Mutant(
        "outputs-with-a-key-the-role-may-not-use",
        (
            "The processed bucket is encrypted with a key of its own, the role has no "
            "kms:GenerateDataKey"
        ),
        [
            _KEY,
            Set("ProcessedBucket..SSEAlgorithm", "aws:kms"),
            Add("ProcessedBucket..ServerSideEncryptionByDefault.KMSMasterKeyID", "!GetAtt Key.Arn"),
        ],
        "PutObject is answered with AccessDenied.",
        f"{_AWS}AmazonS3/latest/userguide/UsingKMSEncryption.html",
        "lint",
    ),
    Mutant(
        "topic-with-a-key-of-nobody",
        "The topic is encrypted with a key whose policy names the account alone",
        [_KEY, Add("NotificationTopic.Properties.KmsMasterKeyId", "!GetAtt Key.Arn")],
        "Neither alarms nor functions may publish: KMSAccessDenied.",
        f"{_AWS}sns/latest/dg/sns-key-management.html",
        "lint",
    ),
]
