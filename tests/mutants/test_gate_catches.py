"""The gate's stages on some mutants and sound changes; `make mutants` and `make sound` try all."""

import pytest

from harness.run.catalogue import scenarios
from tests.mutants.judge import STAGES, Judge
from tests.mutants.mutant import Stage
from tests.mutants.suite import MUTANTS, SOUND_CHANGES

_BY_ID = {mutant.id: mutant for mutant in MUTANTS}


@pytest.mark.parametrize(
    ("id_", "stage", "words"),
    [
        ("role-reads-no-versions", "lint", "s3:GetObjectVersion"),
        ("alarm-at-fifty-errors", "lint", "requires an alarm on Errors, Sum above 5 in 300 s"),
        ("circular-dependency", "lint", "ircular"),
        ("answer-without-a-physical-id", "deploy", "PhysicalResourceId"),
        ("order-is-ignored", "contract", "version"),
        ("memory-grows", "contract", "MB in 200 invocations"),
        ("others-are-wiped", "wiring", "others"),
    ],
)
def test_a_defect_is_caught(judge: Judge, id_: str, stage: Stage, words: str) -> None:
    """By the stage that should, with words that say what is wrong."""
    verdict = judge.judge(_BY_ID[id_])
    assert verdict.caught_by == stage, verdict
    assert words in verdict.words


@pytest.mark.parametrize("id_", ["topic-for-operations", "depth-of-the-failure-queue"])
def test_a_sound_change_passes(judge: Judge, id_: str) -> None:
    """`make sound` tries all of them, with every stage."""
    change = next(each for each in SOUND_CHANGES if each.id == id_)
    verdict = judge.judge(change, ("lint", "deploy", "verify", "wiring"))
    assert verdict.caught_by is None, verdict


def test_every_scenario_of_the_gate_is_tried() -> None:
    """What is not tried here is not shown to catch anything, nor to let the project pass."""
    gate = {scenario.name for scenario in scenarios() if scenario.gate}
    assert gate == set(STAGES[3:])


@pytest.mark.timeout(1800)  # 5 minutes of a quiet machine
def test_the_project_as_it_is_passes(judge: Judge) -> None:
    """Every stage; a gate that refuses everything would catch all mutants too."""
    verdict = judge.judge(None, STAGES)
    assert verdict.caught_by is None, verdict
