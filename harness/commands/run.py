"""The command run: one scenario, and its verdict. Exit code 1 is a failed check."""

import click

from harness.commands.options import ALL, as_json, configured
from harness.commands.output import print_json, show_progress
from harness.files import shown
from harness.interruption import CTRL_C
from harness.problems import Problem
from harness.settings import Settings, positive_count, seconds
from harness.stack.deploy import bring_up
from harness.targets.choosing import target_to_start


@click.command()
@click.argument("scenario")
@configured(*ALL)
@click.option("--images", metavar="N", help="How many images are sent.  [the scenario's own]")
@click.option("--day", metavar="TIME", help="What the day is compressed to, e.g. 60s or 5m.")
@click.option("--for", "lasting", metavar="TIME", help="How long soak repeats it.  [10m]")
@click.option("--seed", default="1", metavar="N", help="The same seed makes the same images.  [1]")
@click.option("--workers", metavar="N", help="Send with N processes, which Locust connects.")
@click.option(
    "--listen",
    metavar="ADDRESS",
    help="Wait for the workers there, in a private network, and start none.",
)
@click.option("--web", is_flag=True, help="Show Locust's page at 127.0.0.1:8089 meanwhile.")
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
    workers: str | None,
    listen: str | None,
    *,
    web: bool,
    as_json: bool,
) -> int:
    """Run SCENARIO and judge what came out.

    Starts and deploys first what is not there yet. The report is written below reports/, and
    reports/latest points at it: report.html for people, report.json and junit.xml for machines.

    \b
      tapstack run daily-load
      tapstack run daily-load --images 200 --day 30s
      tapstack run daily-load --fail-if 'p95>2s' --fail-if 'throughput<10'
      tapstack run daily-load --images 20000 --workers 4
      tapstack run daily-load --json | jq .passed
    """
    # Imported late: images and numbers take their time to load, and no other command needs them.
    from harness.evidence.report_files import check_reports_folder
    from harness.evidence.thresholds import read_threshold
    from harness.page.summary import append_summary, summary
    from harness.run.catalogue import find_scenario
    from harness.run.scenario import RunOptions, run_scenario
    from harness.run.workers.start import read_workers

    found = find_scenario(scenario, settings)
    given = {"images": images, "day": day, "for": lasting, "workers": workers}
    for option, value in given.items():
        if value is not None and option not in found.options:
            raise Problem(
                f"The scenario {scenario} has no use for --{option}.", f"Leave --{option} out."
            )
    options = RunOptions(
        images=positive_count(images, "images") if images is not None else None,
        day_s=seconds(day) if day is not None else None,
        for_s=seconds(lasting) if lasting is not None else None,
        seed=positive_count(seed, "a seed"),
        fail_if=tuple(read_threshold(text) for text in fail_if),
    )
    asked = read_workers(settings, workers, listen, web=web)
    check_reports_folder(settings.reports_dir)
    target = target_to_start(settings, show_progress)
    stack = bring_up(target, settings, on_progress=show_progress)
    if asked:
        from harness.run.workers.coordinate import run_with_workers

        sent = options.images or found.images
        outcome = run_with_workers(scenario, target, settings, stack, options, asked, sent)
    else:
        outcome = run_scenario(scenario, target, settings, stack, options)
    append_summary(summary(outcome.report, shown(outcome.folder)))
    if as_json:
        print_json(outcome.report)
    if outcome.interrupted:
        return CTRL_C
    return 0 if outcome.passed else 1
