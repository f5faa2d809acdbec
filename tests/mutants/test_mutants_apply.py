"""Every mutant and every sound change is a change of the project as it is now."""

from pathlib import Path

import pytest

from tests.mutants.mutant import Change, copy_project
from tests.mutants.suite import MUTANTS, SOUND_CHANGES


def _files(root: Path) -> dict[str, str]:
    return {
        str(file.relative_to(root)): file.read_text()
        for file in root.rglob("*")
        if file.is_file() and file.suffix in {".py", ".yml"}
    }


@pytest.mark.parametrize("change", [*MUTANTS, *SOUND_CHANGES], ids=lambda change: change.id)
def test_a_change_changes_what_it_says(change: Change, project_root: Path, tmp_path: Path) -> None:
    """Its edits apply, each exactly once, and change the files they name and no others."""
    copy_project(project_root, tmp_path / "before")
    change.make(project_root, tmp_path / "after")
    before, after = _files(tmp_path / "before"), _files(tmp_path / "after")
    assert before.keys() == after.keys()
    differing = {name for name in before if before[name] != after[name]}
    assert differing == {edit.file for edit in change.edits}


def test_there_are_enough_and_none_twice() -> None:
    """Ids are unique, and every mutant says what AWS would do and where that is written."""
    assert len({mutant.id for mutant in MUTANTS}) == len(MUTANTS) >= 45
    for mutant in MUTANTS:
        assert mutant.what
        assert mutant.aws.endswith((".", "\N{HORIZONTAL ELLIPSIS}"))
        assert mutant.source.startswith(("https://docs.aws.amazon.com/", "TapStack: "))


def test_there_are_enough_sound_changes_and_none_twice() -> None:
    """Each has an id of its own and says what it is."""
    assert len({change.id for change in SOUND_CHANGES}) == len(SOUND_CHANGES) >= 25
    assert all(change.what for change in SOUND_CHANGES)
