"""New code of a function: what its package has again is not unpacked again; nothing is stale."""

import io
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, StartEmulator
from tests.emulator.functions import function_of, role_for
from tests.emulator.invocations import ANYTHING, runner

RUN = zipfile.ZipFile(io.BytesIO(ANYTHING)).read("handler.py").decode()
# Where the library lies, what is in it, and what it may be used for.
LOOK = """
import os, pathlib
place = pathlib.Path(os.environ["LAMBDA_TASK_ROOT"], "library/__init__.py")
result = [place.stat().st_ino, place.read_text(), oct(place.stat().st_mode)]
"""


@pytest.fixture
def library() -> str:
    """A library that no other test has had."""
    return f"VALUE = '{uuid.uuid4()}'\n" * 50


def package(handler: str, library: str) -> bytes:
    """A package that is compressed, as most are."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("library/__init__.py", library)
        made.writestr("handler.py", handler)
    return content.getvalue()


def update(emulator: Emulator, arn: str, code: bytes) -> None:
    functions = emulator.client("lambda")
    functions.update_function_code(FunctionName=arn, ZipFile=code)
    functions.get_waiter("function_updated_v2").wait(FunctionName=arn)


def test_a_library_that_is_as_it_was_is_not_unpacked_again(
    emulator: Emulator, role: str, library: str
) -> None:
    """GIVEN a function WHEN its handler is changed THEN the file of its library is the same one."""
    with function_of(emulator, package(RUN, library), role) as arn:
        run = runner(emulator, arn)
        before = run(LOOK).payload
        update(emulator, arn, package(f"NEW = True\n{RUN}", library))
        assert run("import handler; result = handler.NEW").payload is True
        assert run(LOOK).payload == before == [before[0], library, "0o100644"]


def test_a_library_that_differs_is_another(emulator: Emulator, role: str, library: str) -> None:
    """A change of it is seen, also one that leaves its length and its place as they were."""
    other = library.replace("VALUE", "LABEL")
    with function_of(emulator, package(RUN, library), role) as arn:
        run = runner(emulator, arn)
        before = run(LOOK).payload
        update(emulator, arn, package(RUN, other))
        inode, content, _ = run(LOOK).payload
        assert (inode != before[0], content) == (True, other)
        update(emulator, arn, package(RUN, library))
        assert run(LOOK).payload[1] == library


def test_damage_is_found_beside_what_is_known(emulator: Emulator, role: str, library: str) -> None:
    """A package of which one entry has a wrong byte is refused, whatever was unpacked before."""
    whole = package(RUN, library)
    with function_of(emulator, whole, role) as arn:
        broken = bytearray(package(f"NEW = True\n{RUN}", library))
        with zipfile.ZipFile(io.BytesIO(broken)) as made:
            entry = made.getinfo("library/__init__.py")
        broken[entry.header_offset + 30 + len(entry.filename) + entry.compress_size // 2] ^= 0xFF
        with pytest.raises(ClientError, match="Could not unzip uploaded file"):
            update(emulator, arn, bytes(broken))
        assert runner(emulator, arn)(LOOK).payload[1] == library


def test_what_a_function_changed_is_not_handed_on(
    start_emulator: StartEmulator, library: str
) -> None:
    """Without isolation it can write into its package: the next code has it as it was packed."""
    emulator = start_emulator(TAPSTACK_FUNCTION_ISOLATION="off")
    with (
        role_for(emulator) as role,
        function_of(emulator, package(RUN, library), role) as arn,
    ):
        run = runner(emulator, arn)
        assert run(f"{LOOK}place.write_text('CHANGED = True')").error is None
        update(emulator, arn, package(f"NEW = True\n{RUN}", library))
        assert run(LOOK).payload[1] == library
