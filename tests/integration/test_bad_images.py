"""The scenario bad-images: it passes on the sound project, and fails on a broken guarantee."""

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from harness.alarms import state_of
from harness.faults.injection import compressed
from harness.images.edge_cases import unusable
from harness.run.alarm_monitor import watched
from harness.run.scenario import Context, RunOptions
from tests.integration.place import Place, broken, emulator_for
from tests.mutants.code_edits import Rewrite, SetEntry
from tests.mutants.mutant import Editing
from tests.mutants.template_edits import Remove

NAME = "bad-images"
HANDLER = "image_processor/handler"
SMALL = RunOptions(images=4, day_s=2.0)
# What is broken is to be seen, not to be given time.
IMPATIENT = replace(SMALL, patience_s=10.0)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One emulator for the tests of this file; Lambda's retries come at once."""
    with (
        emulator_for(tmp_path_factory.mktemp("bad-images")) as place,
        compressed(place.target, lambda_retry_s=1),
    ):
        yield place


def test_the_project_as_it_is_passes(place: Place) -> None:
    """Good ones processed, bad ones refused once, the alarm raised and over."""
    result = place.run(NAME, "sound", SMALL)
    assert broken(result) == {}
    images = result.report["images"]
    assert result.passed
    assert images["rejected"] == len(unusable())
    assert images["processed"] + images["rejected"] == images["planned"]
    assert all(check["passed"] for check in result.report["checks"])
    assert any("ahead of the clock" in each for each in result.report["compressed"])


def test_an_alarm_is_ok_when_a_run_begins(place: Place) -> None:
    """Whether it is new, or is still raised by what somebody did before."""
    settings, stack = place.deployed("alarm")
    context = Context(place.target, settings, stack, SMALL, Console(file=io.StringIO()))
    with watched(context, "ImagesRejected") as monitor:
        assert monitor.alarm
        name = monitor.alarm["AlarmName"]
        assert state_of(place.target, name) == "OK"
    place.target.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason="As a run before has left it."
    )
    with watched(context, "ImagesRejected"):
        assert state_of(place.target, name) == "OK"


@pytest.mark.parametrize(
    ("edit", "check", "words"),
    [
        pytest.param(
            Rewrite(HANDLER, "_process", "Rejection", "KeyError"),
            "no-retries",
            "3 times",
            id="a bad image is a fault and is tried again",
        ),
        pytest.param(
            SetEntry("image_processor/announcements", "rejected", "action", '""'),
            "reasons",
            "without action",
            id="nobody is told what to do",
        ),
        pytest.param(
            Rewrite(
                HANDLER,
                "_handle",
                "_count(record.metric)",
                'status == "rejected" or _count(record.metric)',
            ),
            "rejection-metric",
            "0 of",
            id="rejections are not counted",
        ),
        pytest.param(
            Rewrite(
                HANDLER,
                "_handle",
                'status = outcome.message["status"]',
                'status = outcome.message["status"]\n'
                'if status == "rejected":\n'
                "    announcements.publish(_SNS, TOPIC_ARN, outcome.message)",
            ),
            "one-notification",
            "with exactly one",
            id="a bad image is announced twice",
        ),
        pytest.param(
            Remove("RejectedImagesAlarm.Properties.AlarmActions"),
            "alarm-raised",
            "nobody was notified",
            id="the alarm tells nobody",
        ),
        pytest.param(
            Remove("RejectedImagesAlarm.Properties.OKActions"),
            "alarm-ended",
            "nobody was notified",
            id="nobody hears that it is over",
        ),
        pytest.param(
            Rewrite(
                "image_processor/jpeg_parts",
                "",
                "turned = $ORIENTATION",
                'if exif and not orientation.of_exif(b"".join(exif)):\n'
                '    raise cut_off("in EXIF")\n'
                "turned = $ORIENTATION",
            ),
            "no-error-notifications",
            "rejected",
            id="broken EXIF is refused",
        ),
    ],
)
def test_a_broken_guarantee_is_seen(
    place: Place, request: pytest.FixtureRequest, edit: Editing, check: str, words: str
) -> None:
    """The check that is there for it fails, and says what was seen."""
    result = place.run(NAME, request.node.callspec.id, IMPATIENT, [edit])
    assert not result.passed
    assert words in broken(result)[check]
