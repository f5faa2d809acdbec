"""The gate's verdict: what passes, what fails, and what is only said not to have been checked."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.gate import Step, judge, without_requirements
from harness.settings import Settings

SOUND = [Step("lint", True), Step("verify", True)]
DAY, BURST = Step("daily-load", True, "reports/1/report.json"), Step("burst", None, "needs faults")


def test_all_that_passed_is_listed_and_the_gate_has_passed() -> None:
    """Each step has a line, a scenario's with its own report."""
    lines, passed = judge(SOUND, [DAY])
    assert passed
    assert [line.split() for line in lines if line] == [
        ["passed", "lint"],
        ["passed", "verify"],
        ["passed", "daily-load", "reports/1/report.json"],
        ["gate:", "passed"],
    ]


@pytest.mark.parametrize(
    ("basis", "runs", "named"),
    [
        ([Step("lint", False, "2 findings"), Step("verify", True)], [DAY], "lint"),
        (SOUND, [DAY, Step("contract", False)], "contract"),
        ([Step("lint", True), Step("deployment", False)], [], "deployment"),
        ([Step("lint", False), Step("verify", False)], [DAY], "lint, verify"),
    ],
)
def test_one_failed_step_fails_the_gate(basis: list[Step], runs: list[Step], named: str) -> None:
    """The verdict names it."""
    lines, passed = judge(basis, runs)
    assert not passed
    assert lines[-1] == f"gate: FAILED – {named}"


def test_what_was_not_checked_is_said_and_does_not_count_as_passed() -> None:
    """The rest may pass without it."""
    lines, passed = judge(SOUND, [DAY, BURST])
    assert passed
    assert lines[-2].split() == ["not", "checked", "burst", "needs", "faults"]
    assert lines[-1] == "gate: passed, but not checked here: burst"


def test_a_gate_that_checked_no_scenario_has_failed() -> None:
    """A template that looks right alone proves nothing."""
    lines, passed = judge(SOUND, [BURST])
    assert not passed
    assert lines[-1] == "gate: FAILED – no scenario could be checked"


def test_a_template_without_requirements_is_said_to_be_held_to_none(
    project_root: Path, tmp_path: Path
) -> None:
    """Whoever removes the file turns its figures off, and the verdict says so."""
    settings = Settings(root=project_root, template=tmp_path / "TapStack.yml")
    (step,) = without_requirements(settings)
    assert step.passed is None
    lines, _ = judge([*SOUND, step], [DAY])
    assert lines[-1] == "gate: passed, but not checked here: requirements"
    template = project_root / "infra" / "TapStack.yml"
    assert without_requirements(replace(settings, template=template)) == []


def test_an_interrupted_gate_has_not_passed_whatever_was_seen() -> None:
    """A failure that was seen before stays the verdict."""
    why = "it was interrupted in burst"
    lines, passed = judge(SOUND, [DAY, replace(BURST, said="interrupted")], why)
    assert (passed, lines[-1]) == (False, f"gate: NOT PASSED – {why}")
    lines, passed = judge([Step("lint", False)], [BURST], why)
    assert (passed, lines[-1]) == (False, "gate: FAILED – lint")
