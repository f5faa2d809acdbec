"""The command bench: the pipeline against a bare loop."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from harness.commands.options import ALL, as_json, configured
from harness.commands.output import print_json, show_progress
from harness.error_report import problem_of
from harness.files import trusted_folder
from harness.problems import Problem
from harness.settings import Settings, positive_count
from harness.stack.deploy import bring_up
from harness.stack.deployed import Stack
from harness.targets.choosing import target_to_start
from harness.targets.endpoint import EndpointTarget
from harness.targets.target import Target


@click.command()
@configured(*ALL)
@click.option("--images", default="400", metavar="N", help="How many images each way.  [400]")
@click.option(
    "--beside",
    metavar="URL",
    help="Another emulator that runs on this machine, to be measured in turns with ours.",
)
@as_json
def bench(settings: Settings, images: str, beside: str | None, *, as_json: bool) -> int:
    """Measure the pipeline against a bare loop.

    1280 × 960 JPEGs, and the mix of a day, through the function's imaging on all cores, then
    through the pipeline, and the day also as a whole verified run: on the same machine, in turns.
    The result is written to reports/bench.json.

    With --beside the stack is deployed to another emulator too, and the same images go through it.
    """
    from harness.bench.bench import run_bench
    from harness.evidence.report_files import check_reports_folder

    check_reports_folder(settings.reports_dir)
    count = positive_count(images, "images")
    other = _other(settings, beside) if beside else None
    target = target_to_start(settings, show_progress)
    stack = bring_up(target, settings, on_progress=show_progress)
    result = run_bench(target, settings, stack, count, other, on_progress=show_progress)
    file = trusted_folder(settings.reports_dir) / "bench.json"
    file.write_text(json.dumps(result, indent=2) + "\n")
    if as_json:
        print_json(result)
        return 0
    for corpus in ("messenger", "day"):
        _show_rates(corpus, result[corpus])
    click.echo(f"report {file}")
    return 0


def _other(settings: Settings, url: str) -> tuple[Target, Stack]:
    """The emulator at `url`, with the stack."""
    there = replace(settings, target=EndpointTarget.name, endpoint=url)
    target = target_to_start(there, show_progress)
    try:
        return target, bring_up(target, there, on_progress=show_progress)
    except (Problem, BotoCoreError, ClientError) as error:
        raise Problem(
            f"The emulator at {url} cannot be measured: "
            f"{problem_of(error, settings.state_dir).happened}",
            f"See {target.log}; its functions may lack boto3, which AWS's runtimes have.",
        ) from error


def _show_rates(corpus: str, found: Mapping[str, Any]) -> None:
    """A line for each way that the images of a corpus went."""
    click.echo(f"{corpus}, {found['images']} images")
    for way, rate in found["images_per_s"].items():
        times = f", {found['ratio'][way]} times the bare loop" if way in found["ratio"] else ""
        cpu = found["cpu_ms_per_image"][way]
        spent = ", ".join(f"{who} {spent}" for who, spent in cpu.items()) or "not seen from here"
        click.echo(f"  {way:<9} {rate} images/s{times}; CPU per image, ms: {spent}")
