"""The scenario aws-trouble: it passes on the project as it is, and sees each broken guarantee."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.run.scenario import RunOptions
from scenarios import aws_trouble
from tests.integration.place import Place, broken
from tests.mutants.code_edits import Rewrite, SetEntry
from tests.mutants.mutant import Editing
from tests.mutants.template_edits import Remove

SMALL = RunOptions(images=60, day_s=4.0)
# What is broken is to be seen, not to be given time.
IMPATIENT = replace(SMALL, patience_s=14.0)

HANDLER = "image_processor/handler"
TRIES_ONCE = SetEntry(HANDLER, "", "total_max_attempts", "1")


def test_the_project_as_it_is_passes(place: Place) -> None:
    """Everything is tried again and told once; what never works fails, and is sent again."""
    result = place.run("aws-trouble", "sound", SMALL)
    assert broken(result) == {}
    assert result.passed
    assert all(check["passed"] for check in result.report["checks"])
    images = result.report["images"]
    assert images["processed"] + images["failed"] == images["planned"] == SMALL.images
    assert images["failed"] > 0


@pytest.mark.parametrize(
    ("edits", "check"),
    [
        pytest.param(
            [
                TRIES_ONCE,
                Rewrite(HANDLER, "handler", "failed.append($KEY)", "pass"),
            ],
            "notified-once",
            id="errors are swallowed",
        ),
        pytest.param(
            [
                TRIES_ONCE,
                Rewrite(
                    HANDLER,
                    "_process",
                    "verdict, version_id = outputs.store($...ARGUMENTS)",
                    "early = announcements.superseded(upload, now, invocation.request_id)\n"
                    'announcements.publish(_SNS, TOPIC_ARN, early | {"status": "processed"})\n'
                    "verdict, version_id = outputs.store($...ARGUMENTS)",
                ),
                Rewrite(
                    HANDLER,
                    "_handle",
                    "announcements.publish($...ARGUMENTS)",
                    'status == "processed" or announcements.publish($...ARGUMENTS)',
                ),
            ],
            "notified-once",
            id="it is told before it is written",
        ),
        pytest.param(
            [Remove("ImageProcessorInvokeConfig.Properties.DestinationConfig")],
            "failure-queue",
            id="failures go nowhere",
        ),
    ],
)
def test_a_broken_guarantee_is_seen(
    place: Place, request: pytest.FixtureRequest, edits: Sequence[Editing], check: str
) -> None:
    """GIVEN a project that does not keep it THEN the check that is there for it fails."""
    result = place.run("aws-trouble", request.node.callspec.id, IMPATIENT, edits)
    assert not result.passed
    assert check in broken(result)


def test_a_day_without_trouble_proves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIVEN calls do not fail THEN the scenario says so and does not pass."""
    quiet = [{**rule, "probability": 0.0} for rule in aws_trouble.TROUBLE]
    monkeypatch.setattr(aws_trouble, "TROUBLE", quiet)
    monkeypatch.setattr(aws_trouble, "LEAST", 0)
    result = place.run("aws-trouble", "quiet", IMPATIENT)
    assert not result.passed
    assert {"trouble", "attempts", "errors-counted"} <= broken(result).keys()
