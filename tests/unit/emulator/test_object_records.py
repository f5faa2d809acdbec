"""What the emulator keeps in memory of an object whose content is on disk."""

from tests.unit.emulator.conftest import Run

STORED = """
import io, tracemalloc
from pathlib import Path
from localstack.services.s3.models import S3Object
from localstack.services.s3.utils import get_canned_acl
from localstack_parity.s3.disk_store import DiskObjectStore
from localstack_parity.s3.key_stores import Versions

store, keys, owner = DiskObjectStore(Path("objects")), Versions(), {"ID": "1" * 64}

def put(number, **more):
    record = S3Object(
        key=f"uploads/run-20261127T100000Z-abcd/user-{number % 200:03}/thumbnail-{number:05}.jpg",
        version_id=f"{number:032}", checksum_value=f"{number:08}", checksum_algorithm="CRC32",
        user_metadata={"uploader "[:8]: f"user-{number % 200:03}", "title "[:5]: f"Bild {number}"},
        system_metadata={"ContentType": f"image/{'jpeg'}"},
        acl=get_canned_acl("private", owner), owner=owner, **more)
    with store.open("bucket", record, mode="w") as file:
        file.write(io.BytesIO(b"content %d" % number))
    keys.set(record.key, record)
    return keys.get(record.key)
"""


def test_an_object_takes_little_memory(run: Run) -> None:
    """20,000 images are 40,000 of them, and may take 50 MB more than 2,000 do."""
    program = """
many = 3_000
for number in range(500):
    put(number)
tracemalloc.start()
for number in range(500, 500 + many):
    put(number)
print(tracemalloc.get_traced_memory()[0] // many)
"""
    kept = int(run(STORED + program))
    assert kept < 600, kept


def test_the_tags_of_an_object_take_little_memory(run: Run) -> None:
    """Each output has some: 20,000 of them may not take 10 MB."""
    program = """
import tracemalloc
from localstack.services.s3.models import S3Store
from localstack_parity.s3 import packed_tags
packed_tags.install()
store, many = S3Store(), 3_000
tracemalloc.start()
for number in range(many):
    tags = {"source-" + name: f"{name}-{number:032}" for name in ("version", "request", "form")}
    store.tags.update_tags(f"bucket/uploads/thumbnail-{number:05}.jpg/{number:032}", tags)
print(tracemalloc.get_traced_memory()[0] // many)
"""
    kept = int(run(program))
    assert kept < 500, kept


def test_packed_tags_are_set_read_and_removed_as_any(run: Run) -> None:
    program = """
from localstack_parity.s3.packed_tags import PackedTags
tags = PackedTags()
assert tags.get_tags("a") == {}
tags.update_tags("a", {"one": "1", "two": ""})
tags.update_tags("a", {"two": "2", "three": "zero\\0byte"})
assert tags.get_tags("a") == {"one": "1", "two": "2", "three": "zero\\0byte"}
tags.get_tags("a")["one"] = "changed"
tags.delete_tags("a", ["two", "none"])
assert tags.get_resource_tag_map() == {"a": {"one": "1", "three": "zero\\0byte"}}
tags.update_tags("b", {})
assert tags.get_resource_tag_map()["b"] == {}
tags.delete_all_tags("a")
assert tags.get_tags("a") == {}
"""
    run(program)


def test_objects_share_what_is_equal_and_nothing_else(run: Run) -> None:
    program = """
one, other = put(1), put(2)
assert one.acl is other.acl
assert one.user_metadata == {"uploader": "user-001", "title": "Bild 1"}
assert other.user_metadata == {"uploader": "user-002", "title": "Bild 2"}
assert one.system_metadata is other.system_metadata == {"ContentType": "image/jpeg"}
keys.set("k", S3Object(key="k", acl=get_canned_acl("public-read", owner), owner=owner))
assert len(keys.get("k").acl["Grants"]) == 2 and len(one.acl["Grants"]) == 1
one.acl = keys.get("k").acl
assert len(one.acl["Grants"]) == 2 and len(other.acl["Grants"]) == 1
"""
    run(STORED + program)


def test_a_record_says_what_its_object_does(run: Run) -> None:
    """Also loaded from a saved state, and what was set since."""
    program = """
import pickle
from datetime import UTC, datetime
from localstack_parity.s3.records import Record

def equal(record, whole):
    assert {name: getattr(record, name) for name in vars(whole)} == vars(whole)
    assert record.get_system_metadata_fields() == whole.get_system_metadata_fields()

for number in range(1000):
    whole = S3Object(
        key="k", etag="1" * 32, size=number << number % 70, version_id="null",
        user_metadata={"a": "", "b": "zero" + chr(0), "c": "ü" + chr(0xD800)} if number % 2 else {},
        expires=datetime(2026, 1, 1, tzinfo=UTC), lock_until=datetime(2027, 1, 1, tzinfo=UTC),
        checksum_value=None, storage_class="GLACIER", owner=owner, acl={"Owner": owner})
    whole.internal_last_modified = 1_795_000_000_123_456_789 + number
    whole.parts = {"1": {"Size": number}} if number % 3 else {}
    record = Record(whole)
    equal(record, whole)
    whole.restore = record.restore = 'ongoing-request="false"'
    whole.etag = record.etag = "2" * 32
    equal(record, whole)
    equal(pickle.loads(pickle.dumps(record)), whole)
assert not hasattr(record, "none") and record.last_modified.tzinfo is whole.last_modified.tzinfo
"""
    run(STORED + program)


def test_versions_are_kept_as_localstack_keeps_them(run: Run) -> None:
    program = """
import random
from localstack.services.s3.models import S3DeleteMarker, VersionedKeyStore
from localstack_parity.s3.key_stores import Versions

draw, kept, plain = random.Random(1), Versions(), VersionedKeyStore()

def said(of):
    return of and (type(of) is S3DeleteMarker, of.key, of.version_id, of.is_current)

for step in range(2_000):
    key, version = draw.choice("abc"), draw.choice(["1", "2", "3", "null"])
    match draw.randrange(5):
        case 0 | 1:
            kind = draw.choice([S3Object, S3DeleteMarker])
            kept.set(key, kind(key=key, version_id=version))
            plain._store[key].pop(version, None)  # what is written again is the newest on AWS
            plain.set(key, kind(key=key, version_id=version))
        case _:
            assert said(kept.pop(key, version)) == said(plain.pop(key, version))
    for each in ("a", "b", "c"):
        assert (each in kept) == (each in plain)
        for version in (None, "1", "2", "null"):
            assert said(kept.get(each, version)) == said(plain.get(each, version))
    for every in (True, False):
        assert sorted(map(said, kept.values(every))) == sorted(map(said, plain.values(every)))
    assert kept.is_empty() == plain.is_empty()
"""
    run(STORED + program)


def test_a_file_is_there_as_long_as_its_object(run: Run) -> None:
    """And no longer; a record that is saved, and loaded somewhere else, has no claim to it."""
    program = """
import pickle
record = put(1)
path = store.path_of(record)
assert path.read_bytes() == b"content 1"
loaded = pickle.loads(pickle.dumps(record))
del loaded
assert path.exists()
with store.open("bucket", record, mode="w") as file:
    file.write(io.BytesIO(b"newer"))
assert not path.exists() and store.path_of(record).read_bytes() == b"newer"
path = store.path_of(record)
keys.pop(record.key, record.version_id)
assert path.exists()
del record, file
assert not path.exists()
"""
    run(STORED + program)
