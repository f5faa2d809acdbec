"""S3: objects and their versions."""

from tests.conformance.scenario import Call, Scenario
from tests.conformance.scenarios.s3_calls import BUCKET, KEEP_VERSIONS, NO_BUCKET, delete, put

SCENARIOS = (
    Scenario(
        "s3-conditional-writes",
        ("76a",),
        (
            BUCKET,
            put("k", IfNoneMatch="*"),
            put("k", IfNoneMatch="*"),
            put("k", IfMatch='"0123456789abcdef0123456789abcdef"'),
            put("none", IfMatch='"0123456789abcdef0123456789abcdef"'),
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
        (delete("k"), NO_BUCKET),
    ),
    Scenario(
        "s3-objects",
        ("122a", "115f"),
        (
            BUCKET,
            put("k", Tagging="a=1&b=2", Metadata={"a": "b"}, ContentType="text/plain"),
            Call(
                "s3",
                "get_object",
                {"Bucket": "$name", "Key": "k"},
                keep="[ETag, ContentLength, ContentType, Metadata, TagCount, Body, AcceptRanges, "
                "ServerSideEncryption]",
            ),
            put("big", Metadata={"a": "x" * 2048}),
            put("tags", Tagging="a=1&a=2"),
            put("tags", Tagging="&".join(f"k{n}=v" for n in range(11))),
            put("class", StorageClass="ATTIC"),
            put("k" * 1025),
            put("sse", ServerSideEncryption="rot13"),
        ),
        (delete("k"), delete("tags"), NO_BUCKET),
    ),
    Scenario(
        "s3-hashes",
        ("55c",),
        (
            BUCKET,
            put("k", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA=="),
            put("k", ContentMD5="short"),
            put("k", ChecksumSHA256="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            Call("s3", "head_object", {"Bucket": "$name", "Key": "k"}),
        ),
        (NO_BUCKET,),
    ),
    Scenario(
        "s3-listing",
        ("78",),
        (
            BUCKET,
            put("a/1"),
            put("a/2"),
            put("b c"),
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
        (delete("a/1"), delete("a/2"), delete("b c"), NO_BUCKET),
    ),
    Scenario(
        "s3-pages",
        ("78b",),
        (
            BUCKET,
            put("1"),
            put("2"),
            Call(
                "s3",
                "list_objects_v2",
                {"Bucket": "$name", "MaxKeys": 5000},
                keep="[MaxKeys, KeyCount, IsTruncated]",
            ),
            Call(
                "s3",
                "list_objects_v2",
                {"Bucket": "$name", "MaxKeys": 0},
                keep="[MaxKeys, KeyCount, IsTruncated, Contents]",
            ),
            Call(
                "s3",
                "list_object_versions",
                {"Bucket": "$name", "MaxKeys": 1},
                keep="[MaxKeys, IsTruncated, NextKeyMarker, Versions[].[Key, VersionId]]",
            ),
        ),
        (delete("1"), delete("2"), NO_BUCKET),
    ),
    Scenario(
        "s3-versions",
        ("79",),
        (
            BUCKET,
            KEEP_VERSIONS,
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
            delete("k", VersionId="$first"),
            delete("k", VersionId="$second"),
            delete("k", VersionId="$marker"),
            NO_BUCKET,
        ),
    ),
    Scenario(
        "s3-object-lock",
        ("115b",),
        (
            BUCKET,
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
        (NO_BUCKET,),
    ),
    Scenario(
        "s3-encryption-keys",
        ("115g",),
        (
            BUCKET,
            put("k", ServerSideEncryption="aws:kms", SSEKMSKeyId="no-such-key"),
            put(
                "k",
                ServerSideEncryption="aws:kms",
                SSEKMSKeyId="arn:aws:kms:$region:$account:key/134f2428-cec1-4b25-a1ae-9048164dba47",
            ),
        ),
        (NO_BUCKET,),
    ),
)
