"""The command bench: the pipeline against a bare loop."""

import json
from collections.abc import Mapping
from typing import Any

import click

from harness.commands.options import ALL, as_json, configured
from harness.commands.output import print_json, tell
from harness.files import trusted_folder
from harness.settings import Settings, positive_count
from harness.stack.deploy import bring_up
from harness.targets.choosing import target_to_start


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
