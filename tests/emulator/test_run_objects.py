"""What a run reads of a bucket that has outputs of earlier runs."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from harness.run.objects import BucketListing
from tests.emulator.buckets import new_bucket

OURS, OTHER = "run-20261127T100000-aaaa", "run-20261126T100000-bbbb"
FOUND = [
    f"out/put/{OURS}/a.jpg",
    f"out/put/{OURS}/{OTHER}/b.jpg",
    "out/put/loose.jpg",
    "out/put/no-run/c.jpg",
    "out/other.jpg",
    "else/d.jpg",
    "top.jpg",
]


@pytest.fixture
def bucket(s3: Any) -> Iterator[str]:
    """With an output of an earlier run beside FOUND, and two versions of one of these."""
    with new_bucket(s3, versioned=True) as name:
        for key in [*FOUND, f"out/put/{OTHER}/e.jpg", FOUND[0]]:
            s3.put_object(Bucket=name, Key=key)
        s3.delete_object(Bucket=name, Key=FOUND[-1])
        yield name


def test_what_earlier_runs_have_left_is_not_read(s3: Any, bucket: str) -> None:
    """Of their folders the name is listed, and nothing in them; all else is found."""
    read: list[str] = []

    def note(parsed: Any, **_: Any) -> None:
        read.extend(entry["Key"] for entry in parsed.get("Versions", []))

    s3.meta.events.register("after-call.s3.ListObjectVersions", note)
    found = BucketListing(s3, bucket, 0.0).but_of_other_runs("", "out/put/", {OURS})
    assert sorted(found) == sorted(FOUND)
    assert [each.current for each in found[FOUND[0]]] == [True, False]
    assert [each.current for each in found[FOUND[-1]]] == [False, False]
    assert not [key for key in read if key.startswith(f"out/put/{OTHER}/")]


def test_a_bucket_of_uploads_and_outputs_is_read_below_the_outputs(s3: Any, bucket: str) -> None:
    found = BucketListing(s3, bucket, 0.0).but_of_other_runs("out/put/", "out/put/", {OURS})
    assert sorted(found) == sorted(key for key in FOUND if key.startswith("out/put/"))


def test_what_is_older_than_the_run_does_not_count(s3: Any, bucket: str) -> None:
    assert not BucketListing(s3, bucket, time.time() + 60).below()
