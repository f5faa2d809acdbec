"""Scenarios run on a deployed stack, judged and reported."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.cost.report import priced
from harness.evidence.comparison import compare, run_before
from harness.evidence.fidelity import behaviours
from harness.evidence.iam import enforces_permissions, verifies_signatures
from harness.evidence.observations import Run
from harness.evidence.report import build_report, show_report
from harness.evidence.report_files import check_reports_folder, save_report
from harness.evidence.thresholds import Threshold, latency_limits
from harness.files import shown
from harness.images.corpus import Picture
from harness.images.pictures import Wanted
from harness.page.render import Page, render
from harness.problems import Problem
from harness.run.catalogue import find_scenario
from harness.run.send import Load, send
from harness.run.share import Share
from harness.run.under_way import OnCounts, under_way
from harness.settings import Settings
from harness.stack.deployed import Stack
from harness.stack.failures import DeploymentFailed
from harness.targets.isolation import why_not_isolated
from harness.targets.target import Target

# When a notification counts as late, and how long nothing may happen before the rest counts as
# lost: Lambda retries a failed asynchronous invocation after one and after two more minutes, with
# up to a minute of work each time (AWS: "Error handling for asynchronous invocations").
LATE_AFTER_S = 300.0
PATIENCE_S = 250.0


@dataclass(frozen=True)
class RunOptions:
    """What a person may choose of a run; None leaves it to the scenario. Times in seconds."""

    images: int | None = None
    day_s: float | None = None
    for_s: float | None = None
    seed: int = 1
    fail_if: tuple[Threshold, ...] = ()
    late_after_s: float = LATE_AFTER_S
    patience_s: float = PATIENCE_S


class NotChecked(Problem):
    """A scenario that the target cannot show: it has neither passed nor failed."""


@dataclass(frozen=True)
class RunResult:
    """A finished run: report.json's content and folder, the verdict, whether Ctrl-C ended it."""

    report: dict[str, Any]
    folder: Path
    passed: bool
    interrupted: bool


@dataclass
class Context:
    """What a scenario works with: a stack that runs somewhere, and what a person chose."""

    target: Target
    settings: Settings
    stack: Stack
    options: RunOptions
    console: Console
    on_progress: OnCounts = lambda counts: None
    share: Share = field(default_factory=Share)
    facts: dict[str, Any] = field(default_factory=dict)
    faults: list[tuple[float, str]] = field(default_factory=list)

    def compressed(self, sentence: str) -> None:
        """Have the report say that time was compressed, and how."""
        self.facts.setdefault("compressed", []).append(sentence)

    def disturbed(self, journal: Sequence[Mapping[str, Any]]) -> None:
        """Have the report say what struck: how often each kind of fault, by its rule."""
        struck = Counter(json.dumps(line["rule"], sort_keys=True) for line in journal)
        self.facts["disturbed"] = [
            {"rule": json.loads(rule), "struck": times} for rule, times in struck.items()
        ]
        self.faults += [(line["at"], fault_in_words(line)) for line in journal]

    def send(
        self,
        pictures: Sequence[Picture],
        day_s: float,
        *,
        fitted: bool = False,
        statuses: Mapping[str, str] | None = None,
        linger_s: float = 0.0,
        held_s: float = 0.0,
        wanted: Wanted | None = None,
    ) -> Run:
        """Upload `pictures` over a day of `day_s` seconds, and see what comes of each.

        A `fitted` day is longer where this machine could not keep up with it.
        The status that a picture must have is "processed", or that of its path in `statuses`. When
        all is settled, `linger_s` more seconds are left for what may still be on its way, and at
        least `held_s` since the last upload, where events may be held back for so long. What must
        come out is the picture, upright, fitted into 1024 × 1024, or what `wanted` makes of that.
        Comes back early, with what is known so far, on Ctrl-C and when the target is gone.
        """
        self.facts["seed"] = self.options.seed
        load = Load(
            pictures,
            day_s,
            self.options.seed,
            late_after_s=self.options.late_after_s,
            patience_s=self.options.patience_s,
            fitted=fitted,
            linger_s=linger_s,
            held_s=held_s,
            statuses=statuses or {},
            wanted=wanted,
        )
        return send(
            self.target,
            self.stack,
            load,
            bases=self.settings.pictures,
            console=self.console,
            on_progress=self.on_progress,
            share=self.share,
        )


def _pages(
    report: Mapping[str, Any], run: Run, reports_dir: Path, folder: Path
) -> dict[str, Iterator[bytes]]:
    """The page of a run, compared with the run before of the same scenario if there was one."""
    before = run_before(reports_dir, report["scenario"])
    compared = compare(before[1], report, (before[0], folder.name)) if before else None
    return {"report.html": render(Page(report, run, shown(folder), compared))}


def _cost(run: Run, template: Path, region: str, console: Console) -> dict[str, Any] | None:
    """What the run would have cost, None if that is not known.

    A defect of prices or of their use costs the price, never the verdict.
    """
    try:
        return priced(run, template, region)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        console.print(f"cost       it could not be calculated: {reason}", markup=False)
        return None


def fault_in_words(line: Mapping[str, Any]) -> str:
    """A line of the emulator's journal of faults: what kind struck which call of which object.

    >>> fault_in_words({"at": 1.0, "kind": "api", "rule": {"operation": "GetObject"}})
    'api GetObject'
    """
    rule = line["rule"]
    error = rule.get("error") or {}
    parts = (line["kind"], line.get("operation") or rule.get("operation"), line.get("key"))
    return " ".join(str(part) for part in (*parts, error.get("code")) if part)


def facts_of(target: Target, stack: Stack, options: RunOptions) -> dict[str, Any]:
    """What a report says of where and how a run went, asked before it: the target may go down."""
    return {
        "target": target.name,
        "stack": stack.name,
        "region": stack.region,
        "permissions": enforces_permissions(target),
        "signatures": verifies_signatures(target),
        "isolated": not why_not_isolated(target),
        "compressed": [],
        "cost": None,
        "limits_ms": latency_limits(options.fail_if),
    }


def run_scenario(
    name: str,
    target: Target,
    settings: Settings,
    stack: Stack,
    options: RunOptions,
    console: Console | None = None,
    *,
    not_proven: bool = True,
    share: Share | None = None,
) -> RunResult:
    """Run the scenario `name`, show its report and write it below the reports folder.

    Without `not_proven` the caller shows what a pass leaves open. A `share` is the part of the
    scenario's plan that this process sends, by default all of it. Raises Problem for an unknown
    name, and where nothing could be checked at all; NotChecked where the target does not show what
    the scenario needs; DeploymentFailed for a stack without the outputs that everybody builds on.
    """
    scenario = find_scenario(name, settings)
    if missing := scenario.lacking(target):
        raise NotChecked(
            f"{name} was not checked: it needs {missing}, which the target {target.name} lacks.",
            "Run it on a target that has that, such as embedded or compose.",
        )
    if lacking := stack.missing():
        raise DeploymentFailed(
            f"{stack.name} lacks the outputs {', '.join(lacking)}.",
            f"Restore them in the template, or name others in {shown(stack.pipeline.file)}.",
        )
    check_reports_folder(settings.reports_dir)
    behaviours()  # needed for the report: better missed now than after the run
    context = Context(
        target, settings, stack, options, console or Console(stderr=True), share=share or Share()
    )
    facts = facts_of(target, stack, options)
    with under_way(settings.state_dir, name, stack.name) as context.on_progress:
        run, checks = scenario.run(context)
    run = replace(run, seen=replace(run.seen, faults=tuple(context.faults)))
    if context.share.of == 1:  # requests and durations are those of all shares
        facts["cost"] = _cost(run, settings.template, stack.region, context.console)
    facts |= context.facts
    report = build_report(scenario.name, run, checks, facts)
    if thresholds := [each.check(report) for each in options.fail_if]:
        report = build_report(scenario.name, run, [*checks, *thresholds], facts)
    folder, unwritten = save_report(
        settings.reports_dir, report, run, partial(_pages, report, run, settings.reports_dir)
    )
    place = unwritten or shown(folder / "report.html")
    show_report(context.console, report, place, not_proven=not_proven)
    if run.seen.gone and not report["images"]["uploaded"]:
        raise Problem(
            f"Nothing could be checked: {run.seen.ended_early}.",
            "`tapstack logs --emulator` shows its last words; `tapstack up` starts it again.",
        )
    return RunResult(report, folder, report["passed"], run.seen.interrupted)
