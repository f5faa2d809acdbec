"""Defects that CloudFormation itself refuses: references, names, types, outputs, updates."""

from tests.mutants.mutant import Mutant
from tests.mutants.template_edits import Add, Remove, Rename, RenameKey, Replace, Set

_AWS = "https://docs.aws.amazon.com/"
_REFERENCE = f"{_AWS}AWSCloudFormation/latest/TemplateReference/"
_LAMBDA = f"{_AWS}lambda/latest/"
_CLOUDFORMATION = f"{_AWS}AWSCloudFormation/latest/UserGuide/"
_S3 = f"{_AWS}AmazonS3/latest/"

MUTANTS = [
    # References
    Mutant(
        "getatt-with-a-typo",
        "!GetAtt ImageProcessorRole.ARN",
        [Set("ImageProcessor.Properties.Role", "!GetAtt ImageProcessorRole.ARN")],
        "CreateChangeSet fails: the attribute does not exist.",
        f"{_REFERENCE}intrinsic-function-reference-getatt.html",
        "lint",
    ),
    Mutant(
        "ref-with-a-typo",
        "!Ref of a resource that is not there",
        [Set("ImageProcessor..PROCESSED_BUCKET", "!Ref ProcessedImages")],
        "CreateChangeSet fails: unresolved resource dependencies.",
        f"{_REFERENCE}intrinsic-function-reference-ref.html",
        "lint",
    ),
    Mutant(
        "role-by-name",
        "Role is the role's name",
        [Set("ImageProcessor.Properties.Role", "!Ref ImageProcessorRole")],
        "CreateFunction fails: the role must be an ARN.",
        f"{_LAMBDA}api/API_CreateFunction.html",
        "lint",
    ),
    Mutant(
        "service-token-by-name",
        "ServiceToken is the function's name",
        [Set("BucketNotifications.Properties.ServiceToken", "!Ref BucketNotificationsFunction")],
        "The custom resource fails: the ServiceToken must be an ARN.",
        f"{_REFERENCE}aws-resource-cloudformation-customresource.html",
        "lint",
    ),
    Mutant(
        "name-without-sub",
        "A ${...} in a name without !Sub",
        [
            Set(
                "FailureNotifier.Properties.FunctionName",
                "image-failure-notifier-${EnvironmentSuffix}",
            )
        ],
        "CreateFunction fails: the name does not match its pattern.",
        f"{_LAMBDA}api/API_CreateFunction.html",
        "lint",
    ),
    Mutant(
        "circular-dependency",
        "The notifications are on the bucket itself",
        [
            Add(
                "UploadBucket.Properties.NotificationConfiguration",
                (
                    "LambdaConfigurations:\n"
                    '  - Event: "s3:ObjectCreated:*"\n'
                    "    Function: !GetAtt ImageProcessor.Arn\n"
                ),
            )
        ],
        "CreateChangeSet fails: circular dependency between resources.",
        f"{_CLOUDFORMATION}troubleshooting.html",
        "lint",
    ),
    Mutant(
        "notifications-before-the-permission",
        "DependsOn is missing on the custom resource",
        [Remove("BucketNotifications.DependsOn")],
        "CloudFormation makes both at the same time; S3 refuses if the notifications come first.",
        f"{_REFERENCE}aws-attribute-dependson.html",
        "lint",
    ),
    # Names
    Mutant(
        "bucket-with-capitals",
        "The bucket's name has a capital letter",
        [Replace("UploadBucket.Properties.BucketName", "image-", "Image-")],
        "CreateBucket fails: InvalidBucketName.",
        f"{_S3}userguide/bucketnamingrules.html",
        "lint",
    ),
    Mutant(
        "bucket-name-too-long",
        "The name fits with dev, not with the longest suffix allowed",
        [Replace("ProcessedBucket.Properties.BucketName", "processed-", "processed-and-resized-")],
        "CreateBucket fails for environments with longer names: at most 63 characters.",
        f"{_S3}userguide/bucketnamingrules.html",
        "lint",
    ),
    Mutant(
        "named-role",
        "The role has a name, which needs CAPABILITY_NAMED_IAM",
        [
            Add(
                "ImageProcessorRole.Properties.RoleName",
                "!Sub image-processor-${EnvironmentSuffix}",
            )
        ],
        "CreateChangeSet with CAPABILITY_IAM fails: InsufficientCapabilities.",
        f"{_CLOUDFORMATION}control-access-with-iam.html",
        "lint",
    ),
    # What the schema knows
    Mutant(
        "property-that-does-not-exist",
        "SSEAlgorithms instead of SSEAlgorithm",
        [RenameKey("UploadBucket..SSEAlgorithm", "SSEAlgorithms")],
        "The change set fails: properties validation.",
        f"{_REFERENCE}aws-properties-s3-bucket-serversideencryptionbydefault.html",
        "lint",
    ),
    Mutant(
        "type-that-does-not-exist",
        "AWS::SQS::FailureQueue",
        [Set("FailureQueue.Type", "AWS::SQS::FailureQueue")],
        "CreateChangeSet fails: unrecognized resource types.",
        f"{_REFERENCE}aws-template-resource-type-ref.html",
        "lint",
    ),
    Mutant(
        "deletion-policy-that-does-not-exist",
        "DeletionPolicy: Keep",
        [Set("UploadBucket.DeletionPolicy", "Keep")],
        "CreateChangeSet fails: unrecognized DeletionPolicy.",
        f"{_REFERENCE}aws-attribute-deletionpolicy.html",
        "lint",
    ),
    Mutant(
        "default-outside-its-pattern",
        "The default suffix is Dev",
        [Set("Parameters.EnvironmentSuffix.Default", "Dev")],
        "CreateChangeSet without that parameter fails: it must match its pattern.",
        f"{_CLOUDFORMATION}parameters-section-structure.html",
        "lint",
    ),
    # Outputs and updates
    Mutant(
        "export-with-a-slash",
        "An export's name has a slash in it",
        [Replace("Outputs.FunctionArn.Export.Name", "-FunctionArn", "/FunctionArn")],
        "CreateChangeSet fails: only letters, digits, colons and hyphens.",
        f"{_AWS}AWSCloudFormation/latest/TemplateReference/outputs-section-syntax.html",
        "lint",
    ),
    Mutant(
        "missing-output",
        "LogGroupName is not an output any more",
        [Remove("Outputs.LogGroupName")],
        "The stacks and people that use it fail.",
        f"{_CLOUDFORMATION}using-cfn-stack-exports.html",
        "lint",
    ),
    Mutant(
        "export-twice",
        "Two outputs export the same name",
        [Replace("Outputs.UploadBucketArn.Export.Name", "BucketArn", "BucketName")],
        "CreateChangeSet fails: duplicate export names.",
        f"{_CLOUDFORMATION}using-cfn-stack-exports.html",
        "lint",
    ),
    Mutant(
        "output-that-is-a-list",
        "The value of an output is a list",
        [Set("Outputs.FailureQueueUrl.Value", "[!Ref FailureQueue]")],
        "CreateChangeSet fails: outputs must be strings.",
        f"{_CLOUDFORMATION}outputs-section-structure.html",
        "lint",
    ),
    Mutant(
        "update-under-another-logical-id",
        "An alarm gets another logical id and keeps its name",
        [Rename("ErrorAlarm", "ErrorsAlarm")],
        "The update fails, as the name exists: the new one is made before the old one is deleted.",
        f"{_CLOUDFORMATION}using-cfn-updating-stacks-update-behaviors.html",
        "deploy",
        update=True,
    ),
]
