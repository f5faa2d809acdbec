"""The command cost: what a run would have cost on AWS, and a month of it."""

import os
from pathlib import Path

import click

from harness.commands.options import as_json, configured
from harness.commands.output import print_json
from harness.cost.bill import DAYS, Bill, Line
from harness.settings import Settings, positive_count


@click.command()
@click.argument("run", default="latest")
@configured("template")
@click.option("--per-day", metavar="N", help="Images a day in the month.  [those of the run]")
@click.option("--region", metavar="REGION", help="Whose prices.  [the run's]")
@as_json
def cost(
    settings: Settings, run: str, per_day: str | None, region: str | None, *, as_json: bool
) -> int:
    """Price RUN on AWS, and a month of such days.

    RUN is a report's folder, the latest by default; nothing has to run. Counted are the requests,
    durations, notifications and log lines that the run's report has, priced with AWS's list prices
    of a day that is named. Lambda's time is a model: what was measured here, with AWS's share of a
    processor for the function's memory.

    \b
      tapstack cost
      tapstack cost 20260101T120000Z-daily-load --per-day 50000
      tapstack cost --json | jq .month_usd
    """
    from harness.cost.bill import bill_of
    from harness.cost.prices import prices_of
    from harness.cost.report import document
    from harness.cost.usage import usage_of
    from harness.evidence.saved import load_run
    from harness.stack.template import load_template

    count = positive_count(per_day, "images a day") if per_day else None
    here = Path(run)
    report, found = load_run(here if here.is_dir() else settings.reports_dir / run)
    where = region or os.environ.get("TAPSTACK_REGION") or str(report.get("region", "us-east-1"))
    usage = usage_of(found, load_template(settings.template))
    bill = bill_of(usage, prices_of(where), count)
    if as_json:
        print_json(document(bill))
    else:
        _show(bill, str(report["scenario"]), measured_gb_s=usage.function.measured_gb_s)
    return 0


def _show(bill: Bill, scenario: str, *, measured_gb_s: float) -> None:
    prices = f"prices of {bill.region} as quoted on {bill.quoted}, in USD"
    click.echo(f"{scenario}, {bill.images} images; {prices}\n")
    month = f"{DAYS} days of {bill.per_day}"
    click.echo(f"{'':<26}{'this day':>10}{month:>31}{'not free':>11}")
    for line in bill.lines:
        month = f"{_amount(line):>18}{line.month_usd:>13.4f}"
        click.echo(f"{line.name:<26}{line.day_usd:>10.6f}{month}{line.charged_usd:>11.4f}")
    totals = f"{bill.month_usd:>31.4f}{bill.charged_usd:>11.4f}"
    click.echo(f"{'total':<26}{bill.day_usd:>10.6f}{totals}\n")
    for unknown in bill.unknown:
        click.echo(f"Not counted: {unknown}.")
    click.echo(
        f"Lambda's duration is a model of AWS's processors, of {measured_gb_s:.1f} measured GB-s.\n"
        f"Each later month costs {bill.next_month_usd:.4f} more, as what is stored adds up.\n"
        "Not on the bill: the other functions, transfer out of AWS, taxes.\n"
    )
    click.echo("A month would change by")
    for change in sorted(bill.changes, key=lambda change: change.month_usd):
        click.echo(f"{change.month_usd:>+11.4f}  {change.what}")


def _amount(line: Line) -> str:
    """How much of it there is in a month."""
    whole = line.month >= 100 or not line.unit
    number = f"{line.month:,.0f}" if whole else f"{line.month:.3g}"
    return f"{number} {line.unit}".strip()
