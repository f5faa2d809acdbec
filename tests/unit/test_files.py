"""Folders whose content is run or believed are the user's alone."""

import os
import stat
from pathlib import Path

import pytest

from harness.files import content_hash, private_folder, trusted_folder
from harness.problems import Problem


@pytest.mark.parametrize("umask", [0, 0o002, 0o022, 0o077])
def test_a_new_folder_is_closed_to_others(tmp_path: Path, umask: int) -> None:
    """Whatever the umask."""
    before = os.umask(umask)
    try:
        made = private_folder(tmp_path / "state")
    finally:
        os.umask(before)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_folder_that_others_can_read_is_closed(tmp_path: Path) -> None:
    """It was the user's own all the time. A folder of reports may be shown to others."""
    tmp_path.chmod(0o755)
    trusted_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    private_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o1777])
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    """Who could write may have prepared what is to be run."""
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(Problem, match="Other users may write") as caught:
        private_folder(folder)
    assert f"chmod 700 {folder}" in caught.value.remedy


@pytest.mark.parametrize("there", [True, False])
def test_a_symbolic_link_is_refused(tmp_path: Path, there: bool) -> None:
    """It leads where somebody else wants, be it to nothing yet."""
    target, link = tmp_path / "target", tmp_path / "state"
    if there:
        target.mkdir()
    link.symlink_to(target)
    with pytest.raises(Problem, match="symbolic link") as caught:
        private_folder(link)
    assert str(target) in caught.value.remedy
    assert target.exists() is there


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    """As in /tmp, where anybody can be first."""
    folder = tmp_path / "pr-42"
    folder.mkdir(mode=0o755)
    os.chown(folder, 12345, 12345)
    with pytest.raises(Problem, match=r"another user \(uid 12345\)"):
        private_folder(folder)


def test_a_file_in_its_place_is_an_error(tmp_path: Path) -> None:
    """Whoever asked for the folder says so in words of its own."""
    (tmp_path / "state").write_text("")
    with pytest.raises(FileExistsError):
        private_folder(tmp_path / "state")


@pytest.mark.parametrize("old", [True, False])
def test_a_hash_is_of_what_is_there_now(tmp_path: Path, old: bool) -> None:
    """A file that is written again at once, with as many bytes, has another hash; no link has."""
    file = tmp_path / "folder" / "file"
    file.parent.mkdir()
    file.write_text("one")
    if old:
        os.utime(file, (1_000_000_000, 1_000_000_000))
    first = content_hash(file)
    (tmp_path / "link").hardlink_to(file)
    assert content_hash(tmp_path / "link") == first
    file.write_text("two")
    assert content_hash(file) != first
    file.write_text("one")
    assert content_hash(file) == first


def test_a_file_that_looks_the_same_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of libraries are hashed four times for a changed line: reading is what it costs."""
    file = tmp_path / "file"
    file.write_text("content")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    first = content_hash(file)
    monkeypatch.setattr("harness.files.hashlib.file_digest", None)
    assert content_hash(file) == first
