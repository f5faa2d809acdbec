"""The command compare: two runs beside each other."""

from dataclasses import asdict

import click

from harness.commands.options import as_json, configured
from harness.commands.output import print_json
from harness.settings import Settings


@click.command(name="compare")
@click.argument("before")
@click.argument("after")
@configured()
@as_json
def compare_command(settings: Settings, before: str, after: str, *, as_json: bool) -> int:
    """Compare two runs.

    BEFORE and AFTER are folders of reports. Throughput, latency, processor time and memory, what
    was asked for differently, and the checks that changed. Nothing has to run, and nothing is
    judged.

    \b
      tapstack compare 20260101T120000Z-daily-load latest
      tapstack compare A B --json | jq .checks
    """
    from harness.evidence.comparison import compare, read_report

    reports = [read_report(settings.reports_dir, name) for name in (before, after)]
    found = compare(reports[0], reports[1], (before, after))
    if as_json:
        print_json(asdict(found))
        return 0
    click.echo(f"{'':<26}{'before':>16}{'after':>16}{'change':>10}")
    for row in found.rows:
        word = "" if row.kind == "same" else f"  {row.kind}"
        click.echo(f"{row.name:<26}{row.before:>16}{row.after:>16}{row.change:>10}{word}")
    for line in (*found.differences, *(found.checks or ["No check has changed."])):
        click.echo(line)
    return 0
