"""The verdicts on a day whose emulator was killed, honest or doctored in one respect."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.run.broken_day import BrokenDay, end_of
from scenarios.emulator_restart import RULES, judge

CAUSE = "embedded lost its state during the run: what it held is gone"


def broken_day() -> BrokenDay:
    """Of six images two were proven, two lost, two never sent; and all of it was said."""
    entries: list[dict[str, Any]] = [
        {
            "key": f"uploads/{number}.jpg",
            "uploaded": 100.0 if number < 4 else None,
            "notices": [{}] if number < 3 else [],
            "output": {"bytes": 1} if number < 2 else None,
        }
        for number in range(6)
    ]
    return BrokenDay(
        planned=6,
        killed_at=101.0,
        proven=2,
        exit_code=1,
        ended_after_s=12.0,
        said=f"6 pictures\n{CAUSE}; the run ends here\n",
        report={
            "passed": False,
            "ended_early": CAUSE,
            "images": {"planned": 6, "uploaded": 4, "processed": 2, "lost": 2, "unsent": 2},
            "listed": {
                "lost": [
                    {"key": f"uploads/{number}.jpg", "why": f"no notification came: {CAUSE}"}
                    for number in (2, 3)
                ],
                "unsent": [{"key": f"uploads/{number}.jpg", "why": ""} for number in (4, 5)],
            },
        },
        entries=entries,
    )


def failed(day: BrokenDay, *, comes_back: bool = True) -> set[str]:
    """The ids of the checks that fail on this day."""
    found = judge(day, comes_back=comes_back)
    return {check.id.partition("-")[2] for check in found if check.passed is False}


def reported(**changes: Any) -> BrokenDay:
    """The day with another report."""
    day = broken_day()
    return replace(day, report={**day.report, **changes})


def test_an_honest_day_is_accepted() -> None:
    """GIVEN a run that said what was lost and why THEN every check passes."""
    assert all(check.passed for check in judge(broken_day(), comes_back=True))


def _listed(**changes: Any) -> BrokenDay:
    return reported(listed={**broken_day().report["listed"], **changes})


def _images(**changes: int) -> BrokenDay:
    return reported(images={**broken_day().report["images"], **changes})


DOCTORED: dict[str, tuple[Callable[[], BrokenDay], set[str]]] = {
    "claims a pass": (lambda: reported(passed=True), {"no-pass"}),
    "ends with exit code 0": (lambda: replace(broken_day(), exit_code=0), {"no-pass"}),
    "never ends": (lambda: replace(broken_day(), exit_code=None), {"ended", "no-pass"}),
    "names no cause": (lambda: reported(ended_early=None), {"cause", "lost"}),
    "does not say the cause": (lambda: replace(broken_day(), said="done"), {"cause"}),
    "loses count of one": (lambda: _images(lost=1), {"sums"}),
    "does not list a lost one": (
        lambda: _listed(lost=broken_day().report["listed"]["lost"][:1]),
        {"lost"},
    ),
    "does not say why one is lost": (
        lambda: _listed(
            lost=[{"key": f"uploads/{number}.jpg", "why": "gone"} for number in (2, 3)]
        ),
        {"lost"},
    ),
    "counts unsent ones as lost": (
        lambda: _listed(
            unsent=[],
            lost=[{"key": f"uploads/{number}.jpg", "why": CAUSE} for number in (2, 3, 4, 5)],
        ),
        {"lost", "unsent"},
    ),
    "forgets what was proven": (lambda: _images(processed=1, lost=3), {"proven"}),
    "claims more than was seen": (lambda: _images(processed=3, lost=1), {"proven"}),
    "forgets what it told before": (lambda: replace(broken_day(), proven=3), {"proven"}),
    "writes no report": (
        lambda: replace(broken_day(), report={}, entries=[]),
        {"no-pass", "cause", "sums"},
    ),
}


@pytest.mark.parametrize("what", DOCTORED)
def test_a_run_that_is_not_honest_is_caught(what: str) -> None:
    """GIVEN a run that claims or hides something THEN the check on that fails, and no other."""
    doctored, expected = DOCTORED[what]
    assert failed(doctored()) == expected


def test_an_emulator_that_stayed_dead_has_not_lost_its_state() -> None:
    """The cause must be the right one: nobody came back to have forgotten anything."""
    assert failed(broken_day(), comes_back=False) == {"cause"}


def test_every_check_says_which_day_it_is_about() -> None:
    """Both days have all checks, under ids of their own."""
    ids = [c.id for back in (True, False) for c in judge(broken_day(), comes_back=back)]
    assert len(set(ids)) == 2 * len(RULES)


@pytest.mark.parametrize(("busy", "exit_code"), [(True, 1), (False, None)])
def test_a_run_has_the_longer_to_end_the_busier_the_machine(
    monkeypatch: pytest.MonkeyPatch, *, busy: bool, exit_code: int | None
) -> None:
    """Its own deadlines are longer then as well; on a quiet machine it is late."""
    load = 10.0 * (os.process_cpu_count() or 1) if busy else 0.0
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load, load))
    lasts_s = 3 if busy else 600
    program = f"import time; time.sleep({lasts_s}); raise SystemExit(1)"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, text=True) as process:
        try:
            assert end_of(process, within_s=2.0) == exit_code
        finally:
            process.kill()
