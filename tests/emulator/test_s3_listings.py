"""Listings in pages give every key once, in any script."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.buckets import new_bucket

KEYS = sorted(["a b", "a+b", "b/100% c", "b/c&<d>", "ü/1", "ü/2", "東京/1", "東京/2", "🌄", "z"])


@pytest.fixture
def bucket(s3: Any) -> Iterator[str]:
    """A versioned bucket with one version of each of KEYS."""
    with new_bucket(s3, versioned=True) as name:
        for key in KEYS:
            s3.put_object(Bucket=name, Key=key)
        yield name


@pytest.fixture
def plain_bucket(s3: Any) -> Iterator[str]:
    """A bucket without versioning with an object of each of KEYS."""
    with new_bucket(s3) as name:
        for key in KEYS:
            s3.put_object(Bucket=name, Key=key)
        yield name


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


@pytest.fixture
def busy_bucket(s3: Any) -> Iterator[str]:
    """A bucket with keys of several versions, delete markers, and versions from before it had any.

    Its keys are `n/0` to `n/9`; `n/3` and `n/4` are deleted, and `m` and `o` are around them.
    """
    keys = ["m", *(f"n/{number}" for number in range(10)), "o"]
    with new_bucket(s3) as name:
        for key in keys:  # their version is "null"
            s3.put_object(Bucket=name, Key=key)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        for key in keys[2:9]:
            for _ in range(3):
                s3.put_object(Bucket=name, Key=key)
        for key in keys[4:6]:
            s3.delete_object(Bucket=name, Key=key)
        yield name


@pytest.mark.parametrize("prefix", ["", "n/", "n/3", "o", "p"])
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
def test_pages_add_up_to_the_whole(s3: Any, busy_bucket: str, operation: str, prefix: str) -> None:
    """Of versions, delete markers and objects from before versioning; none on a page too many."""
    whole = _entries([getattr(s3, operation)(Bucket=busy_bucket, Prefix=prefix)])
    for size in (1, 2, 3, 5, 8):
        pages = list(
            s3.get_paginator(operation).paginate(
                Bucket=busy_bucket, Prefix=prefix, PaginationConfig={"PageSize": size}
            )
        )
        assert _entries(pages) == whole
        assert not pages[-1]["IsTruncated"]
    assert len(whole) == len(set(whole))


def test_what_is_deleted_is_not_on_a_page_of_objects(s3: Any, busy_bucket: str) -> None:
    """Nor does it take the place of another key."""
    first = s3.list_objects_v2(Bucket=busy_bucket, Prefix="n/", MaxKeys=4)
    assert [entry["Key"] for entry in first["Contents"]] == ["n/0", "n/1", "n/2", "n/5"]
    assert first["IsTruncated"]
    last = s3.list_objects_v2(Bucket=busy_bucket, StartAfter="n/2", MaxKeys=2)
    assert [entry["Key"] for entry in last["Contents"]] == ["n/5", "n/6"]


def test_a_page_that_ends_with_its_prefix_is_the_last(s3: Any, busy_bucket: str) -> None:
    """Whatever keys there are behind the prefix."""
    for operation in ("list_objects", "list_objects_v2"):
        assert not getattr(s3, operation)(Bucket=busy_bucket, Prefix="n/", MaxKeys=8)["IsTruncated"]


@pytest.mark.parametrize("delimiter", ["", "/"])
def test_objects_without_versions_come_in_pages(s3: Any, plain_bucket: str, delimiter: str) -> None:
    """Also where the bucket has none, or had none yet when they were written."""
    for versioning in (None, "Enabled"):
        if versioning:
            s3.put_bucket_versioning(
                Bucket=plain_bucket, VersioningConfiguration={"Status": versioning}
            )
        pages = list(
            s3.get_paginator("list_object_versions").paginate(
                Bucket=plain_bucket, Delimiter=delimiter, PaginationConfig={"PageSize": 2}
            )
        )
        sizes = [
            len([*page.get("Versions", []), *page.get("CommonPrefixes", [])]) for page in pages
        ]
        listed = [entry["Key"] for page in pages for entry in page.get("Versions", [])]
        assert listed == [key for key in KEYS if not delimiter or delimiter not in key]
        assert set(sizes[:-1]) == {2}
        assert sizes[-1] in (1, 2)
        assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
def test_a_page_has_a_thousand_items_at_most(s3: Any, operation: str) -> None:
    """Whatever is wished for. AWS: API Reference, max-keys, "returns up to 1,000 key names"."""
    keys = [f"{number:04}" for number in range(1001)]
    with new_bucket(s3) as name:
        for key in keys:
            s3.put_object(Bucket=name, Key=key)
        answer = getattr(s3, operation)(Bucket=name, MaxKeys=5000)
    listed = [entry["Key"] for entry in answer.get("Contents") or answer["Versions"]]
    assert (listed, answer["MaxKeys"], answer["IsTruncated"]) == (keys[:1000], 1000, True)


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
def test_a_page_of_no_items_is_empty_and_the_last(s3: Any, bucket: str, operation: str) -> None:
    """As https://github.com/versity/versitygw/issues/248 has it of S3, whose tests run on it."""
    answer = getattr(s3, operation)(Bucket=bucket, MaxKeys=0)
    assert not {"Contents", "Versions", "CommonPrefixes"} & set(answer)
    assert (answer["MaxKeys"], answer["IsTruncated"]) == (0, False)
    assert answer.get("KeyCount", 0) == 0


def test_a_page_begins_behind_a_version_that_is_gone(s3: Any, bucket: str) -> None:
    """Deleting page by page is how a versioned bucket is emptied."""
    while True:
        page = s3.list_object_versions(Bucket=bucket, MaxKeys=3)
        for entry in page.get("Versions", []):
            s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])
        if not page["IsTruncated"]:
            break
        marker = {"KeyMarker": page["NextKeyMarker"]}
        marker["VersionIdMarker"] = page["NextVersionIdMarker"]
        following = s3.list_object_versions(Bucket=bucket, MaxKeys=3, **marker)
        assert following["Versions"][0]["Key"] > page["Versions"][-1]["Key"]
    assert "Versions" not in s3.list_object_versions(Bucket=bucket)


def _entries(pages: list[Any]) -> list[tuple[str, str, bool]]:
    """What pages list: key, version, and whether that is a delete marker."""
    return sorted(
        (entry["Key"], entry.get("VersionId", ""), part == "DeleteMarkers")
        for page in pages
        for part in ("Contents", "Versions", "DeleteMarkers")
        for entry in page.get(part, [])
    )
