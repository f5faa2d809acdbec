"""Every scenario on the emulator in a container, small: what it shows embedded, it shows there."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from rich.console import Console

from harness.run.catalogue import scenarios
from harness.run.scenario import RunOptions, run_scenario
from harness.settings import Settings, read_settings
from harness.stack.deploy import bring_up
from harness.stack.deployed import Stack
from harness.targets.container import ComposeTarget

# The first test may have to build the image.
pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]

SMALL = RunOptions(images=30, day_s=4.0, for_s=30.0)
# Enough of them to be turned away, to be told of after their successor, or to be killed amidst.
SIZES = {
    "burst": RunOptions(images=60, day_s=0.1),
    "duplicates-and-reorder": RunOptions(images=60, day_s=5.0),
    "aws-trouble": RunOptions(images=80, day_s=8.0),
    "emulator-restart": RunOptions(images=60, day_s=8.0),
}


@dataclass(frozen=True)
class Deployed:
    """A stack in a container of its own."""

    target: ComposeTarget
    settings: Settings
    stack: Stack


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, docker_compose: None) -> Iterator[Deployed]:
    """One container for the tests of this file; it is removed with all that belongs to it."""
    folder = tmp_path_factory.mktemp("compose-scenarios")
    given = {"state_dir": folder / "state", "target": "compose", "port": "0"}
    settings = read_settings({**given, "reports_dir": folder / "reports"})
    target = ComposeTarget(settings)
    try:
        yield Deployed(target, settings, bring_up(target, settings, on_progress=lambda line: None))
    finally:
        target.stop()


@pytest.mark.parametrize("name", [scenario.name for scenario in scenarios()])
def test_a_scenario_passes_in_a_container(deployed: Deployed, name: str) -> None:
    """The project as it is keeps its guarantees there too."""
    result = run_scenario(
        name,
        deployed.target,
        deployed.settings,
        deployed.stack,
        SIZES.get(name, SMALL),
        Console(file=io.StringIO()),
    )
    failed = [check for check in result.report["checks"] if check["passed"] is False]
    assert failed == []
    assert result.passed
