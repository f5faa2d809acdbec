"""A change of the project: its edits, and of a defect what AWS would do and what catches it.

The modules beside this one list the mutants, which the gate has to catch, and the sound changes,
which it has to pass; run.py runs it on each.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

# What the gate does; all after "verify" are its scenarios. The good day catches least: it is last.
Stage = Literal[
    "lint",
    "deploy",
    "verify",
    "contract",
    "wiring",
    "bad-images",
    "duplicates-and-reorder",
    "stack-lifecycle",
    "daily-load",
]


class DoesNotApply(Exception):
    """The project has changed: the edit of a mutant has to be written anew."""


class Editing(Protocol):
    """Something that changes one `file` of a project."""

    @property
    def file(self) -> str:
        """Its path below the project's root."""

    def apply(self, root: Path) -> None:
        """Change it below `root`. Raises DoesNotApply if the project has become another."""


@dataclass(frozen=True)
class Change:
    """One change of the project."""

    id: str
    what: str
    edits: Sequence[Editing]

    def make(self, project: Path, root: Path) -> None:
        """Copy infra/ and lambda/ of `project` to `root`, with the change."""
        copy_project(project, root)
        for edit in self.edits:
            edit.apply(root)


@dataclass(frozen=True)
class Mutant(Change):
    """One defect. `expect` is the stage of the gate that should be the first to catch it.

    With `update`, the sound project is deployed first and the defect comes with an update.
    """

    aws: str
    source: str
    expect: Stage
    update: bool = False


def copy_project(project: Path, root: Path) -> None:
    """Copy what AWS gets to see of `project` to `root`."""
    for folder in ("infra", "lambda"):
        shutil.copytree(
            project / folder,
            root / folder,
            ignore=shutil.ignore_patterns("__pycache__", ".*"),
            dirs_exist_ok=True,
        )
