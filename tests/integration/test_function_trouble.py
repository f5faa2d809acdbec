"""The scenario function-trouble: it passes on the project, and sees each broken guarantee."""

from dataclasses import replace

import pytest

from harness.faults.injection import alarms_ahead
from harness.run.contracts import Guarantee
from harness.run.probe import Probe
from harness.run.scenario import RunOptions
from scenarios import function_trouble
from tests.integration.place import Place, broken
from tests.mutants.code_edits import Rewrite
from tests.mutants.mutant import Editing
from tests.mutants.template_edits import Set

NAME = "function-trouble"
# What is broken is to be seen, not to be given time.
IMPATIENT = RunOptions(patience_s=12.0)


def test_the_project_as_it_is_passes(place: Place) -> None:
    """Whatever dies is tried again; what always dies waits, is sent again, and works."""
    result = place.run(NAME, "sound", RunOptions())
    assert broken(result) == {}
    assert result.passed
    assert all(check["passed"] for check in result.report["checks"])
    assert len(result.report["compressed"]) == 3
    function_name = "image-processor-sound"
    configuration = place.target.client("lambda").get_function_configuration(
        FunctionName=function_name
    )
    assert configuration["Timeout"] == 60


def test_minutes_between_the_guarantees_change_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the errors before are older than the alarm's period by then."""

    def slowly(guarantee: Guarantee[Probe]) -> Guarantee[Probe]:
        def keep(probe: Probe) -> str:
            seen = guarantee.keep(probe)
            with alarms_ahead(place.target, 300):
                return seen

        return replace(guarantee, keep=keep)

    for name in ("retried", "five_are_quiet"):
        monkeypatch.setattr(function_trouble, name, slowly(getattr(function_trouble, name)))
    assert broken(place.run(NAME, "slowly", RunOptions())) == {}


@pytest.mark.parametrize(
    ("edit", "check"),
    [
        pytest.param(
            Rewrite(
                "image_processor/handler",
                "_process",
                "verdict is Verdict.DUPLICATE",
                "verdict in (Verdict.DUPLICATE, Verdict.OWNED)",
            ),
            "retried",
            id="what died before it told is never told",
        ),
        pytest.param(
            Set("ErrorAlarm.Properties.Threshold", "4"),
            "five-errors",
            id="five errors are an alarm",
        ),
        pytest.param(
            Set("ErrorAlarm.Properties.Threshold", "6"),
            "six-errors",
            id="six errors are none",
        ),
        pytest.param(
            Set("ImageProcessorInvokeConfig.Properties.MaximumRetryAttempts", "1"),
            "given-up",
            id="given up too soon",
        ),
    ],
)
def test_a_broken_guarantee_is_seen(
    place: Place, request: pytest.FixtureRequest, edit: Editing, check: str
) -> None:
    """The check that is there for it fails."""
    result = place.run(NAME, request.node.callspec.id[-18:], IMPATIENT, [edit])
    assert not result.passed
    assert check in broken(result)
