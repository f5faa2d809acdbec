"""What the emulator keeps in memory of an object whose content is on disk."""

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st

from localstack_parity.s3.packed_metadata import packed
from tests.unit.emulator.conftest import Run

STORED = """
import io, tracemalloc
from pathlib import Path
from localstack.services.s3.models import S3Object, VersionedKeyStore
from localstack.services.s3.utils import get_canned_acl
from localstack_parity.s3.disk_store import DiskObjectStore

store, keys, owner = DiskObjectStore(Path("objects")), VersionedKeyStore(), {"ID": "1" * 64}

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
    return record
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
    assert kept < 1200, kept


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
public = S3Object(key="k", acl=get_canned_acl("public-read", owner), owner=owner)
with store.open("bucket", public, mode="w") as file:
    file.write(io.BytesIO(b""))
assert len(public.acl["Grants"]) == 2 and len(one.acl["Grants"]) == 1
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


@settings(deadline=None)
@given(metadata=st.dictionaries(st.text(), st.text(), max_size=9))
def test_metadata_that_is_packed_says_the_same(metadata: dict[str, str]) -> None:
    kept = packed(metadata)
    assert dict(kept) == dict(kept.items()) == metadata == pickle.loads(pickle.dumps(kept))
    assert (len(kept), bool(kept)) == (len(metadata), bool(metadata))
    assert all(kept[name] == value for name, value in metadata.items())
