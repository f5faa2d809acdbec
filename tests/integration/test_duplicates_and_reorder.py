"""The scenario duplicates-and-reorder: it passes on the project, and sees each broken guarantee."""

from dataclasses import replace

import pytest

from harness.run.scenario import RunOptions
from scenarios import duplicates_and_reorder
from tests.integration.place import Place, broken
from tests.mutants.code_edits import Rewrite
from tests.mutants.mutant import Editing

NAME = "duplicates-and-reorder"
SMALL = RunOptions(images=40, day_s=4.0)
# What is broken is to be seen, not to be given time.
IMPATIENT = replace(SMALL, patience_s=10.0)


def test_the_project_as_it_is_passes(place: Place) -> None:
    """Keys are overwritten, events come twice and out of order, and every version is told once."""
    result = place.run(NAME, "sound", SMALL)
    assert broken(result) == {}
    assert result.passed
    assert all(check["passed"] for check in result.report["checks"])
    images = result.report["images"]
    assert images["processed"] + images["superseded"] == images["planned"] == SMALL.images
    assert all(each["struck"] for each in result.report["disturbed"])


@pytest.mark.parametrize(
    ("edit", "check"),
    [
        pytest.param(
            Rewrite(
                "image_processor/outputs",
                "",
                "uploads.newer(upload.sequencer, current.sequencer)",
                "upload.sequencer",
            ),
            "newest-wins",
            id="an older version overwrites a newer one",
        ),
        pytest.param(
            Rewrite(
                "image_processor/outputs",
                "",
                "Verdict.OWNED if owned else Verdict.DUPLICATE",
                "Verdict.WRITTEN",
            ),
            "one-notification",
            id="what comes twice is done twice",
        ),
        pytest.param(
            Rewrite(
                "image_processor/handler",
                "_process",
                "if verdict is Verdict.SUPERSEDED:\n"
                "    message = $MESSAGE\n"
                "    return Outcome(message, contested=True)",
                "if verdict is Verdict.SUPERSEDED:\n"
                "    message = $MESSAGE\n"
                "    return Outcome(message, contested=False)",
            ),
            "one-notification",
            id="superseded versions are told of each time",
        ),
    ],
)
def test_a_broken_guarantee_is_seen(
    place: Place, request: pytest.FixtureRequest, edit: Editing, check: str
) -> None:
    """GIVEN a function that does not keep it THEN the check that is there for it fails."""
    result = place.run(NAME, request.node.callspec.id, IMPATIENT, [edit])
    assert not result.passed
    assert check in broken(result)


def test_an_event_that_never_comes_is_seen(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """GIVEN some events are dropped THEN those versions count as lost, and the sums add up."""
    dropped = {"probability": 0.2, "drop": True}
    rules = (*duplicates_and_reorder.DISTURBED, dropped)
    monkeypatch.setattr(duplicates_and_reorder, "DISTURBED", rules)
    result = place.run(NAME, "dropped", IMPATIENT)
    assert not result.passed
    found = broken(result)
    assert "one-notification" in found
    assert "accounted" not in found
    assert result.report["images"]["lost"] > 0


def test_a_day_without_trouble_proves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIVEN no event is disturbed THEN the scenario says so and does not pass."""
    monkeypatch.setattr(duplicates_and_reorder, "DISTURBED", ())
    monkeypatch.setattr(duplicates_and_reorder, "LATE_S", 0.0)  # nothing is held back
    result = place.run(NAME, "undisturbed", IMPATIENT)
    assert set(broken(result)) == {"disturbed"}
