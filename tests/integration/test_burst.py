"""The scenario burst: it passes on the project as it is, and sees each broken guarantee."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from harness.run.scenario import RunOptions
from scenarios import burst
from tests.integration.place import Place, broken
from tests.mutants.code_edits import Rewrite
from tests.mutants.mutant import Editing
from tests.mutants.template_edits import Set

SMALL = RunOptions(images=36)
# What is broken is to be seen, not to be given time.
IMPATIENT = replace(SMALL, patience_s=15.0)


def _reserved(place: Place, name: str) -> Any:
    """The function's reserved concurrency; None if there is none."""
    found = place.target.client("lambda").get_function_concurrency(
        FunctionName=f"image-processor-{name}"
    )
    return found.get("ReservedConcurrentExecutions")


def test_the_project_as_it_is_passes(place: Place) -> None:
    """All is drained two at a time, the alarm comes and goes, and the concurrency is free again."""
    result = place.run("burst", "sound", SMALL)
    assert broken(result) == {}
    assert result.passed
    assert all(check["passed"] for check in result.report["checks"])
    assert result.report["images"]["processed"] == SMALL.images
    assert result.report["concurrency_reached"] == burst.RESERVED
    assert _reserved(place, "sound") is None


@pytest.mark.parametrize(
    ("edits", "check"),
    [
        pytest.param(
            [Set("ThrottleAlarm.Properties.MetricName", "Errors")],
            "alarm-raised",
            id="no alarm on throttles",
        ),
        pytest.param(
            [Set("ThrottleAlarm.Properties.Threshold", "1000000")],
            "alarm-raised",
            id="an alarm too hard of hearing",
        ),
        pytest.param(
            [
                Set("ImageProcessorInvokeConfig.Properties.MaximumEventAgeInSeconds", "60"),
                # Two at a time are not through within the minute.
                Rewrite(
                    "image_processor/handler",
                    "handler",
                    "invocation = $OF",
                    "import time; time.sleep(2)\ninvocation = $OF",
                ),
            ],
            "one-notification",
            id="events grow too old",
        ),
    ],
)
def test_a_broken_guarantee_is_seen(
    place: Place, request: pytest.FixtureRequest, edits: Sequence[Editing], check: str
) -> None:
    """GIVEN a project that does not keep it THEN the check that is there for it fails."""
    result = place.run("burst", request.node.callspec.id, IMPATIENT, edits)
    assert not result.passed
    assert check in broken(result)


def test_more_at_a_time_than_reserved_is_seen(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIVEN nothing is reserved THEN neither the concurrency nor the throttles are as they must."""
    monkeypatch.setattr(burst, "reserved_concurrency", lambda *_: nullcontext())
    result = place.run("burst", "unreserved", IMPATIENT)
    assert {"concurrency", "throttled", "alarm-raised"} <= broken(result).keys()
