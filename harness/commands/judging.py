"""The commands that judge: lint, verify, run, gate and bench. Exit code 1 is a failed check."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from harness.commands.answers import print_json, running_stack, tell
from harness.commands.options import ALL, as_json, configured, pairs, parameters, seconds
from harness.files import shown, trusted_folder
from harness.interruption import CTRL_C
from harness.settings import Settings, positive_count
from harness.stack.deploy import bring_up
from harness.targets.choosing import choose_target, target_to_start


@click.command()
@configured(*ALL)
@parameters
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "github", "sarif"]),
    help="How findings are printed: for people, as annotations, for code scanning.  [text]",
)
@as_json
def lint(
    settings: Settings, parameters: tuple[str, ...], format_: str | None, *, as_json: bool
) -> int:
    """Look for what AWS would refuse, before anything is deployed.

    cfn-lint and the project's own rules on the template, with the parameters a deployment would
    give, and on the functions' packages. One line per finding: place, rule, what is wrong, source.

    \b
      tapstack lint --suffix staging
      tapstack lint --json | jq -r .findings[].id
      tapstack lint --format sarif > lint.sarif
    """
    from harness.lint import lint as find
    from harness.lint.formats import FORMATS
    from harness.page.summary import append_summary, lint_summary

    if as_json and format_:
        raise click.UsageError("--json and --format are two formats: choose one.")

    target = choose_target(settings)
    findings = find(settings, target.architecture, pairs(parameters), tell=tell)
    if as_json:
        print_json({"passed": not findings, "findings": [asdict(found) for found in findings]})
    else:
        if said := FORMATS[format_ or "text"](findings):
            click.echo(said)
        click.echo(f"{len(findings)} findings" if findings else "No findings.", err=True)
    append_summary(lint_summary([str(found) for found in findings]))
    return 1 if findings else 0


@click.command()
@configured("suffix", "target", "template", "state")
@as_json
def verify(settings: Settings, *, as_json: bool) -> int:
    """Prove that the deployed stack is what its template says.

    Reads every resource back through its service's API and compares it, property by property, with
    the template whose parameters have the stack's values; outputs and exports too. What was ignored
    or altered is listed, and what could not be verified.

    \b
      tapstack verify
      tapstack verify --json | jq .failed
    """
    from harness.stack.verify import verify as read_back

    target = choose_target(settings)
    verification = read_back(target, settings, running_stack(target, settings).name)
    if as_json:
        print_json(verification.report())
    else:
        for line in verification.lines():
            click.echo(line)
    return 0 if verification.passed else 1


@click.command()
@click.argument("scenario")
@configured(*ALL)
@click.option("--images", metavar="N", help="How many images are sent.  [the scenario's own]")
@click.option("--day", metavar="TIME", help="What the day is compressed to, e.g. 60s or 5m.")
@click.option("--for", "lasting", metavar="TIME", help="How long soak repeats it.  [10m]")
@click.option("--seed", default="1", metavar="N", help="The same seed makes the same images.  [1]")
@click.option(
    "--fail-if",
    "fail_if",
    multiple=True,
    metavar="FIGURE>LIMIT",
    help="Fail then, e.g. 'p95>2s' or 'throughput<10'; may be repeated.",
)
@as_json
def run(
    settings: Settings,
    scenario: str,
    images: str | None,
    day: str | None,
    lasting: str | None,
    seed: str,
    fail_if: tuple[str, ...],
    *,
    as_json: bool,
) -> int:
    """Run SCENARIO and judge what came out.

    Starts and deploys first what is not there yet. The report is written below reports/, and
    reports/latest points at it: report.html for people, report.json and junit.xml for machines.

    \b
      tapstack run daily-load
      tapstack run daily-load --images 200 --day 30s
      tapstack run daily-load --fail-if 'p95>2s' --fail-if 'throughput<10'
      tapstack run daily-load --json | jq .passed
    """
    # Imported late: images and numbers take their time to load, and no other command needs them.
    from harness.evidence.report_files import check_reports_folder
    from harness.evidence.thresholds import read_threshold
    from harness.page.summary import append_summary, summary
    from harness.run.scenario import RunOptions, find_scenario, run_scenario

    find_scenario(scenario)
    options = RunOptions(
        images=positive_count(images, "images") if images is not None else None,
        day_s=seconds(day) if day is not None else None,
        for_s=seconds(lasting) if lasting is not None else None,
        seed=positive_count(seed, "a seed"),
        fail_if=tuple(read_threshold(text) for text in fail_if),
    )
    check_reports_folder(settings.reports_dir)
    target = target_to_start(settings, tell)
    stack = bring_up(target, settings, tell=tell)
    outcome = run_scenario(scenario, target, settings, stack, options)
    append_summary(summary(outcome.report, shown(outcome.folder)))
    if as_json:
        print_json(outcome.report)
    if outcome.interrupted:
        return CTRL_C
    return 0 if outcome.passed else 1


@click.command()
@configured(*ALL)
def gate(settings: Settings) -> int:
    """Judge whether a change may go to AWS.

    Lints the template and the packages, deploys, verifies, and runs the gate's scenarios.
    """
    from harness.evidence.report_files import check_reports_folder
    from harness.gate import run_gate

    check_reports_folder(settings.reports_dir)
    return run_gate(target_to_start(settings, tell), settings, tell=tell)


@click.command()
@configured(*ALL)
@click.option("--images", default="400", metavar="N", help="How many images each way.  [400]")
@as_json
def bench(settings: Settings, images: str, *, as_json: bool) -> int:
    """Measure the pipeline against a bare loop.

    1280 × 960 JPEGs, and the mix of a day, through the function's imaging on all cores, then
    through the pipeline, and the day also as a whole verified run: on the same machine, in turns.
    The result is written to reports/bench.json.
    """
    from harness.bench.bench import run_bench
    from harness.evidence.report_files import check_reports_folder

    check_reports_folder(settings.reports_dir)
    count = positive_count(images, "images")
    target = target_to_start(settings, tell)
    stack = bring_up(target, settings, tell=tell)
    result = run_bench(target, settings, stack, count, tell=tell)
    file = trusted_folder(settings.reports_dir) / "bench.json"
    file.write_text(json.dumps(result, indent=2) + "\n")
    if as_json:
        print_json(result)
        return 0
    for corpus in ("messenger", "day"):
        _show_rates(corpus, result[corpus])
    click.echo(f"report {file}")
    return 0


def _show_rates(corpus: str, found: Mapping[str, Any]) -> None:
    """A line for each way that the images of a corpus went."""
    click.echo(f"{corpus}, {found['images']} images")
    for way, rate in found["images_per_s"].items():
        times = f", {found['ratio'][way]} times the bare loop" if way in found["ratio"] else ""
        cpu = found["cpu_ms_per_image"][way]
        spent = ", ".join(f"{who} {spent}" for who, spent in cpu.items())
        click.echo(f"  {way:<9} {rate} images/s{times}; CPU per image, ms: {spent}")
