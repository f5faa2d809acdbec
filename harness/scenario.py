"""A scenario, run from its first image to its report.

A scenario's name, a target with a deployed stack and options come in; what happened is driven,
observed, judged and written down; a RunResult goes out. The command line and the gate call it.
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from rich.console import Console

import scenarios as scenario_files
from harness.arrivals import due_times
from harness.checks import Check, Run
from harness.corpus import Picture
from harness.deploy import DeploymentFailed, Stack
from harness.iam import enforces_permissions
from harness.problems import Problem
from harness.report import build_report, report_folder, show_report, write_report
from harness.send import send
from harness.settings import Settings
from harness.targets import Target

# When a notification counts as late, and how long nothing may happen before the rest counts as
# lost: Lambda retries a failed asynchronous invocation after one and after two more minutes, with
# up to a minute of work each time (AWS: "Error handling for asynchronous invocations").
LATE_AFTER_S = 300.0
PATIENCE_S = 250.0

# The outputs by which a scenario finds its way about a stack.
_OUTPUTS = (
    *("UploadBucketName", "UploadBucketArn", "ProcessedBucketName", "NotificationTopicArn"),
    *("FunctionName", "FunctionArn", "LogGroupName", "FailureQueueUrl"),
)


@dataclass(frozen=True)
class RunOptions:
    """What a person may choose of a run; None leaves it to the scenario. Times in seconds."""

    images: int | None = None
    day_s: float | None = None
    seed: int = 1
    late_after_s: float = LATE_AFTER_S
    patience_s: float = PATIENCE_S


@dataclass(frozen=True)
class Scenario:
    """One file of scenarios/: its name, its title, and its place in the gate, 0 for none."""

    name: str
    title: str
    gate: int
    run: Callable[["Context"], tuple[Run, list[Check]]]


@dataclass(frozen=True)
class RunResult:
    """A finished run: report.json's content, the verdict, and whether Ctrl-C ended it."""

    report: dict[str, Any]
    passed: bool
    interrupted: bool


def scenarios() -> list[Scenario]:
    """Every scenario there is, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(scenario_files.__path__))
    return [_scenario(importlib.import_module(f"scenarios.{name}")) for name in names]


def _scenario(module: ModuleType) -> Scenario:
    name = module.__name__.removeprefix("scenarios.").replace("_", "-")
    return Scenario(name, module.TITLE, module.GATE, module.run)


def find_scenario(name: str) -> Scenario:
    """The scenario of that name; Problem that lists them if there is none."""
    known = {scenario.name: scenario for scenario in scenarios()}
    if name not in known:
        raise Problem(f"There is no scenario {name!r}.", f"Choose one of: {', '.join(known)}.")
    return known[name]


@dataclass
class Context:
    """What a scenario works with: a stack that runs somewhere, and what a person chose."""

    target: Target
    settings: Settings
    stack: Stack
    options: RunOptions
    console: Console
    facts: dict[str, Any] = field(default_factory=dict)

    def send(self, pictures: Sequence[Picture], day_s: float) -> Run:
        """Upload `pictures` over a day of `day_s` seconds, and see what comes of each.

        Comes back early, with what is known so far, on Ctrl-C and when the target is gone.
        """
        self.facts |= {"day_s": day_s, "seed": self.options.seed}
        return send(
            self.target,
            self.stack,
            pictures,
            due_times(len(pictures), day_s, self.options.seed),
            bases=self.settings.state_dir / "pictures",
            late_after_s=self.options.late_after_s,
            patience_s=self.options.patience_s,
            console=self.console,
        )


def run_scenario(
    name: str,
    target: Target,
    settings: Settings,
    stack: Stack,
    options: RunOptions,
    console: Console | None = None,
) -> RunResult:
    """Run the scenario `name`, show its report and write it below the reports folder.

    Raises Problem for an unknown name, and where nothing could be checked at all;
    DeploymentFailed for a stack without the outputs that everybody builds on.
    """
    scenario = find_scenario(name)
    if lacking := [output for output in _OUTPUTS if not stack.outputs.get(output)]:
        raise DeploymentFailed(
            f"{stack.name} lacks the outputs {', '.join(lacking)}.",
            "Restore them in the template: scenarios, people and other stacks read them.",
        )
    context = Context(target, settings, stack, options, console or Console(stderr=True))
    permissions = enforces_permissions(target)
    run, checks = scenario.run(context)
    facts = {
        "target": target.name,
        "stack": stack.name,
        "region": stack.region,
        "permissions": permissions,
        **context.facts,
    }
    report = build_report(scenario.name, run, checks, facts)
    with report_folder(settings.reports_dir, scenario.name, run.seen.started) as folder:
        write_report(folder, report, run)
    show_report(context.console, report, settings.reports_dir / "latest")
    if run.seen.gone and not report["images"]["uploaded"]:
        raise Problem(
            f"Nothing could be checked: {run.seen.ended_early}.",
            "`tapstack logs --emulator` shows its last words; `tapstack up` starts it again.",
        )
    return RunResult(report, report["passed"], run.seen.interrupted)
