"""S3: calls that several scenarios make."""

from typing import Any

from tests.conformance.scenario import Call

# On AWS us-east-1 takes no LocationConstraint: scenarios are played there.
BUCKET = Call("s3", "create_bucket", {"Bucket": "$name"})
NO_BUCKET = Call("s3", "delete_bucket", {"Bucket": "$name"})
KEEP_VERSIONS = Call(
    "s3",
    "put_bucket_versioning",
    {"Bucket": "$name", "VersioningConfiguration": {"Status": "Enabled"}},
)


def put(key: str, **more: Any) -> Call:
    """Write four bytes to a key."""
    return Call("s3", "put_object", {"Bucket": "$name", "Key": key, "Body": b"text", **more})


def delete(key: str, **more: Any) -> Call:
    """Delete a key, or one version of it."""
    return Call("s3", "delete_object", {"Bucket": "$name", "Key": key, **more})
