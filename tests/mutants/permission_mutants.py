"""Defects in who may do what: roles, trust, permissions, policies of buckets, topic and queue."""

from tests.mutants.mutant import Mutant, template, without

_AWS = "https://docs.aws.amazon.com/"
_IAM = f"{_AWS}IAM/latest/UserGuide/"
_LAMBDA = f"{_AWS}lambda/latest/dg/"
_S3 = f"{_AWS}AmazonS3/latest/"
_S3_ACTIONS = f"{_AWS}service-authorization/latest/reference/list_amazons3.html"
_ALARMS = f"{_AWS}AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"

_DENIED = "The call is answered with AccessDenied; Lambda tries twice more and gives the event up."
_NO_DESTINATION = (
    "PutBucketNotification fails: Unable to validate the following destination configurations."
)
_NOT_ASSUMED = "CreateFunction fails: the role cannot be assumed by Lambda."
_SILENT_ALARMS = "Alarms change their state and nobody is told."

_KEY = template(
    "  # --- Failures --",
    "  Key:\n"
    "    Type: AWS::KMS::Key\n"
    "    Properties:\n"
    "      KeyPolicy:\n"
    '        Version: "2012-10-17"\n'
    "        Statement:\n"
    "          - Effect: Allow\n"
    "            Principal:\n"
    "              AWS: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:root\n"
    "            Action: kms:*\n"
    '            Resource: "*"\n'
    "\n"
    "  # --- Failures --",
)

_READ = "Resource: !Sub ${UploadBucket.Arn}/uploads/*"
_ANNOUNCE = "Action: sns:Publish\n                Resource: !Ref NotificationTopic"

MUTANTS = [
    # Roles
    Mutant(
        "role-reads-no-versions",
        "The function reads a version and may only read the latest",
        [template("                  - s3:GetObjectVersion\n", "", "ImageProcessorRole")],
        _DENIED,
        f"{_S3}API/API_GetObject.html",
        "lint",
    ),
    Mutant(
        "role-lists-only-a-prefix",
        "s3:ListBucket depends on a prefix, which only a listing has",
        [
            template(
                "                Action: s3:ListBucket\n"
                "                Resource: !GetAtt UploadBucket.Arn\n",
                "                Action: s3:ListBucket\n"
                "                Resource: !GetAtt UploadBucket.Arn\n"
                "                Condition: {StringLike: {s3:prefix: uploads/*}}\n",
            )
        ],
        "An upload that is gone is AccessDenied: it is retried, and ends as a failure.",
        f"{_S3}API/API_GetObject.html",
        "contract",
    ),
    Mutant(
        "role-reads-the-bucket-not-its-objects",
        "The resource of s3:GetObject is the bucket's ARN",
        [template(_READ, "Resource: !GetAtt UploadBucket.Arn")],
        _DENIED,
        _S3_ACTIONS,
        "lint",
    ),
    Mutant(
        "role-reads-another-prefix",
        "The role may read images/*, the pictures are in uploads/",
        [template(_READ, "Resource: !Sub ${UploadBucket.Arn}/images/*")],
        _DENIED,
        f"{_S3}API/API_GetObject.html",
        "contract",
    ),
    Mutant(
        "role-writes-no-tags",
        "PutObject with tags, without s3:PutObjectTagging",
        [template("                  - s3:PutObjectTagging\n", "", "ImageProcessorRole")],
        _DENIED,
        f"{_S3}API/API_PutObject.html",
        "lint",
    ),
    Mutant(
        "role-action-that-does-not-exist",
        "s3:PutObjectTags instead of s3:PutObjectTagging",
        [template("s3:PutObjectTagging", "s3:PutObjectTags", "ImageProcessorRole")],
        f"IAM takes any action. {_DENIED}",
        _S3_ACTIONS,
        "lint",
    ),
    Mutant(
        "role-keeps-no-receipts",
        "No permission to write the receipts of rejections",
        [without("- Sid: KeepReceipts", "ImageProcessorRole")],
        _DENIED,
        f"{_S3}API/API_PutObject.html",
        "contract",
    ),
    Mutant(
        "role-publishes-to-a-name",
        "The resource of sns:Publish is the topic's name, not its ARN",
        [
            template(
                _ANNOUNCE,
                "Action: sns:Publish\n                "
                "Resource: !GetAtt NotificationTopic.TopicName",
                "ImageProcessorRole",
            )
        ],
        "CreateRole fails: MalformedPolicyDocument, a resource must be an ARN or *.",
        f"{_IAM}reference_policies_elements_resource.html",
        "lint",
    ),
    Mutant(
        "role-publishes-to-another-topic",
        "sns:Publish is granted on a topic of another name",
        [
            template(
                _ANNOUNCE,
                "Action: sns:Publish\n                Resource: !Sub "
                "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:image-notifications",
                "ImageProcessorRole",
            )
        ],
        _DENIED,
        f"{_IAM}reference_policies_elements_resource.html",
        "lint",
    ),
    Mutant(
        "role-publishes-nothing",
        "No sns:Publish at all",
        [without("- Sid: Announce", "ImageProcessorRole")],
        _DENIED,
        f"{_AWS}sns/latest/dg/sns-access-policy-language-api-permissions-reference.html",
        "lint",
    ),
    Mutant(
        "role-has-no-logs",
        "The function's role may not write logs",
        [template("                  - logs:PutLogEvents\n", "", "ImageProcessorRole")],
        "The function runs and nothing of it is seen: no logs, and no metrics made of them.",
        f"{_LAMBDA}monitoring-cloudwatchlogs.html",
        "lint",
    ),
    Mutant(
        "role-logs-without-a-star",
        "The ARN of the log group lacks its :*",
        [template("log-group:${ImageProcessorLogGroup}:*", "log-group:${ImageProcessorLogGroup}")],
        "Log streams are not covered: nothing is logged.",
        f"{_AWS}AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html",
        "lint",
    ),
    Mutant(
        "role-cannot-hand-over-failures",
        "The role may not invoke the destination of failures",
        [template("lambda:InvokeFunction", "lambda:GetFunction", "ImageProcessorRole")],
        "PutFunctionEventInvokeConfig fails: the role may not call InvokeFunction on it.",
        f"{_LAMBDA}invocation-async-retain-records.html",
        "lint",
    ),
    Mutant(
        "notifier-cannot-send-to-the-queue",
        "sqs:ReceiveMessage instead of sqs:SendMessage",
        [template("Action: sqs:SendMessage", "Action: sqs:ReceiveMessage")],
        "CreateFunction fails: the role may not call SendMessage on the dead-letter queue.",
        f"{_LAMBDA}invocation-async-retain-records.html",
        "lint",
    ),
    Mutant(
        "notifications-role-on-objects",
        "s3:PutBucketNotification is granted on the bucket's objects",
        [
            template(
                "Resource: !GetAtt UploadBucket.Arn",
                "Resource: !Sub ${UploadBucket.Arn}/*",
                "BucketNotificationsRole",
            )
        ],
        "The custom resource fails with AccessDenied, and the stack with it.",
        _S3_ACTIONS,
        "lint",
    ),
    # Trust
    Mutant(
        "trust-of-s3",
        "The function's role trusts s3.amazonaws.com",
        [
            template(
                "Service: lambda.amazonaws.com", "Service: s3.amazonaws.com", "ImageProcessorRole"
            )
        ],
        _NOT_ASSUMED,
        f"{_LAMBDA}lambda-intro-execution-role.html",
        "lint",
    ),
    Mutant(
        "trust-with-a-condition-that-never-holds",
        "The trust policy compares aws:SourceAccount with the name of the stack",
        [
            template(
                "aws:SourceAccount: !Ref AWS::AccountId",
                "aws:SourceAccount: !Ref AWS::StackName",
                "FailureNotifierRole",
            )
        ],
        _NOT_ASSUMED,
        f"{_IAM}confused-deputy.html",
        "lint",
    ),
    # S3 to Lambda
    Mutant(
        "no-invoke-permission",
        "S3 is not permitted to invoke the function",
        [
            without("UploadInvokePermission:", ""),
            template("    DependsOn: UploadInvokePermission\n", ""),
        ],
        _NO_DESTINATION,
        f"{_LAMBDA}with-s3.html",
        "lint",
    ),
    Mutant(
        "permission-for-another-bucket",
        "SourceArn is the processed bucket",
        [template("SourceArn: !GetAtt UploadBucket.Arn", "SourceArn: !GetAtt ProcessedBucket.Arn")],
        _NO_DESTINATION,
        f"{_LAMBDA}with-s3.html",
        "lint",
    ),
    Mutant(
        "permission-for-another-account",
        "SourceAccount is somebody else",
        [
            template(
                "SourceAccount: !Ref AWS::AccountId",
                'SourceAccount: "210987654321"',
                "UploadInvokePermission",
            )
        ],
        _NO_DESTINATION,
        f"{_LAMBDA}with-s3.html",
        "lint",
    ),
    Mutant(
        "permission-for-another-service",
        "The permission is for sns.amazonaws.com",
        [template("Principal: s3.amazonaws.com", "Principal: sns.amazonaws.com")],
        _NO_DESTINATION,
        f"{_LAMBDA}with-s3.html",
        "lint",
    ),
    Mutant(
        "permission-for-another-function",
        "The permission is on the failure notifier",
        [template("!Ref ImageProcessor", "!Ref FailureNotifier", "UploadInvokePermission")],
        _NO_DESTINATION,
        f"{_LAMBDA}with-s3.html",
        "lint",
    ),
    Mutant(
        "arn-of-one-partition",
        "arn:aws: is written out in the role's policy",
        [template("arn:${AWS::Partition}:logs:", "arn:aws:logs:", "FailureNotifierRole")],
        "In China and GovCloud nothing is logged: there it is arn:aws-cn and arn:aws-us-gov.",
        f"{_IAM}reference-arns.html",
        "lint",
    ),
    Mutant(
        "boundary-that-only-reads",
        "The role has ReadOnlyAccess as its permissions boundary",
        [
            template(
                "      Description: What the image processor may do.\n",
                (
                    "      Description: What the image processor may do.\n"
                    "      PermissionsBoundary: !Sub "
                    "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess\n"
                ),
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
            template(
                "      Description: What the image processor may do.\n",
                (
                    "      Description: What the image processor may do.\n"
                    "      ManagedPolicyArns:\n"
                    "        - !Sub "
                    "arn:${AWS::Partition}:iam::aws:policy/AWSLambdaBasicExecutionRole\n"
                ),
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
            template(
                "      MemorySize: 512\n",
                (
                    "      MemorySize: 512\n"
                    "      VpcConfig:\n"
                    "        SecurityGroupIds: [sg-0123456789abcdef0]\n"
                    "        SubnetIds: [subnet-0123456789abcdef0]\n"
                ),
            )
        ],
        "CreateFunction fails: the role may not call CreateNetworkInterface on EC2.",
        f"{_LAMBDA}configuration-vpc.html",
        "lint",
    ),
    Mutant(
        "traced-without-the-right",
        "Active tracing, and a role without xray:PutTraceSegments",
        [
            template(
                "      MemorySize: 512\n",
                "      MemorySize: 512\n      TracingConfig:\n        Mode: Active\n",
            )
        ],
        "CreateFunction fails: the role may not call PutTraceSegments on XRAY.",
        f"{_LAMBDA}services-xray.html",
        "lint",
    ),
    Mutant(
        "outputs-with-a-key-the-role-may-not-use",
        (
            "The processed bucket is encrypted with a key of its own, the role has no "
            "kms:GenerateDataKey"
        ),
        [
            _KEY,
            template(
                "              SSEAlgorithm: AES256\n",
                (
                    "              SSEAlgorithm: aws:kms\n"
                    "              KMSMasterKeyID: !GetAtt Key.Arn\n"
                ),
                "ProcessedBucket",
            ),
        ],
        "PutObject is answered with AccessDenied.",
        f"{_AWS}AmazonS3/latest/userguide/UsingKMSEncryption.html",
        "lint",
    ),
    Mutant(
        "topic-with-a-key-of-nobody",
        "The topic is encrypted with a key whose policy names the account alone",
        [
            _KEY,
            template(
                "      DisplayName: Image processing\n",
                "      DisplayName: Image processing\n      KmsMasterKeyId: !GetAtt Key.Arn\n",
            ),
        ],
        "Neither alarms nor functions may publish: KMSAccessDenied.",
        f"{_AWS}sns/latest/dg/sns-key-management.html",
        "lint",
    ),
    # Policies of topic, buckets and queue
    Mutant(
        "topic-without-cloudwatch",
        "The topic's policy lets EventBridge publish, not CloudWatch",
        [template("Service: cloudwatch.amazonaws.com", "Service: events.amazonaws.com")],
        _SILENT_ALARMS,
        _ALARMS,
        "lint",
    ),
    Mutant(
        "topic-for-other-alarms",
        "aws:SourceArn in the topic's policy matches no alarm",
        [template(":${AWS::AccountId}:alarm:*", ":${AWS::AccountId}:alarms:*")],
        _SILENT_ALARMS,
        _ALARMS,
        "lint",
    ),
    Mutant(
        "bucket-denies-everything",
        "The TLS-only statement of the upload bucket has lost its condition",
        [without("Condition:", "UploadBucketPolicy")],
        "Nobody can use the bucket, the function included.",
        f"{_S3}userguide/amazon-s3-policy-keys.html",
        "lint",
    ),
    Mutant(
        "bucket-denies-tls",
        "The processed bucket denies requests over TLS, not those without",
        [
            template(
                'aws:SecureTransport: "false"',
                'aws:SecureTransport: "true"',
                "ProcessedBucketPolicy",
            )
        ],
        "Every request that comes over TLS is denied.",
        f"{_S3}userguide/amazon-s3-policy-keys.html",
        "lint",
    ),
    Mutant(
        "bucket-without-tls-policy",
        "The upload bucket has no policy that asks for TLS",
        [without("UploadBucketPolicy:", "")],
        "Pictures may travel in the clear; s3-bucket-ssl-requests-only of AWS Config is not met.",
        f"{_S3}userguide/security-best-practices.html",
        "lint",
    ),
    Mutant(
        "policy-of-another-bucket",
        "The upload bucket's policy is about the processed bucket",
        [
            template(
                "              - !Sub ${UploadBucket.Arn}/*\n",
                "              - !Sub ${ProcessedBucket.Arn}/*\n",
                "UploadBucketPolicy",
            )
        ],
        "PutBucketPolicy fails: MalformedPolicy, policy has invalid resource.",
        f"{_S3}userguide/s3-bucket-user-policy-specifying-resource-intro.html",
        "lint",
    ),
    Mutant(
        "queue-denies-everything",
        "The queue's statement on TLS has lost its condition",
        [without("Condition:", "FailureQueuePolicy")],
        "The failure notifier is denied: failures are kept nowhere.",
        f"{_IAM}reference_policies_evaluation-logic.html",
        "lint",
    ),
    Mutant(
        "condition-key-with-a-typo",
        "aws:SecureTransports is not a condition key",
        [template("aws:SecureTransport:", "aws:SecureTransports:", "FailureQueuePolicy")],
        "The condition never holds, so nothing is denied.",
        f"{_IAM}reference_policies_condition-keys.html",
        "lint",
    ),
]
