"""The gate's stages on one project after the other, in an emulator that goes on running.

A mutant, or None for the project as it is, comes in; what caught it, after how long and with which
words, goes out. run.py has one Judge in each of its processes.
"""

import io
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from rich.console import Console

from harness.lint import lint
from harness.problems import Problem
from harness.run.scenario import RunOptions, run_scenario
from harness.settings import Settings
from harness.stack.deploy import deploy
from harness.stack.deployed import Stack
from harness.stack.package import build
from harness.stack.verify import verify
from harness.targets.embedded import EmbeddedTarget
from tests.mutants.mutant import Change, Mutant, Stage, copy_project
from tests.mutants.plain import PlainLocalStack

STAGES: tuple[Stage, ...] = get_args(Stage)

# Smaller than the gate's, and for mutants less patient: those are to be caught, not given time.
_OPTIONS = RunOptions(images=40, day_s=5.0)
_MUTANT_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Verdict:
    """Which stage caught it, None for none, after how many seconds, and its words."""

    caught_by: Stage | None
    seconds: float
    words: str = ""


class Judge:
    """An emulator of its own, with everything in `folder`. It ends with this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._settings = Settings(state_dir=folder / "state", port=0, target="embedded")
        self._target = EmbeddedTarget(self._settings)
        self._plain: PlainLocalStack | None = None
        self._built = folder / "build"  # the packages of the project as it is
        build(replace(self._settings, build_dir=self._built), self._target.architecture)
        self._count = 0

    def close(self) -> None:
        """Stop what it started."""
        self._target.stop()
        if self._plain:
            self._plain.close()

    def smoke_test(self, mutant: Mutant | None) -> str:
        """What a smoke test on plain LocalStack finds wrong with it; "" if nothing."""
        if not self._plain:
            self._plain = PlainLocalStack(self._folder / "plain", self._settings.installation)
        with self._project(mutant) as settings, self._project(None) as sound:
            before = replace(sound, suffix=settings.suffix) if mutant and mutant.update else None
            return self._plain.smoke_test(settings, before=before)

    def judge(self, change: Change | None, stages: Sequence[Stage] = STAGES) -> Verdict:
        """Try the stages on the project with this change, one after the other, until one fails.

        Of the scenarios, the one that a mutant expects comes first.
        """
        if not self._target.running():
            self._target.start(background=False)
        mutant = change if isinstance(change, Mutant) else None
        if mutant:
            stages = sorted(stages, key=lambda each: each in STAGES[3:] and each != mutant.expect)
        with self._project(change) as settings:
            if mutant and mutant.update:
                with self._project(None) as sound:
                    deploy(self._target, replace(sound, suffix=settings.suffix))
            started = time.monotonic()
            try:
                patience_s = _MUTANT_PATIENCE_S if mutant else _OPTIONS.patience_s
                options = replace(_OPTIONS, patience_s=patience_s)
                caught_by, words = self._first_failure(settings, stages, options)
            finally:
                self._discard(settings.suffix)
        return Verdict(caught_by, round(time.monotonic() - started, 1), words)

    def _first_failure(
        self, settings: Settings, stages: Sequence[Stage], options: RunOptions
    ) -> tuple[Stage | None, str]:
        stack: Stack | None = None
        for stage in stages:
            try:
                if stage == "lint":
                    words = self._lint(settings)
                elif stage == "deploy":
                    stack, words = deploy(self._target, settings), ""
                elif stack is None:
                    continue
                elif stage == "verify":
                    result = verify(self._target, settings, stack.name)
                    wrong = [*result.failed, *result.unmet, result]
                    words = "" if result.passed else str(wrong[0])
                else:
                    words = self._scenario(stage, settings, stack, options)
            except Problem as problem:
                words = str(problem)
            if words:
                return stage, words
        return None, ""

    def _lint(self, settings: Settings) -> str:
        findings = lint(settings, self._target.architecture, {}, on_progress=lambda line: None)
        return f"{findings[0].id} {findings[0].message}" if findings else ""

    def _scenario(self, name: str, settings: Settings, stack: Stack, options: RunOptions) -> str:
        console = Console(file=io.StringIO())
        outcome = run_scenario(name, self._target, settings, stack, options, console)
        failed = [check for check in outcome.report["checks"] if check["passed"] is False]
        if failed:
            return f"{failed[0]['title']}: {failed[0]['detail']}"
        return "" if outcome.passed else "it did not pass"

    @contextmanager
    def _project(self, change: Change | None) -> Iterator[Settings]:
        """A copy of the project with this change, with an environment's name of its own."""
        self._count += 1
        root = self._folder / f"project-{self._count}"
        project = self._settings.root
        try:
            if change:
                change.make(project, root)
            else:
                copy_project(project, root)
            shutil.copytree(self._built, root / "build", copy_function=os.link)
            yield replace(
                self._settings,
                root=root,
                build_dir=root / "build",
                template=root / "infra" / "TapStack.yml",
                reports_dir=root / "reports",
                suffix=f"mutant-{self._count}",
            )
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def _discard(self, suffix: str) -> None:
        """Remove what of an environment costs time and memory: its functions and alarms."""
        functions = self._target.client("lambda")
        for page in functions.get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                if function["FunctionName"].endswith(f"-{suffix}"):
                    functions.delete_function(FunctionName=function["FunctionName"])
        cloudwatch = self._target.client("cloudwatch")
        alarms = cloudwatch.describe_alarms()["MetricAlarms"]
        names = [a["AlarmName"] for a in alarms if a["AlarmName"].endswith(f"-{suffix}")]
        if names:
            cloudwatch.delete_alarms(AlarmNames=names)
