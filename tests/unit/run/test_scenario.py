"""What holds for every scenario, before any is run: its name, its needs, what it says of time."""

from pathlib import Path

import pytest
from rich.console import Console

from harness.problems import Problem
from harness.run.scenario import (
    OUTPUTS,
    Context,
    NotChecked,
    RunOptions,
    Scenario,
    find_scenario,
    run_scenario,
    scenarios,
)
from harness.settings import read_settings
from harness.stack.deploy import Stack
from harness.targets.embedded import EmbeddedTarget

SETTINGS = read_settings(env={})
STACK = Stack("tapstack-dev", "us-east-1", "000000000000", dict.fromkeys(OUTPUTS, "something"))


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
    monkeypatch.setattr("harness.run.scenario.scenarios", lambda: [needy])
    with pytest.raises(NotChecked) as raised:
        run_scenario("needy", Limited(SETTINGS), SETTINGS, STACK, RunOptions())
    assert raised.value.exit_code == 2
    assert raised.value.happened == (
        "needy was not checked: it needs faults, which the target limited lacks."
    )


def test_what_was_said_of_time_is_kept_for_the_report() -> None:
    """In the order in which it was said."""
    context = Context(Limited(SETTINGS), SETTINGS, STACK, RunOptions(), Console())
    for sentence in ("retries come after 1 s", "alarms are 300 s ahead"):
        context.compressed(sentence)
    assert context.facts["compressed"] == ["retries come after 1 s", "alarms are 300 s ahead"]
