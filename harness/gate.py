"""Whether a change may go to AWS.

A target and the settings come in; the template is linted and deployed, the stack is read back and
the gate's scenarios are run; a verdict and its exit code go out. `tapstack gate` calls it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from harness.evidence.report import show_not_proven
from harness.lint import lint
from harness.run.scenario import NotChecked, RunOptions, run_scenario, scenarios
from harness.settings import Settings
from harness.stack.deploy import Stack, bring_up
from harness.stack.failures import DeploymentFailed
from harness.stack.required.file import FILE_NAME, requirements_of
from harness.stack.verify import verify
from harness.targets.target import Target

# A small day: what is new in a larger one is load, and the gate asks whether all is right.
_OPTIONS = RunOptions(images=300, day_s=20.0)

type Tell = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One thing the gate looked at. `passed` is None where that was not possible."""

    name: str
    passed: bool | None
    said: str = ""


class Interrupted(Exception):
    """Ctrl-C ended a scenario, and with it the gate."""


def run_gate(target: Target, settings: Settings, *, tell: Tell) -> int:
    """Lint, deploy, verify and run the gate's scenarios: 0 if all passed, 1 if not, 130 if stopped.

    Everything that can still be judged is judged. Raises Problem if the template cannot be read or
    the environment does not allow a verdict.
    """
    findings = lint(settings, target.architecture, {}, tell=tell)
    for finding in findings:
        tell(str(finding))
    basis = [
        Step("lint", not findings, _counted(len(findings), "findings")),
        *without_requirements(settings),
    ]
    runs: list[Step] = []
    try:
        stack = bring_up(target, settings, tell=tell)
    except DeploymentFailed as problem:
        tell(str(problem))
        basis.append(Step("deployment", False))
    else:
        verification = verify(target, settings, stack.name)
        for line in verification.lines():
            tell(line)
        failed = len(verification.failed)
        basis.append(Step("verify", verification.passed, _counted(failed, "properties")))
        try:
            runs = _run_scenarios(target, settings, stack, tell)
        except Interrupted:
            return 130
    lines, passed = judge(basis, runs)
    for line in lines:
        tell(line)
    return 0 if passed else 1


def without_requirements(settings: Settings) -> list[Step]:
    """Say that no figure was held to anything, where nobody states what is required.

    Lint and verify judge by the file where there is one.
    """
    if requirements_of(settings.template) is not None:
        return []
    return [Step("requirements", None, f"no {FILE_NAME} beside {settings.template.name}")]


def _run_scenarios(target: Target, settings: Settings, stack: Stack, tell: Tell) -> list[Step]:
    """Run the gate's scenarios in their order, and tell at the end what a pass leaves open."""
    steps = []
    not_proven: list[dict[str, Any]] = []
    for scenario in scenarios():
        if not scenario.gate:
            continue
        name = scenario.name
        try:
            outcome = run_scenario(name, target, settings, stack, _OPTIONS, not_proven=False)
        except NotChecked as problem:
            tell(problem.happened)
            steps.append(Step(name, None, f"needs {scenario.lacking(target)}"))
            continue
        except DeploymentFailed as problem:
            tell(str(problem))
            steps.append(Step(name, False))
            continue
        if outcome.interrupted:
            raise Interrupted
        not_proven = outcome.report["not_proven"]  # of the target, so the same for all
        steps.append(Step(name, outcome.passed, str(outcome.folder / "report.json")))
    show_not_proven(Console(stderr=True), not_proven)
    return steps


def judge(basis: Sequence[Step], runs: Sequence[Step]) -> tuple[list[str], bool]:
    """A line for each step, the verdict as the last, and whether the gate has passed.

    `runs` are the scenarios. What was not checked has not passed: without any that has, nor has
    the gate.
    """
    marks = {True: "passed", False: "FAILED", None: "not checked"}
    steps = [*basis, *runs]
    failed = [step.name for step in steps if step.passed is False]
    if not failed and not any(run.passed for run in runs):
        failed = ["no scenario could be checked"]
    unchecked = [step.name for step in steps if step.passed is None]
    if failed:
        verdict = f"gate: FAILED – {', '.join(failed)}"
    elif unchecked:
        verdict = f"gate: passed, but not checked here: {', '.join(unchecked)}"
    else:
        verdict = "gate: passed"
    lines = [f"{marks[step.passed]:<13}{step.name:<24}{step.said}".rstrip() for step in steps]
    return ["", *lines, verdict], not failed


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number else ""
