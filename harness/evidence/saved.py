"""A run as its report's folder keeps it, to be looked at again."""

import json
from pathlib import Path
from typing import Any

from harness.evidence import invocations
from harness.evidence.ledger import Ledger
from harness.evidence.observations import Observations, Run
from harness.problems import Problem


class NoReport(Problem):
    """The folder has no report of a run."""


def load_run(folder: Path) -> tuple[dict[str, Any], Run]:
    """The report in `folder`, and the run that it was made of.

    Raises NoReport if there is none, Problem if another version of TapStack has written it.
    """
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        seen = Observations.load(folder / "observations.json")
        ledger = Ledger.load(folder / "ledger.jsonl")
        return report, Run(ledger, seen, list(invocations.load(folder / "invocations.jsonl")))
    except (FileNotFoundError, NotADirectoryError):
        raise NoReport(
            f"There is no report of a run in {folder}.",
            "Run a scenario first, such as `tapstack run daily-load`, or name a report's folder.",
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(
            f"The report in {folder} cannot be read: {type(error).__name__}: {error}.",
            "Run the scenario again: this version of TapStack may not have written it.",
        ) from error
