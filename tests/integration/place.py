"""An emulator for the tests of one file, and versions of the project that are tried on it.

Edits of the project come in; scenarios' results go out, each of a stack of its own. Tests use it to
show that a scenario passes on the project as it is, and fails when a guarantee is broken.
"""

import io
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from harness.run.scenario import RunOptions, RunResult, run_scenario
from harness.settings import Settings
from harness.stack.deploy import deploy
from harness.stack.deployed import Stack
from harness.targets.embedded import EmbeddedTarget
from tests.mutants.mutant import Editing, copy_project

LONGEST_SUFFIX = 20


@dataclass(frozen=True)
class Place:
    """A running emulator; what is made for it is in `folder`."""

    target: EmbeddedTarget
    settings: Settings
    folder: Path

    def run(
        self, scenario: str, name: str, options: RunOptions, edits: Sequence[Editing] = ()
    ) -> RunResult:
        """Run a scenario on the project with these edits, deployed as an environment `name`."""
        settings, stack = self.deployed(name, edits)
        quiet = Console(file=io.StringIO())
        return run_scenario(scenario, self.target, settings, stack, options, quiet)

    def deployed(self, name: str, edits: Sequence[Editing] = ()) -> tuple[Settings, Stack]:
        """The stack of the project with these edits, and the settings that it was deployed with."""
        suffix = re.sub("[^a-z0-9]+", "-", name.lower())[:LONGEST_SUFFIX].strip("-")
        root = self.folder / suffix
        copy_project(self.settings.root, root)
        if (self.settings.root / "build").exists():  # what is up to date need not be built again
            shutil.copytree(self.settings.root / "build", root / "build")
        for edit in edits:
            edit.apply(root)
        settings = replace(
            self.settings,
            root=root,
            build_dir=root / "build",
            template=root / "infra" / "TapStack.yml",
            reports_dir=root / "reports",
            suffix=suffix,
        )
        return settings, deploy(self.target, settings)


@contextmanager
def emulator_for(folder: Path) -> Iterator[Place]:
    """A place whose emulator runs until the block ends."""
    settings = Settings(state_dir=folder / "state", port=0, target="embedded")
    target = EmbeddedTarget(settings)
    target.start(background=False)
    try:
        yield Place(target, settings, folder)
    finally:
        target.stop()


def broken(result: RunResult) -> dict[str, str]:
    """The ids of the checks that failed, each with its detail."""
    return {c["id"]: c["detail"] for c in result.report["checks"] if c["passed"] is False}
