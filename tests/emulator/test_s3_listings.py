"""Listings in pages give every key once, in any script."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator

KEYS = sorted(["a b", "a+b", "b/100% c", "b/c&<d>", "ü/1", "ü/2", "東京/1", "東京/2", "🌄", "z"])


@pytest.fixture
def s3(emulator: Emulator) -> Any:
    return emulator.client("s3")


@pytest.fixture
def bucket(s3: Any) -> Iterator[str]:
    """A versioned bucket with one version of each of KEYS."""
    name = f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    versions = [(key, s3.put_object(Bucket=name, Key=key)["VersionId"]) for key in KEYS]
    yield name
    for key, version in versions:
        s3.delete_object(Bucket=name, Key=key, VersionId=version)
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize("page_size", range(1, len(KEYS) + 1))
@pytest.mark.parametrize(
    ("operation", "part"),
    [
        ("list_objects", "Contents"),
        ("list_objects_v2", "Contents"),
        ("list_object_versions", "Versions"),
    ],
)
def test_every_key_is_listed_once(
    s3: Any, bucket: str, operation: str, part: str, page_size: int
) -> None:
    """Wherever the border of two pages falls, no key is left out or repeated."""
    pages = s3.get_paginator(operation).paginate(
        Bucket=bucket, PaginationConfig={"PageSize": page_size, "MaxItems": 3 * len(KEYS)}
    )
    assert [entry["Key"] for page in pages for entry in page.get(part, [])] == KEYS


def test_common_prefixes_are_encoded_once(s3: Any, bucket: str) -> None:
    """Folders are listed by their own names."""
    answer = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="ü")
    assert [entry["Prefix"] for entry in answer["CommonPrefixes"]] == ["ü/"]
    assert answer["Prefix"] == "ü"
