"""What scenarios disturb the target with: it is switched off whatever happens."""

from dataclasses import replace
from typing import Any, cast

import pytest

from harness.faults.injection import Disturbance, alarms_ahead, can_disturb, compressed, disturbed
from harness.problems import Problem
from harness.settings import Settings
from harness.targets import chaos
from harness.targets.endpoint import EndpointTarget
from harness.targets.target import Target
from tests.emulator.conftest import Emulator, StartEmulator


class Nowhere:
    """A target like AWS itself, without an endpoint of its own."""

    name = "aws"
    endpoint = None


def _all(emulator: Emulator) -> dict[str, Any]:
    settings: dict[str, Any] = chaos.ask(emulator.endpoint, "GET")
    return {name: value for name, value in settings.items() if name != "seed"}


def test_everything_is_off_after_an_error(emulator: Emulator) -> None:
    """Whatever ends the block ends the faults; and time is what it was."""
    target, before = cast(Target, emulator), _all(emulator)

    def go_wrong() -> None:
        with (
            disturbed(target, faults=[{"service": "ses"}], latency_ms=1, events=[{"drop": True}]),
            compressed(target, lambda_retry_s=1),
            alarms_ahead(target, 60),
        ):
            assert _all(emulator) != before
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go_wrong()

    assert _all(emulator) == before


def test_a_bad_rule_is_a_problem_and_leaves_nothing_on(emulator: Emulator) -> None:
    """What the emulator says of the rule is passed on."""
    target, before = cast(Target, emulator), _all(emulator)

    with (
        pytest.raises(Problem, match="there is no 'servce'"),
        disturbed(target, events=[{"drop": True}], faults=[{"servce": "s3"}]),
    ):
        pass

    assert _all(emulator) == before


def test_an_emulator_that_is_gone_took_its_faults_with_it(start_emulator: StartEmulator) -> None:
    """Its end within the block is no error of the block; to disturb it then is a Problem."""
    emulator = start_emulator()
    target = cast(Target, emulator)

    with disturbed(target, faults=[{}]), compressed(target, lambda_retry_s=1):
        emulator.running.stop()

    assert not can_disturb(target)
    with pytest.raises(Problem, match="Nothing answers"), disturbed(target, faults=[{}]):
        pass


def test_an_endpoint_shows_faults_if_it_takes_them(emulator: Emulator) -> None:
    """This emulator does; what does not answer does not."""
    settings = replace(Settings(), target="endpoint", endpoint=emulator.endpoint)
    assert "faults" in EndpointTarget(settings).shows

    nothing = EndpointTarget(replace(settings, endpoint="http://127.0.0.1:9"))
    assert nothing.shows == EndpointTarget(settings).shows - {"faults"}


def test_aws_cannot_be_disturbed() -> None:
    """Nobody makes AWS fail on purpose from here."""
    target = cast(Target, Nowhere())

    assert not can_disturb(target)
    with pytest.raises(Problem, match="nothing can be made to fail"):
        Disturbance(target).journal()
