"""Defects in the buckets: versions, lifecycle, public access, and which keys are events."""

from tests.mutants.mutant import Mutant
from tests.mutants.template_edits import Add, Remove, Set

_AWS = "https://docs.aws.amazon.com/"
_S3 = f"{_AWS}AmazonS3/latest/"
_FILTERS = f"{_AWS}AmazonS3/latest/userguide/notification-how-to-filtering.html"
_NOT_REPORTED = "S3 reports no upload: pictures are stored and nothing happens."

MUTANTS = [
    # Buckets
    Mutant(
        "outputs-are-retained-for-a-year",
        "Object Lock with a default retention, and the function sends no checksum",
        [
            Add("ProcessedBucket.Properties.ObjectLockEnabled", "true"),
            Add(
                "ProcessedBucket.Properties.ObjectLockConfiguration",
                (
                    "ObjectLockEnabled: Enabled\n"
                    "Rule: { DefaultRetention: { Mode: GOVERNANCE, Days: 365 } }\n"
                ),
            ),
        ],
        "PutObject fails: Content-MD5 or a checksum is required with Object Lock. No output ever.",
        f"{_S3}userguide/object-lock-managing.html",
        "contract",
    ),
    Mutant(
        "old-versions-for-ten-months",
        "Noncurrent versions are kept for 300 days where 30 were agreed on",
        [Set("UploadBucket..ExpireOldVersions.NoncurrentVersionExpiration.NoncurrentDays", "300")],
        "S3 keeps them, and they cost, ten times as long.",
        f"{_S3}userguide/lifecycle-configuration-examples.html",
        "lint",
    ),
    Mutant(
        "bucket-without-encryption",
        "The upload bucket does not choose its encryption",
        [Remove("UploadBucket.Properties.BucketEncryption")],
        "S3 has a default; an account's guard rails refuse such a template all the same.",
        f"{_S3}userguide/default-bucket-encryption.html",
        "lint",
    ),
    Mutant(
        "bucket-without-public-access-block",
        "The processed bucket does not block public access",
        [Remove("ProcessedBucket.Properties.PublicAccessBlockConfiguration")],
        "S3 has a default; an account's guard rails refuse such a template all the same.",
        f"{_S3}userguide/access-control-block-public-access.html",
        "lint",
    ),
    Mutant(
        "bucket-with-public-policies",
        "BlockPublicPolicy: false",
        [Set("ProcessedBucket..BlockPublicPolicy", "false")],
        "A later policy may make the pictures public.",
        f"{_S3}userguide/access-control-block-public-access.html",
        "lint",
    ),
    Mutant(
        "bucket-without-versions",
        "Versioning of the upload bucket is suspended",
        [Set("UploadBucket..VersioningConfiguration.Status", "Suspended")],
        "Events name no version: what is there when the function reads is taken for the upload.",
        f"{_S3}userguide/notification-content-structure.html",
        "lint",
    ),
    Mutant(
        "old-versions-stay-for-ever",
        "The processed bucket's old versions do not expire",
        [Remove("ProcessedBucket..ExpireOldVersions")],
        "Every overwritten picture is kept, and paid for, for ever.",
        f"{_S3}userguide/lifecycle-configuration-examples.html",
        "lint",
    ),
    Mutant(
        "lifecycle-that-s3-refuses",
        "ExpiredObjectDeleteMarker together with ExpirationInDays",
        [Add("UploadBucket..ExpireReceipts.ExpiredObjectDeleteMarker", "true")],
        "PutBucketLifecycleConfiguration fails: MalformedXML.",
        f"{_S3}API/API_LifecycleExpiration.html",
        "lint",
    ),
    Mutant(
        "lifecycle-of-zero-days",
        "ExpirationInDays: 0",
        [Set("UploadBucket..ExpirationInDays", "0")],
        "PutBucketLifecycleConfiguration fails: days must be positive.",
        f"{_S3}API/API_LifecycleExpiration.html",
        "lint",
    ),
    Mutant(
        "lifecycle-of-the-uploads",
        "The rule for receipts has lost its prefix",
        [Remove("UploadBucket..Prefix")],
        "S3 deletes every upload after 30 days.",
        f"{_S3}API/API_LifecycleRule.html",
        "lint",
    ),
    Mutant(
        "transition-before-thirty-days",
        "Old versions move to STANDARD_IA after a week",
        [
            Add(
                "ProcessedBucket..ExpireOldVersions.NoncurrentVersionTransitions",
                "[{StorageClass: STANDARD_IA, TransitionInDays: 7}]",
            )
        ],
        "PutBucketLifecycleConfiguration fails: at least 30 days, and before the expiration.",
        f"{_AWS}AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html",
        "lint",
    ),
    Mutant(
        "uploads-belong-to-their-writers",
        "ObjectOwnership: ObjectWriter",
        [Set("UploadBucket..ObjectOwnership", "ObjectWriter")],
        "What another account uploads is its own: the function may not read it.",
        f"{_AWS}AmazonS3/latest/userguide/about-object-ownership.html",
        "lint",
    ),
    # Events of the bucket
    Mutant(
        "suffixes-overlap",
        "Two filters match the same keys",
        [Set("BucketNotifications.Properties.Suffixes", "[.jpg, .jpeg, .png, g]")],
        "PutBucketNotification fails: Configurations overlap.",
        _FILTERS,
        "lint",
    ),
    Mutant(
        "suffix-with-a-wildcard",
        "*.jpg is no suffix of any key",
        [Set("BucketNotifications.Properties.Suffixes", '["*.jpg", "*.jpeg", "*.png"]')],
        f"Filters have no wildcards. {_NOT_REPORTED}",
        _FILTERS,
        "lint",
    ),
    Mutant(
        "suffix-missing",
        ".jpeg is not among the suffixes",
        [Set("BucketNotifications.Properties.Suffixes", "[.jpg, .png]")],
        "Pictures named .jpeg are stored and nothing happens.",
        _FILTERS,
        "lint",
    ),
    Mutant(
        "suffix-in-capitals",
        "S3 compares case",
        [Set("BucketNotifications.Properties.Suffixes", "[.JPG, .JPEG, .PNG]")],
        _NOT_REPORTED,
        _FILTERS,
        "lint",
    ),
    Mutant(
        "prefix-with-a-slash",
        "The prefix begins with a slash, keys do not",
        [Set("BucketNotifications.Properties.Prefix", "/uploads/")],
        _NOT_REPORTED,
        _FILTERS,
        "lint",
    ),
    Mutant(
        "prefix-of-everything",
        "Every .jpg of the bucket is an event",
        [Set("BucketNotifications.Properties.Prefix", "other/")],
        "The function is invoked for what it never should see, and not for uploads.",
        _FILTERS,
        "lint",
    ),
]
