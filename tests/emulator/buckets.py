"""Buckets for the length of a test."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def new_bucket(s3: Any, *, versioned: bool = False) -> Iterator[str]:
    """The name of a bucket, which goes with all that it holds then."""
    name = f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    try:
        yield name
    finally:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            named = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            if named:
                s3.delete_objects(Bucket=name, Delete={"Objects": named})
        s3.delete_bucket(Bucket=name)
