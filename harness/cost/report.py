"""The bill of a run as its report keeps it."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.cost.bill import Bill, bill_of
from harness.cost.prices import prices_of
from harness.cost.usage import usage_of
from harness.evidence.observations import Run
from harness.problems import Problem
from harness.stack.template import load_template


def document(bill: Bill) -> dict[str, Any]:
    """The bill with its totals, as JSON has it."""
    totals = ("day_usd", "month_usd", "charged_usd")
    return {**asdict(bill), **{name: getattr(bill, name) for name in totals}}


def priced(run: Run, template: Path, region: str) -> dict[str, Any] | None:
    """What the run would have cost; None where nothing was uploaded or no price is known."""
    if not any(entry.uploaded for entry in run.ledger.entries):
        return None
    try:
        return document(bill_of(usage_of(run, load_template(template)), prices_of(region)))
    except Problem:
        return None
