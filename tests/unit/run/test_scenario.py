"""What holds for every scenario, before any is run: its name, its needs, what it says of time."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from harness.cost import prices
from harness.evidence.checks import one_output
from harness.problems import Problem
from harness.run.catalogue import Scenario, find_scenario, scenarios
from harness.run.scenario import (
    Context,
    NotChecked,
    RunOptions,
    run_scenario,
)
from harness.settings import read_settings
from harness.stack.deployed import Stack
from harness.stack.pipeline import own_pipeline
from harness.targets.embedded import EmbeddedTarget
from tests.unit.runs import good_run

SETTINGS = read_settings(env={})
OUTPUTS = dict.fromkeys(own_pipeline().outputs.values(), "something")
STACK = Stack("tapstack-dev", "us-east-1", "000000000000", OUTPUTS)


class Limited(EmbeddedTarget):
    """A target that shows objects and nothing else."""

    name = "limited"
    shows = frozenset({"objects"})


def test_those_of_the_gate_come_first_and_in_their_order() -> None:
    """The list is what the gate goes through, then the rest by name."""
    places = [each.gate for each in scenarios() if each.gate]
    assert places == sorted(places)
    others = [each.name for each in scenarios()][len(places) :]
    assert others == sorted(others)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda each: each.name)
def test_every_scenario_has_a_title_of_one_line(scenario: Scenario) -> None:
    """It is found by its name, and its title fits behind it."""
    assert find_scenario(scenario.name).title == scenario.title
    assert "\n" not in scenario.title
    assert 0 < len(scenario.title) <= 80


def test_a_scenario_that_does_not_exist_names_those_that_do() -> None:
    """In one sentence, with all of them."""
    with pytest.raises(Problem, match="daily-load"):
        find_scenario("nightly-load")


def test_what_a_target_cannot_show_is_not_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The sentence names the scenario, what is missing and the target; nothing is run."""

    def run(context: Context) -> None:
        raise AssertionError("it was run")

    needy = Scenario("needy", "a title", 0, frozenset({"faults", "objects"}), run)  # type: ignore[arg-type]
    monkeypatch.setattr("harness.run.catalogue.scenarios", lambda _: [needy])
    with pytest.raises(NotChecked) as raised:
        run_scenario("needy", Limited(SETTINGS), SETTINGS, STACK, RunOptions())
    assert raised.value.exit_code == 2
    assert raised.value.happened == (
        "needy was not checked: it needs faults, which the target limited lacks."
    )


class Nowhere(Limited):
    """A target without an address: what is asked of a running one is answered as on AWS."""

    endpoint = None  # type: ignore[assignment]


@pytest.mark.parametrize("content", ["regions: {us-east-1: {quoted: today}}\n", "regions: [", ""])
def test_a_broken_price_file_costs_the_price_and_not_the_verdict(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    """The report has no cost, and a line that says why."""
    prices_file = tmp_path / "prices.yml"
    prices_file.write_text(content)
    monkeypatch.setattr(prices, "_FILE", prices_file)
    prices._document.cache_clear()
    run = good_run(3)
    scenario = Scenario("any", "a title", 0, frozenset(), lambda _: (run, [one_output(run)]))
    monkeypatch.setattr("harness.run.catalogue.scenarios", lambda _: [scenario])
    settings = replace(SETTINGS, state_dir=tmp_path / "state", reports_dir=tmp_path / "reports")
    console = Console(file=StringIO(), width=200)
    try:
        result = run_scenario("any", Nowhere(settings), settings, STACK, RunOptions(), console)
    finally:
        prices._document.cache_clear()
    assert result.passed
    assert result.report["cost"] is None
    assert "cost       it could not be calculated: " in console.file.getvalue()  # type: ignore[attr-defined]
    assert (result.folder / "report.html").is_file()


def test_what_was_said_of_time_is_kept_for_the_report() -> None:
    """In the order in which it was said."""
    context = Context(Limited(SETTINGS), SETTINGS, STACK, RunOptions(), Console())
    for sentence in ("retries come after 1 s", "alarms are 300 s ahead"):
        context.compressed(sentence)
    assert context.facts["compressed"] == ["retries come after 1 s", "alarms are 300 s ahead"]
