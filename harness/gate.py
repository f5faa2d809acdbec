"""The gate: whether a change may go to AWS.

The template is deployed and meanwhile linted, the stack is compared with it, and the gate's
scenarios run. All of them must pass.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.alive import OnProgress
from harness.background_lint import linting
from harness.evidence.fidelity import evidence_of
from harness.evidence.report import show_not_proven
from harness.evidence.report_files import report_folder
from harness.files import shown
from harness.interruption import CTRL_C
from harness.naming import counted
from harness.page.render import render_gate
from harness.page.summary import append_summary, gate_summary, summary
from harness.page.words import headline
from harness.run.catalogue import scenarios
from harness.run.scenario import NotChecked, RunOptions, run_scenario
from harness.settings import Settings
from harness.stack.deploy import bring_up
from harness.stack.deployed import Stack
from harness.stack.failures import DeploymentFailed
from harness.stack.required.file import FILE_NAME, requirements_of
from harness.stack.verify import verify
from harness.targets.target import Target

# A small day: what is new in a larger one is load, and the gate asks whether all is right.
_OPTIONS = RunOptions(images=300, day_s=12.0)


@dataclass(frozen=True)
class Step:
    """One thing the gate looked at. `passed` is None where that was not possible.

    `details` are findings, `report` is a scenario's folder.
    """

    name: str
    passed: bool | None
    said: str = ""
    details: tuple[str, ...] = ()
    report: Path | None = None


type Reports = Sequence[tuple[Mapping[str, Any], Path]]


@dataclass(frozen=True)
class Gate:
    """A finished gate: when it began (seconds since 1970), its steps, and what they come to.

    `reports` are those of its scenarios, each with its folder; `ended_early` says why it has not
    come to its end, if it has not.
    """

    target: str
    started: float
    steps: Sequence[Step]
    verdict: str
    passed: bool
    reports: Reports
    ended_early: str = ""

    def content(self) -> dict[str, Any]:
        """That of its report.json."""
        return {
            "scenario": "gate",
            "passed": self.passed,
            "ended_early": self.ended_early or None,
            "verdict": self.verdict.removeprefix("gate: "),
            "target": self.target,
            "started_at": datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds"),
            "steps": [
                {
                    "name": step.name,
                    "passed": step.passed,
                    "said": step.said if step.report is None else "",
                    "details": list(step.details),
                    "link": f"../{step.report.name}/report.html" if step.report else "",
                }
                for step in self.steps
            ],
            # It is of the target, so the same for all scenarios.
            "not_proven": self.reports[-1][0]["not_proven"] if self.reports else [],
            "evidence": self.reports[-1][0]["evidence"] if self.reports else evidence_of([]),
        }


def run_gate(target: Target, settings: Settings, *, on_progress: OnProgress) -> int:
    """Lint, deploy, verify and run the gate's scenarios: 0 if all passed, 1 if not, 130 if stopped.

    Everything that can still be judged is judged, and reported when Ctrl-C ends a scenario, too.
    Raises Problem if the template cannot be read or the environment does not allow a verdict.
    """
    started = time.time()
    unrequired = without_requirements(settings)  # a malformed file, before anything is started
    deployed: Stack | DeploymentFailed
    # Beside the deployment, which waits for the emulator most of the time, and before the load.
    with linting(settings, target.architecture, on_progress) as found:
        try:
            deployed = bring_up(target, settings, on_progress=on_progress)
        except DeploymentFailed as problem:
            deployed = problem
        lines = [str(finding) for finding in found()]
    for line in lines:
        on_progress(line)
    basis = [
        Step("lint", not lines, counted(len(lines), "finding") if lines else "", tuple(lines)),
        *unrequired,
    ]
    runs: list[Step] = []
    reports: Reports = []
    interrupted = ""
    if isinstance(deployed, DeploymentFailed):
        on_progress(str(deployed))
        basis.append(Step("deployment", False, details=(str(deployed),)))
    else:
        basis.append(_verified(target, settings, deployed, on_progress))
        runs, reports, interrupted = _run_scenarios(target, settings, deployed, on_progress)
    steps = [*basis, *runs]
    lines, passed = judge(basis, runs, interrupted)
    for line in lines:
        on_progress(line)
    gate = Gate(target.name, started, steps, lines[-1], passed, reports, interrupted)
    on_progress(save_gate(settings, gate))
    return CTRL_C if interrupted else 0 if passed else 1


def _verified(target: Target, settings: Settings, stack: Stack, on_progress: OnProgress) -> Step:
    """Read every resource back, and tell how each compares with the template."""
    verification = verify(target, settings, stack.name)
    for line in verification.lines():
        on_progress(line)
    failed = len(verification.failed)
    details = tuple(line for line in verification.lines() if line.startswith("FAILED"))
    return Step("verify", verification.passed, _counted(failed, "properties"), details)


def save_gate(settings: Settings, gate: Gate) -> str:
    """Write the gate's own report, and the step summary of GitHub Actions; say where it is."""
    parts = [summary(report, shown(folder)) for report, folder in gate.reports]
    append_summary(gate_summary(gate.verdict, gate.steps, parts))
    content = gate.content()
    try:
        with report_folder(settings.reports_dir, "gate", gate.started, latest=False) as (
            part,
            folder,
        ):
            text = json.dumps(content, indent=2, ensure_ascii=False)
            (part / "report.json").write_text(text + "\n", encoding="utf-8")
            (part / "report.html").write_bytes(render_gate(content))
    except OSError as error:
        return f"report: it could not be written to {settings.reports_dir}: {error.strerror}"
    return f"report: {shown(folder / 'report.html')}"


def without_requirements(settings: Settings) -> list[Step]:
    """Say that no figure was held to anything, where nobody states what is required.

    Lint and verify judge by the file where there is one.
    """
    if requirements_of(settings.template) is not None:
        return []
    return [Step("requirements", None, f"no {FILE_NAME} beside {settings.template.name}")]


def _run_scenarios(
    target: Target, settings: Settings, stack: Stack, on_progress: OnProgress
) -> tuple[list[Step], Reports, str]:
    """Run the gate's scenarios in their order, and tell at the end what a pass leaves open.

    A step for each, the content and the folder of each report that there is, and whether Ctrl-C
    ended it, in words.
    """
    steps: list[Step] = []
    interrupted = ""
    reports: list[tuple[Mapping[str, Any], Path]] = []
    for scenario in scenarios(settings):
        if not scenario.gate:
            continue
        name = scenario.name
        try:
            outcome = run_scenario(name, target, settings, stack, _OPTIONS, not_proven=False)
        except NotChecked as problem:
            on_progress(problem.happened)
            steps.append(Step(name, None, f"needs {scenario.lacking(target)}"))
            continue
        except DeploymentFailed as problem:
            on_progress(str(problem))
            steps.append(Step(name, False, details=(str(problem),)))
            continue
        reports.append((outcome.report, outcome.folder))
        page = shown(outcome.folder / "report.html")
        details = [headline(outcome.report)]
        details += [
            f"{check['title']}: {check['detail']}"
            for check in outcome.report["checks"]
            if check["passed"] is False
        ]
        if outcome.interrupted:
            interrupted = f"it was interrupted in {name}"
            steps.append(Step(name, None, f"interrupted  {page}", tuple(details), outcome.folder))
            break
        steps.append(Step(name, outcome.passed, page, tuple(details), outcome.folder))
    # It is of the target, so the same for all.
    if reports:
        show_not_proven(Console(stderr=True), reports[-1][0])
    return steps, reports, interrupted


def judge(
    basis: Sequence[Step], runs: Sequence[Step], ended_early: str = ""
) -> tuple[list[str], bool]:
    """A line for each step, the verdict as the last, and whether the gate has passed.

    `runs` are the scenarios, `ended_early` says why there are not all of them. What was not checked
    has not passed: without any that has, nor has the gate.
    """
    marks = {True: "passed", False: "FAILED", None: "not checked"}
    steps = [*basis, *runs]
    failed = [step.name for step in steps if step.passed is False]
    if not failed and not ended_early and not any(run.passed for run in runs):
        failed = ["no scenario could be checked"]
    unchecked = [step.name for step in steps if step.passed is None]
    if failed:
        verdict = f"gate: FAILED – {', '.join(failed)}"
    elif ended_early:
        verdict = f"gate: NOT PASSED – {ended_early}"
    elif unchecked:
        verdict = f"gate: passed, but not checked here: {', '.join(unchecked)}"
    else:
        verdict = "gate: passed"
    lines = [f"{marks[step.passed]:<13}{step.name:<24}{step.said}".rstrip() for step in steps]
    return ["", *lines, verdict], not failed and not ended_early


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number else ""
