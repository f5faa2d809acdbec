"""Files of saved state: complete or not there, and believed only where they were written."""

import errno
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from localstack_parity.state import files
from localstack_parity.state.files import Unusable

ABOUT = {"stacks": ["one"]}
KILLED = """
import sys, time
from pathlib import Path
from localstack_parity.state import files

def fill(archive):
    files.add(archive, "content", b"half of the new one" * 100_000)
    print("writing", flush=True)
    time.sleep(60)

files.write(Path(sys.argv[1]), "mine", {"stacks": ["two"]}, fill)
"""


def write(folder: Path, content: bytes = b"content") -> None:
    files.write(folder, "mine", ABOUT, lambda archive: files.add(archive, "content", content))


def read(folder: Path) -> bytes:
    with files.opened(folder, "mine") as (saved, archive):
        assert saved.about == ABOUT
        for member in archive:
            found = archive.extractfile(member)
            assert found
            return found.read()
    raise AssertionError("The archive is empty.")


def test_what_was_written_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "states"
    write(folder)
    write(folder, b"newer")

    assert read(folder) == b"newer"
    assert [(one.name, one.about) for one in files.listed(folder)] == [("mine", ABOUT)]
    assert {entry.name: entry.stat().st_mode & 0o777 for entry in folder.iterdir()} == {
        "key": 0o600,
        "mine.state": 0o600,
    }
    assert folder.stat().st_mode & 0o777 == 0o700


def changed(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-1], lambda data: data[:100], changed, lambda data: data + b"x"],
    ids=["a byte is missing", "most is missing", "a bit is another", "there is more"],
)
def test_a_file_that_is_not_as_it_was_is_not_read(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    write(tmp_path)
    file = tmp_path / "mine.state"
    file.write_bytes(damage(file.read_bytes()))

    with pytest.raises(Unusable, match="not as it was saved here"):
        read(tmp_path)


def test_a_file_from_elsewhere_is_not_read(tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    write(here)
    write(elsewhere)
    (elsewhere / "mine.state").replace(here / "mine.state")

    with pytest.raises(Unusable, match="comes from elsewhere"):
        read(here)
    (here / "key").unlink()
    with pytest.raises(Unusable, match="There is no key"):
        read(here)


def test_what_others_may_write_to_is_not_read(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "mine.state").chmod(0o666)
    with pytest.raises(Unusable, match="Others may write"):
        read(tmp_path)
    (tmp_path / "mine.state").chmod(0o600)
    tmp_path.chmod(0o777)
    with pytest.raises(Unusable, match="Others may write"):
        read(tmp_path)


def test_another_file_is_no_state(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "mine.state").write_bytes(b"TAPSTACK STATE 99\n{}\n")
    with pytest.raises(Unusable, match="no state of this version's format"):
        read(tmp_path)
    assert files.listed(tmp_path) == []
    with pytest.raises(Unusable, match="There is no state other"), files.opened(tmp_path, "other"):
        pass


@pytest.mark.parametrize("name", ["", "../mine", "a/b", ".hidden", "x" * 65, "a b", "ä", "a\n"])
def test_a_name_is_that_of_one_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unusable, match="is no name"):
        files.write(tmp_path / "states", name, ABOUT, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path)

    def fill(archive: tarfile.TarFile) -> None:
        files.add(archive, "content", b"half of the new one")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        files.write(tmp_path, "mine", ABOUT, fill)

    assert read(tmp_path) == b"content"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["key", "mine.state"]


def test_who_is_killed_while_saving_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path)
    saving = subprocess.Popen(
        [sys.executable, "-c", KILLED, tmp_path],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert saving.stdout
    assert saving.stdout.readline() == b"writing\n"
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".*.partial")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(tmp_path.glob(".*.partial"))
    saving.send_signal(signal.SIGKILL)
    saving.wait()
    saving.stdout.close()

    assert read(tmp_path) == b"content"
    write(tmp_path, b"newer")
    assert read(tmp_path) == b"newer"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["key", "mine.state"]
