"""What the emulator answers to each scenario is what was recorded."""

from collections.abc import Callable

import pytest

from harness.evidence.fidelity import NOT_CHECKED, behaviours
from tests.conformance.__main__ import table
from tests.conformance.clients import against
from tests.conformance.play import Play, differences
from tests.conformance.recordings import FOLDER, stored
from tests.conformance.scenario import Scenario
from tests.conformance.scenarios import SCENARIOS
from tests.emulator.conftest import Emulator, emulator, emulator_environment

__all__ = ["emulator", "emulator_environment"]


@pytest.fixture(scope="module")
def play(emulator: Emulator) -> Callable[[], Play]:
    """What makes plays against the emulator that the tests of this module share."""
    return against(emulator.endpoint)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_answers_are_as_recorded(scenario: Scenario, play: Callable[[], Play]) -> None:
    """Codes, messages and what a scenario keeps of its answers; nothing is left behind."""
    recording = stored(scenario)
    assert recording, "record it: .venv/bin/python -m tests.conformance --record"
    performance = play()
    assert differences(recording.answers, performance.perform(scenario)) == []
    assert performance.left == []


def test_a_difference_is_reported() -> None:
    """Which call, what was recorded and what is answered now."""
    before = [{"call": "sns.publish", "answer": None}]
    now = [{"call": "sns.publish", "error": "InvalidParameter", "message": "m", "status": 400}]
    (line,) = differences(before, now)
    assert line.startswith('sns.publish: recorded {"answer": null}, now {"error": "InvalidPar')


def test_every_row_that_a_scenario_names_is_one_that_holds_here() -> None:
    """A row that is not checked cannot be shown, and no recording is without its scenario."""
    shown = {row for scenario in SCENARIOS for row in scenario.rows}
    assert shown <= {row.number for row in behaviours() if row.status != NOT_CHECKED}
    assert {file.stem for file in FOLDER.glob("*.json")} == {one.name for one in SCENARIOS}


def test_the_list_of_rows_is_up_to_date() -> None:
    """tests/conformance/ROWS.md says which scenario shows which row."""
    written = (FOLDER.parent / "ROWS.md").read_text(encoding="utf-8")
    assert "\n".join(table(SCENARIOS)) in written
