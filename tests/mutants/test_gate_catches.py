"""The gate's stages on some mutants, one for each stage; `make mutants` tries all of them."""

import pytest

from harness.run.scenario import scenarios
from tests.mutants.judge import STAGES, Judge
from tests.mutants.mutant import Stage
from tests.mutants.suite import MUTANTS

_BY_ID = {mutant.id: mutant for mutant in MUTANTS}


@pytest.mark.parametrize(
    ("id_", "stage", "words"),
    [
        ("role-reads-no-versions", "lint", "s3:GetObjectVersion"),
        ("circular-dependency", "lint", "ircular"),
        ("answer-without-a-physical-id", "deploy", "PhysicalResourceId"),
        ("order-is-ignored", "contract", "version"),
        ("others-are-wiped", "wiring", "others"),
    ],
)
def test_a_defect_is_caught(judge: Judge, id_: str, stage: Stage, words: str) -> None:
    """By the stage that should, with words that say what is wrong."""
    verdict = judge.judge(_BY_ID[id_])
    assert verdict.caught_by == stage, verdict
    assert words in verdict.words


def test_every_scenario_of_the_gate_is_tried() -> None:
    """What is not tried here is not shown to catch anything, nor to let the project pass."""
    gate = {scenario.name for scenario in scenarios() if scenario.gate}
    assert gate == set(STAGES[3:])


def test_the_project_as_it_is_passes(judge: Judge) -> None:
    """Every stage; a gate that refuses everything would catch all mutants too."""
    verdict = judge.judge(None, STAGES)
    assert verdict.caught_by is None, verdict
