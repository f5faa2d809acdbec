"""A check: one thing that must hold, whether it does, and the evidence.

checks.py has the rules that every scenario may use; a scenario has those of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

from harness.evidence.observations import Run


@dataclass(frozen=True)
class Check:
    """A verdict: passed, failed, or None for what could not be checked; `detail` is evidence."""

    id: str
    title: str
    passed: bool | None
    detail: str
    source: str


type Verdict = tuple[bool | None, str]


@dataclass(frozen=True)
class Rule:
    """Something that must hold, why (`source`), and how to tell. Calling it judges a run."""

    id: str
    title: str
    source: str
    judge: Callable[[Run], Verdict]

    def __call__(self, run: Run) -> Check:
        """Judge `run`."""
        passed, detail = self.judge(run)
        return Check(self.id, self.title, passed, detail, self.source)


def rule(id_: str, title: str, source: str) -> Callable[[Callable[[Run], Verdict]], Rule]:
    """Make a function that judges a run a Rule."""
    return lambda judge: Rule(id_, title, source, judge)
