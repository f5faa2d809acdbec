"""The scenarios there are: TapStack's own, and those in the folder scenarios/ of a project."""

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import scenarios as scenario_files
from harness.evidence.check import Check
from harness.evidence.observations import Run
from harness.files import shown
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.pipeline import Pipeline, read_pipeline
from harness.targets.target import Target


@dataclass(frozen=True)
class Scenario:
    """One file of scenarios/: its name, its title, and its place in the gate, 0 for none.

    `needs` is what a target must show beyond the stack itself, such as "faults"; `options` are
    those of images, day and for that it has a use for. `run` is given a scenario.Context.
    """

    name: str
    title: str
    gate: int
    needs: frozenset[str]
    run: Callable[[Any], tuple[Run, list[Check]]]
    options: tuple[str, ...] = ("images", "day")
    images: int = 0

    def lacking(self, target: Target) -> str:
        """What it needs and the target does not show, in words; empty if nothing."""
        return ", ".join(sorted(self.needs - target.shows))


def scenarios(settings: Settings | None = None) -> list[Scenario]:
    """Every scenario there is: those of the gate in their order, then the others by name.

    Those of the settings' project are among them; TapStack's own alone without settings. Problem
    for a file that is no scenario, and where the gate names one that is not there.
    """
    names = [module.name for module in pkgutil.iter_modules(scenario_files.__path__)]
    known = [_scenario(importlib.import_module(f"scenarios.{name}"), name) for name in names]
    if settings:
        ours = {each.name for each in known}
        for file, each in _of_project(settings):
            if each.name in ours:
                raise Problem(
                    f"{shown(file)} has the name of a scenario of TapStack's own, {each.name}.",
                    "Give it another name.",
                )
            known.append(each)
        known = _as_in_gate(known, read_pipeline(settings.pipeline))
    return sorted(known, key=lambda each: (not each.gate, each.gate, each.name))


def find_scenario(name: str, settings: Settings | None = None) -> Scenario:
    """The scenario of that name; Problem that lists them if there is none."""
    known = {scenario.name: scenario for scenario in scenarios(settings)}
    if name not in known:
        raise Problem(f"There is no scenario {name!r}.", f"Choose one of: {', '.join(known)}.")
    return known[name]


def _scenario(module: ModuleType, name: str) -> Scenario:
    needs: frozenset[str] = frozenset(getattr(module, "NEEDS", ()))
    options: tuple[str, ...] = getattr(module, "OPTIONS", Scenario.options)
    gate: int = getattr(module, "GATE", 0)
    images: int = getattr(module, "IMAGES", 0)
    return Scenario(name.replace("_", "-"), module.TITLE, gate, needs, module.run, options, images)


def _of_project(settings: Settings) -> Iterator[tuple[Path, Scenario]]:
    folder = settings.root / "scenarios"
    if folder.resolve() == Path(*scenario_files.__path__).resolve():
        return
    for file in sorted(folder.glob("[!_.]*.py")):
        module = _imported(file)
        if missing := [name for name in ("TITLE", "run") if not hasattr(module, name)]:
            raise Problem(
                f"{shown(file)} is no scenario: it has no {' and no '.join(missing)}.",
                "docs/other-pipelines.md says what a scenario is.",
            )
        yield file, _scenario(module, file.stem)


@cache
def _imported(file: Path) -> ModuleType:
    """The module in a file, under a name that no other module has."""
    name = f"scenario of {file}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise Problem(
            f"{shown(file)} cannot be imported: {type(error).__name__}: {error}.",
            "Correct it there.",
        ) from error
    return module


def _as_in_gate(known: list[Scenario], pipeline: Pipeline) -> list[Scenario]:
    """The scenarios with the places in the gate that the pipeline gives them, if it does."""
    if pipeline.gate is None:
        return known
    there = {each.name for each in known}
    if unknown := [name for name in pipeline.gate if name not in there]:
        raise Problem(
            f"{shown(pipeline.file)}: the gate has a scenario {unknown[0]!r}, and there is none.",
            f"Choose of: {', '.join(sorted(there))}.",
        )
    places = {name: place for place, name in enumerate(pipeline.gate, 1)}
    return [replace(each, gate=places.get(each.name, 0)) for each in known]
