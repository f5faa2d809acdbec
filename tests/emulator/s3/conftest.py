"""Fixtures of the tests in this folder."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.queues import create_queue


@pytest.fixture(params=["plain", "versioned"])
def bucket(s3: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty bucket; each test that asks for it runs with and without versioning."""
    with_versions = request.param == "versioned"
    yield from _bucket(s3, with_versions)


@pytest.fixture
def versioned_bucket(s3: Any) -> Iterator[str]:
    yield from _bucket(s3, versioned=True)


@pytest.fixture
def plain_bucket(s3: Any) -> Iterator[str]:
    yield from _bucket(s3, versioned=False)


def _bucket(s3: Any, versioned: bool) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    _empty(s3, name)
    s3.delete_bucket(Bucket=name)


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])


@pytest.fixture
def queue(sqs: Any) -> Iterator[str]:
    url = create_queue(sqs, "s3")
    yield url
    sqs.delete_queue(QueueUrl=url)
