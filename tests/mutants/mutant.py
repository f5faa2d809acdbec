"""A change of the project: its edits, and of a defect what AWS would do and what catches it.

The modules beside this one list the mutants, which the gate has to catch, and the sound changes,
which it has to pass; run.py runs it on each.
"""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

TEMPLATE = "infra/TapStack.yml"

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


@dataclass(frozen=True)
class Edit:
    """`old` becomes `new` in a file, where it must be exactly once.

    `within` narrows it down to one resource, parameter or output of the template. With `block`,
    `old` is a line without its indentation, and whatever is indented below it goes with it.
    """

    file: str
    old: str
    new: str
    within: str = ""
    block: bool = False

    def apply(self, root: Path) -> None:
        """Edit the file below `root`. Raises DoesNotApply unless `old` is there exactly once."""
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        start, end = self._scope(text)
        old = self._found(text[start:end])
        path.write_text(
            text[:start] + text[start:end].replace(old, self.new) + text[end:], encoding="utf-8"
        )

    def _scope(self, text: str) -> tuple[int, int]:
        if not self.within:
            return 0, len(text)
        scope = self._once(_block(f"{self.within}:\n"), text)
        start = text.index(scope)
        return start, start + len(scope)

    def _found(self, text: str) -> str:
        return self._once(_block(f"{self.old}") if self.block else re.escape(self.old), text)

    def _once(self, pattern: str, text: str) -> str:
        found = [match[0] for match in re.finditer(pattern, text, re.MULTILINE)]
        if len(found) != 1:
            raise DoesNotApply(f"{self.file} {self.within} has {len(found)} times: {self.old}")
        return found[0]


def _block(line: str) -> str:
    """A pattern for a line that starts so, and all that is indented further below it."""
    rest = "" if line.endswith("\n") else r".*\n"
    return rf"^( *){re.escape(line)}{rest}(?:(?:\1 .*)?\n)*"


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


def template(old: str, new: str, within: str = "") -> Edit:
    """An edit of the template."""
    return Edit(TEMPLATE, old, new, within)


def without(line: str, within: str) -> Edit:
    """The template without a line of `within` and what is indented below it."""
    return Edit(TEMPLATE, line, "", within, block=True)
