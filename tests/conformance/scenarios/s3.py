"""S3: buckets, and what they are set to."""

from typing import Any

from tests.conformance.scenario import Call, Scenario, Text
from tests.conformance.scenarios.s3_calls import BUCKET, NO_BUCKET, delete, put


def _policy(document: Any) -> Call:
    return Call("s3", "put_bucket_policy", {"Bucket": "$name", "Policy": document})


def _lifecycle(**rule: Any) -> Call:
    whole = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule}
    return Call(
        "s3",
        "put_bucket_lifecycle_configuration",
        {"Bucket": "$name", "LifecycleConfiguration": {"Rules": [whole]}},
    )


_STATEMENT = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::$name/*",
}


SCENARIOS = (
    Scenario(
        "s3-new-buckets",
        ("10", "24b"),
        (
            BUCKET,
            Call(
                "s3",
                "get_public_access_block",
                {"Bucket": "$name"},
                keep="PublicAccessBlockConfiguration",
            ),
            Call(
                "s3",
                "get_bucket_encryption",
                {"Bucket": "$name"},
                keep="ServerSideEncryptionConfiguration.Rules[]"
                ".ApplyServerSideEncryptionByDefault.SSEAlgorithm",
            ),
            Call(
                "s3",
                "get_bucket_ownership_controls",
                {"Bucket": "$name"},
                keep="OwnershipControls.Rules",
            ),
            Call("s3", "get_bucket_versioning", {"Bucket": "$name"}, keep="Status"),
            Call("s3", "get_bucket_policy", {"Bucket": "$name"}),
            Call("s3", "get_bucket_lifecycle_configuration", {"Bucket": "$name"}),
            Call("s3", "get_bucket_cors", {"Bucket": "$name"}),
            Call("s3", "get_bucket_tagging", {"Bucket": "$name"}),
            _policy(Text({"Version": "2012-10-17", "Statement": [_STATEMENT]})),
            Call("s3", "put_bucket_acl", {"Bucket": "$name", "ACL": "public-read"}),
        ),
        (NO_BUCKET,),
    ),
    Scenario(
        "s3-bucket-names",
        ("32", "73b"),
        (
            Call("s3", "create_bucket", {"Bucket": "Capital-$name"}),
            Call("s3", "create_bucket", {"Bucket": "xn--$name"}),
            Call("s3", "create_bucket", {"Bucket": "192.168.5.4"}),
            BUCKET,
            Call("s3", "head_bucket", {"Bucket": "$name-no"}),
            Call("s3", "get_bucket_location", {"Bucket": "$name-no"}),
            put("k"),
            Call("s3", "delete_bucket", {"Bucket": "$name"}),
        ),
        (delete("k"), NO_BUCKET),
    ),
    Scenario(
        "s3-policies",
        ("72", "24a"),
        (
            BUCKET,
            _policy("{"),
            _policy(Text({"Version": "2012-10-17", "Statement": []})),
            _policy(Text({"Version": "2012-10-17", "Statement": [{**_STATEMENT, "Effect": "x"}]})),
            _policy(
                Text(
                    {
                        "Version": "2012-10-17",
                        "Statement": [{**_STATEMENT, "Resource": "arn:aws:s3:::other/*"}],
                    }
                )
            ),
            _policy(
                Text(
                    {
                        "Version": "2012-10-17",
                        "Statement": [
                            {**_STATEMENT, "Effect": "Deny", "Action": "s3:DeleteObject"}
                        ],
                    }
                )
            ),
            put("k"),
            delete("k"),
            Call("s3", "delete_bucket_policy", {"Bucket": "$name"}),
        ),
        (delete("k"), NO_BUCKET),
    ),
    Scenario(
        "s3-lifecycle",
        ("125", "115f"),
        (
            BUCKET,
            _lifecycle(Expiration={"Days": 0}),
            _lifecycle(Transitions=[{"Days": 29, "StorageClass": "STANDARD_IA"}]),
            _lifecycle(
                Expiration={"Days": 30}, Transitions=[{"Days": 60, "StorageClass": "GLACIER"}]
            ),
            _lifecycle(Expiration={"Date": "2030-01-01T10:00:00Z"}),
            _lifecycle(),
            _lifecycle(Expiration={"Days": 1}, ID="x" * 256),
        ),
        (NO_BUCKET,),
    ),
    Scenario(
        "s3-cors",
        ("115b",),
        (
            BUCKET,
            *(
                Call(
                    "s3",
                    "put_bucket_cors",
                    {"Bucket": "$name", "CORSConfiguration": {"CORSRules": [rule]}},
                )
                for rule in (
                    {"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]},
                    {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.*.example.com"]},
                    {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"]},
                )
            ),
            Call(
                "s3",
                "get_bucket_cors",
                {"Bucket": "$name"},
                keep="CORSRules",
            ),
        ),
        (NO_BUCKET,),
    ),
)
