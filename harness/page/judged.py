"""Every image of a run with what became of it: judged once, for all parts of the page."""

from dataclasses import dataclass

from harness.evidence.ledger import Entry
from harness.evidence.observations import Run
from harness.evidence.outcomes import is_bad_outcome, judged


@dataclass(frozen=True, slots=True)
class Judged:
    """An image, its place in the ledger, its outcome and why; `bad` if that must not be."""

    place: int
    entry: Entry
    outcome: str
    why: str
    bad: bool


def judge_all(run: Run) -> list[Judged]:
    """In the order of the ledger."""
    found = []
    for place, entry in enumerate(run.ledger.entries):
        outcome, why = judged(entry, run)
        found.append(Judged(place, entry, outcome, why, is_bad_outcome(entry, outcome, run)))
    return found
