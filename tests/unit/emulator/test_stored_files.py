"""How an object's file comes to be: a body that the server has in a file is not written again."""

import pytest

from tests.unit.emulator.conftest import Run

STORE = """
import io, os, tempfile
from pathlib import Path
from localstack.services.s3.models import S3Object
from localstack_parity.authentication.bodies import VerifiedBody
from localstack_parity.s3.disk_store import DiskObjectStore
from threaded_http import bodies

store, content = DiskObjectStore(Path("objects")), os.urandom(3_000_000)
Path("objects/bucket").mkdir()

def written(body, content):
    body.write(content)
    body.seek(0)
    record = S3Object(key="a")
    with store.open("bucket", record, mode="w") as file:
        file.write(body)
    return record

def inode(file):
    return os.fstat(file.fileno()).st_ino
"""


def test_a_body_in_a_file_becomes_the_object(run: Run) -> None:
    """Where the file system has files without a name; it goes with the object."""
    program = """
body = bodies._unnamed_file()
record = written(body, content)
path = store.path_of(record)
print(path.stat().st_ino == inode(body), path.read_bytes() == content, record.size)
body.close()
del record
print(path.exists())
"""
    assert run(STORE + program).split() == ["True", "True", "3000000", "False"]


@pytest.mark.parametrize(
    "body",
    ["tempfile.TemporaryFile(buffering=0)", "open('named', 'w+b', buffering=0)", "io.BytesIO()"],
)
def test_any_other_is_copied(run: Run, body: str) -> None:
    """One that cannot get a name, one that has one, and one in memory."""
    program = f"""
body = {body}
path = store.path_of(record := written(body, content))
print(path.read_bytes() == content, body.closed or hasattr(body, "getvalue") or
      path.stat().st_ino != inode(body), record.size, len(list(Path("objects").rglob("*"))))
"""
    assert run(STORE + program).split() == ["True", "True", "3000000", "2"]


def test_what_was_read_before_is_no_part_of_the_object(run: Run) -> None:
    program = """
body = bodies._unnamed_file()
body.write(b"before" + content)
body.seek(6)
record = S3Object(key="a")
with store.open("bucket", record, mode="w") as file:
    file.write(body)
print(store.path_of(record).read_bytes() == content)
"""
    assert run(STORE + program).split() == ["True"]


@pytest.mark.parametrize("body", ["tempfile.TemporaryFile(buffering=0)", "io.BytesIO()"])
def test_content_that_the_disk_has_no_room_for_is_no_object(run: Run, body: str) -> None:
    """Also if it is the last of it: write(2) takes what there is room for, without an error."""
    program = f"""
import resource
body = {body}
body.write(content)
body.seek(0)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_999_900, resource.RLIM_INFINITY))
record = S3Object(key="a")
try:
    with store.open("bucket", record, mode="w") as file:
        file.write(body)
except OSError as problem:
    print(os.strerror(problem.errno))
"""
    assert run(STORE + program) == "File too large\n"
