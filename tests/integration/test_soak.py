"""Small soaks: nothing piles up in the project as it is, and what piles up elsewhere is named."""

import io
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, TextIO

import pytest
from rich.console import Console

from harness.evidence.check import Check
from harness.evidence.observations import Run
from harness.images.corpus import Picture
from harness.run.scenario import Context, RunOptions
from harness.settings import Settings
from harness.stack.deploy import deploy
from harness.targets.embedded import EmbeddedTarget
from harness.targets.usage import PARTS
from scenarios import soak
from tests.mutants.mutant import copy_project

# The shortest that there is: as many rounds as a trend needs.
OPTIONS = RunOptions(images=16, day_s=1.5, for_s=1.0)

Soak = Callable[[type[Context], str, str], list[Check]]

# Appended to the function's handler.
LEAKS = '''

_without_leaks, _kept = handler, []


def handler(event, context):
    """Keep five megabytes in memory and one in /tmp of each invocation."""
    _kept.append(b"x" * 5_000_000)
    with open(f"/tmp/{context.aws_request_id}", "wb") as left:
        left.write(b"x" * 1_000_000)
    return _without_leaks(event, context)
'''


@pytest.fixture(scope="module")
def soaked(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Soak]:
    """Deploy the project, with more code in its function, and soak it; all on one emulator."""
    folder = tmp_path_factory.mktemp("soak")
    settings = Settings(state_dir=folder / "state", port=0, target="embedded")
    target = EmbeddedTarget(settings)
    target.start(background=False)

    def soak_it(context: type[Context], suffix: str, code: str) -> list[Check]:
        root = folder / suffix
        copy_project(project_root, root)
        if (project_root / "build").exists():
            shutil.copytree(project_root / "build", root / "build", copy_function=shutil.copy)
        with (root / "lambda" / "image_processor" / "handler.py").open("a") as handler:
            handler.write(code)
        own = replace(
            settings,
            root=root,
            build_dir=root / "build",
            template=root / "infra" / "TapStack.yml",
            suffix=suffix,
        )
        stack = deploy(target, own)
        _, checks = soak.run(
            context(target, own, stack, OPTIONS, Console(file=io.StringIO(), width=200))
        )
        return checks

    yield soak_it
    target.stop()


def _failed(checks: Sequence[Check]) -> dict[str, str]:
    return {check.id: check.detail for check in checks if check.passed is False}


def test_nothing_piles_up(soaked: Soak) -> None:
    """GIVEN the project as it is WHEN a day is repeated THEN every check is made and passes.

    But for times, where the machine is busy with other tests.
    """
    checks = soaked(Context, "sound", "")
    assert _failed(checks) == {}
    times = {"flat-latency", *(f"flat-{part}-cpu" for part in PARTS)}
    assert {check.id for check in checks if check.passed is None} <= times


def test_a_function_that_leaks_is_named(soaked: Soak) -> None:
    """GIVEN a function that keeps memory and files THEN these two checks fail, per image."""
    failed = _failed(soaked(Context, "leaking", LEAKS))
    assert set(failed) == {"flat-functions-memory", "flat-functions-disk"}
    assert "bytes per image" in failed["flat-functions-disk"]


class Careless(Context):
    """A harness that opens files with every round and closes none."""

    opened: ClassVar[list[TextIO]] = []

    def send(self, pictures: Sequence[Picture], day_s: float, **more: Any) -> Run:
        """The same, and six files."""
        Careless.opened += [Path("/dev/null").open() for _ in range(6)]  # noqa: SIM115 - the leak
        return super().send(pictures, day_s, **more)


def test_a_harness_that_leaks_is_named(soaked: Soak) -> None:
    """GIVEN a harness that leaves files open THEN that check fails, and no other."""
    try:
        assert set(_failed(soaked(Careless, "careless", ""))) == {"flat-harness-files"}
    finally:
        for file in Careless.opened:
            file.close()
