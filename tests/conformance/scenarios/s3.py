"""S3."""

from typing import Any

from tests.conformance.scenario import Call, Scenario, Text

# On AWS us-east-1 takes no LocationConstraint: scenarios are played there.
_BUCKET = Call("s3", "create_bucket", {"Bucket": "$name"})
_NO_BUCKET = Call("s3", "delete_bucket", {"Bucket": "$name"})
_QUEUE = Call("sqs", "create_queue", {"QueueName": "$name"}, save={"queue": "QueueUrl"})
_NO_QUEUE = Call("sqs", "delete_queue", {"QueueUrl": "$queue"})
_KEEP_VERSIONS = Call(
    "s3",
    "put_bucket_versioning",
    {"Bucket": "$name", "VersioningConfiguration": {"Status": "Enabled"}},
)


def _put(key: str, **more: Any) -> Call:
    return Call("s3", "put_object", {"Bucket": "$name", "Key": key, "Body": b"text", **more})


def _delete(key: str, **more: Any) -> Call:
    return Call("s3", "delete_object", {"Bucket": "$name", "Key": key, **more})


def _policy(document: Any) -> Call:
    return Call("s3", "put_bucket_policy", {"Bucket": "$name", "Policy": document})


def _notify(*configurations: dict[str, Any]) -> Call:
    queues = [
        {"QueueArn": "arn:aws:sqs:$region:$account:$name", "Events": ["s3:ObjectCreated:*"], **one}
        for one in configurations
    ]
    return Call(
        "s3",
        "put_bucket_notification_configuration",
        {"Bucket": "$name", "NotificationConfiguration": {"QueueConfigurations": queues}},
    )


def _keys(*rules: tuple[str, str]) -> dict[str, Any]:
    listed = [{"Name": name, "Value": value} for name, value in rules]
    return {"Filter": {"Key": {"FilterRules": listed}}}


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
            _BUCKET,
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
        (_NO_BUCKET,),
    ),
    Scenario(
        "s3-bucket-names",
        ("32", "73b"),
        (
            Call("s3", "create_bucket", {"Bucket": "Capital-$name"}),
            Call("s3", "create_bucket", {"Bucket": "xn--$name"}),
            Call("s3", "create_bucket", {"Bucket": "192.168.5.4"}),
            _BUCKET,
            Call("s3", "head_bucket", {"Bucket": "$name-no"}),
            Call("s3", "get_bucket_location", {"Bucket": "$name-no"}),
            _put("k"),
            Call("s3", "delete_bucket", {"Bucket": "$name"}),
        ),
        (_delete("k"), _NO_BUCKET),
    ),
    Scenario(
        "s3-policies",
        ("72", "24a"),
        (
            _BUCKET,
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
            _put("k"),
            _delete("k"),
            Call("s3", "delete_bucket_policy", {"Bucket": "$name"}),
        ),
        (_delete("k"), _NO_BUCKET),
    ),
    Scenario(
        "s3-notifications-refused",
        ("22", "42", "115b"),
        (
            _BUCKET,
            _QUEUE,
            _notify({}),
            Call(
                "sqs",
                "set_queue_attributes",
                {
                    "QueueUrl": "$queue",
                    "Attributes": {
                        "Policy": Text(
                            {
                                "Version": "2012-10-17",
                                "Statement": [
                                    {
                                        "Effect": "Allow",
                                        "Principal": {"Service": "s3.amazonaws.com"},
                                        "Action": "sqs:SendMessage",
                                        "Resource": "arn:aws:sqs:$region:$account:$name",
                                    }
                                ],
                            }
                        )
                    },
                },
            ),
            _notify({"Id": "a"}, {"Id": "b"}),
            _notify({**_keys(("prefix", "a/"))}, {**_keys(("prefix", "a/b/"))}),
            _notify({**_keys(("suffix", "a"), ("suffix", "b"))}),
            _notify({"Events": ["s3:ObjectPainted:*"]}),
            _notify({**_keys(("middle", "a"))}),
            _notify({**_keys(("prefix", "a b/"))}),
            Call(
                "s3",
                "get_bucket_notification_configuration",
                {"Bucket": "$name"},
                keep="QueueConfigurations[].[QueueArn, Events, Filter]",
            ),
        ),
        (_NO_QUEUE, _NO_BUCKET),
    ),
    Scenario(
        "s3-notifications-of-functions",
        ("9a",),
        (
            _BUCKET,
            Call(
                "s3",
                "put_bucket_notification_configuration",
                {
                    "Bucket": "$name",
                    "NotificationConfiguration": {
                        "LambdaFunctionConfigurations": [
                            {
                                "LambdaFunctionArn": "arn:aws:lambda:$region:$account:function:no",
                                "Events": ["s3:ObjectCreated:*"],
                            }
                        ]
                    },
                },
            ),
        ),
        (_NO_BUCKET,),
    ),
    Scenario(
        "s3-notifications-arrive",
        ("23a",),
        (
            _BUCKET,
            _QUEUE,
            Call(
                "sqs",
                "set_queue_attributes",
                {
                    "QueueUrl": "$queue",
                    "Attributes": {
                        "Policy": Text(
                            {
                                "Version": "2012-10-17",
                                "Statement": [
                                    {
                                        "Effect": "Allow",
                                        "Principal": {"Service": "s3.amazonaws.com"},
                                        "Action": "sqs:SendMessage",
                                        "Resource": "arn:aws:sqs:$region:$account:$name",
                                    }
                                ],
                            }
                        )
                    },
                },
            ),
            _notify({}),
            _put("a b+c/ü.txt"),
            Call(
                "sqs",
                "receive_message",
                {"QueueUrl": "$queue", "WaitTimeSeconds": 10},
                until="Messages[?contains(Body, 's3:TestEvent') == `false`]",
                keep="Messages[0].Body.contains(@, 'a+b%2Bc/%C3%BC.txt')",
            ),
        ),
        (_delete("a b+c/ü.txt"), _NO_QUEUE, _NO_BUCKET),
    ),
    Scenario(
        "s3-conditional-writes",
        ("76a",),
        (
            _BUCKET,
            _put("k", IfNoneMatch="*"),
            _put("k", IfNoneMatch="*"),
            _put("k", IfMatch='"0123456789abcdef0123456789abcdef"'),
            _put("none", IfMatch='"0123456789abcdef0123456789abcdef"'),
            Call(
                "s3",
                "get_object",
                {"Bucket": "$name", "Key": "k", "IfMatch": '"0"'},
            ),
            Call(
                "s3",
                "get_object",
                {"Bucket": "$name", "Key": "k", "Range": "bytes=9-12"},
            ),
            Call("s3", "get_object", {"Bucket": "$name", "Key": "none"}),
            Call(
                "s3",
                "complete_multipart_upload",
                {
                    "Bucket": "$name",
                    "Key": "k",
                    "UploadId": "none",
                    "MultipartUpload": {"Parts": [{"ETag": "e", "PartNumber": 1}]},
                },
            ),
        ),
        (_delete("k"), _NO_BUCKET),
    ),
    Scenario(
        "s3-objects",
        ("122a", "115f"),
        (
            _BUCKET,
            _put("k", Tagging="a=1&b=2", Metadata={"a": "b"}, ContentType="text/plain"),
            Call(
                "s3",
                "get_object",
                {"Bucket": "$name", "Key": "k"},
                keep="[ETag, ContentLength, ContentType, Metadata, TagCount, Body, AcceptRanges, "
                "ServerSideEncryption]",
            ),
            _put("big", Metadata={"a": "x" * 2048}),
            _put("tags", Tagging="a=1&a=2"),
            _put("tags", Tagging="&".join(f"k{n}=v" for n in range(11))),
            _put("class", StorageClass="ATTIC"),
            _put("k" * 1025),
            _put("sse", ServerSideEncryption="rot13"),
        ),
        (_delete("k"), _delete("tags"), _NO_BUCKET),
    ),
    Scenario(
        "s3-hashes",
        ("55c",),
        (
            _BUCKET,
            _put("k", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA=="),
            _put("k", ContentMD5="short"),
            _put("k", ChecksumSHA256="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            Call("s3", "head_object", {"Bucket": "$name", "Key": "k"}),
        ),
        (_NO_BUCKET,),
    ),
    Scenario(
        "s3-listing",
        ("78",),
        (
            _BUCKET,
            _put("a/1"),
            _put("a/2"),
            _put("b c"),
            Call(
                "s3",
                "list_objects_v2",
                {"Bucket": "$name", "Delimiter": "/", "MaxKeys": 1},
                keep="[IsTruncated, KeyCount, CommonPrefixes, Contents[].Key]",
            ),
            Call(
                "s3",
                "list_objects_v2",
                {"Bucket": "$name", "StartAfter": "a/1"},
                keep="[IsTruncated, KeyCount, Contents[].[Key, Size, StorageClass]]",
            ),
            Call("s3", "list_objects_v2", {"Bucket": "$name", "ContinuationToken": "nonsense"}),
            Call(
                "s3",
                "delete_objects",
                {"Bucket": "$name", "Delete": {"Objects": [{"Key": "a/1"}, {"Key": "never"}]}},
                keep="sort_by(Deleted, &Key)[].Key",
            ),
        ),
        (_delete("a/1"), _delete("a/2"), _delete("b c"), _NO_BUCKET),
    ),
    Scenario(
        "s3-versions",
        ("79",),
        (
            _BUCKET,
            _KEEP_VERSIONS,
            Call(
                "s3",
                "put_object",
                {"Bucket": "$name", "Key": "k", "Body": b"1"},
                save={"first": "VersionId"},
            ),
            Call(
                "s3",
                "put_object",
                {"Bucket": "$name", "Key": "k", "Body": b"2"},
                save={"second": "VersionId"},
            ),
            Call(
                "s3",
                "delete_object",
                {"Bucket": "$name", "Key": "k"},
                keep="DeleteMarker",
                save={"marker": "VersionId"},
            ),
            Call("s3", "get_object", {"Bucket": "$name", "Key": "k"}),
            Call(
                "s3",
                "get_object",
                {"Bucket": "$name", "Key": "k", "VersionId": "$first"},
                keep="Body",
            ),
            Call("s3", "get_object", {"Bucket": "$name", "Key": "k", "VersionId": "$marker"}),
            Call("s3", "get_object", {"Bucket": "$name", "Key": "k", "VersionId": "nonsense"}),
            Call(
                "s3",
                "list_object_versions",
                {"Bucket": "$name"},
                keep="[Versions[].[Key, IsLatest, Size], DeleteMarkers[].[Key, IsLatest]]",
            ),
        ),
        (
            _delete("k", VersionId="$first"),
            _delete("k", VersionId="$second"),
            _delete("k", VersionId="$marker"),
            _NO_BUCKET,
        ),
    ),
    Scenario(
        "s3-lifecycle",
        ("125", "115f"),
        (
            _BUCKET,
            _lifecycle(Expiration={"Days": 0}),
            _lifecycle(Transitions=[{"Days": 29, "StorageClass": "STANDARD_IA"}]),
            _lifecycle(
                Expiration={"Days": 30}, Transitions=[{"Days": 60, "StorageClass": "GLACIER"}]
            ),
            _lifecycle(Expiration={"Date": "2030-01-01T10:00:00Z"}),
            _lifecycle(),
            _lifecycle(Expiration={"Days": 1}, ID="x" * 256),
        ),
        (_NO_BUCKET,),
    ),
    Scenario(
        "s3-object-lock",
        ("115b",),
        (
            _BUCKET,
            Call(
                "s3",
                "put_object_lock_configuration",
                {
                    "Bucket": "$name",
                    "ObjectLockConfiguration": {
                        "ObjectLockEnabled": "Enabled",
                        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
                    },
                },
            ),
            Call("s3", "get_object_lock_configuration", {"Bucket": "$name"}),
        ),
        (_NO_BUCKET,),
    ),
    Scenario(
        "s3-encryption-keys",
        ("115g",),
        (
            _BUCKET,
            _put("k", ServerSideEncryption="aws:kms", SSEKMSKeyId="no-such-key"),
            _put(
                "k",
                ServerSideEncryption="aws:kms",
                SSEKMSKeyId="arn:aws:kms:$region:$account:key/134f2428-cec1-4b25-a1ae-9048164dba47",
            ),
        ),
        (_NO_BUCKET,),
    ),
    Scenario(
        "s3-cors",
        ("115b",),
        (
            _BUCKET,
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
        (_NO_BUCKET,),
    ),
)
