"""The scenario that kills an emulator in mid-run, and never the one that a person works with."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rich.console import Console

from harness.faults.emulator_restart import kill, revive
from harness.images.corpus import plan
from harness.polling import wait_until
from harness.run import notifications
from harness.run.send import Load, send
from harness.targets import emulator
from tests.integration.conftest import Tapstack
from tests.integration.place import emulator_for

SMALL = ("run", "emulator-restart", "--images", "16", "--day", "6s")


def _failed(reports: Path) -> list[str]:
    report = json.loads((reports / "latest" / "report.json").read_text())
    return [f"{c['id']}: {c['detail']}" for c in report["checks"] if c["passed"] is False]


def test_days_whose_emulator_is_killed_are_honest(
    tapstack: Tapstack, state_dir: Path, tmp_path: Path
) -> None:
    """GIVEN an emulator that runs WHEN others are killed THEN the checks pass and it runs on."""
    up = tapstack("up")
    assert up.returncode == 0, up.stderr
    before = emulator.status(state_dir).pid
    done = tapstack(*SMALL)
    assert done.returncode == 0, f"{_failed(tmp_path / 'reports')}\n{done.stdout}{done.stderr}"
    found = emulator.status(state_dir)
    assert (found.pid, found.ready) == (before, True)
    assert not (state_dir / "restart").exists()
    broken = (tmp_path / "reports" / "broken-days").glob("2*/report.json")  # not "latest"
    assert [json.loads(file.read_text())["passed"] for file in broken] == [False, False]


def test_what_is_not_ours_is_not_killed(tapstack: Tapstack, state_dir: Path) -> None:
    """GIVEN an endpoint that somebody else started THEN it is not checked, and that is said."""
    up = tapstack("up")
    assert up.returncode == 0, up.stderr
    endpoint = emulator.status(state_dir).endpoint
    assert endpoint
    done = tapstack(*SMALL, TARGET="endpoint", ENDPOINT_URL=endpoint)
    assert done.returncode == 2
    assert "emulator-restart was not checked" in done.stderr
    assert emulator.status(state_dir).ready


def test_a_loss_that_a_run_finds_out_at_its_end_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIVEN a reader that sleeps WHEN the emulator forgets and nothing is open THEN it is said."""
    monkeypatch.setattr(notifications, "_RETRY_S", 60.0)
    said = io.StringIO()
    with emulator_for(tmp_path) as place, ThreadPoolExecutor(1) as pool:
        _, stack = place.deployed("forgets")
        run = pool.submit(
            send,
            place.target,
            stack,
            # the first image is due at once, the second half a day later
            Load(plan(2, 1), 60.0, seed=1, late_after_s=300.0, patience_s=250.0),
            bases=place.settings.pictures,
            console=Console(file=said),
        )
        wait_until(lambda: "1 processed" in said.getvalue(), deadline_s=60, describe="an image")
        kill(place.target)
        revive(place.target)
        finished = run.result(200)
    assert finished.seen.gone
    assert "lost its state during the run" in finished.seen.ended_early


@pytest.mark.docker
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("docker_compose")
def test_containers_that_are_killed_are_honest_too(tapstack: Tapstack, tmp_path: Path) -> None:
    """The same with the emulator in Docker: the container is killed and started again."""
    try:
        done = tapstack(*SMALL, TARGET="compose")
        assert done.returncode == 0, f"{_failed(tmp_path / 'reports')}\n{done.stdout}{done.stderr}"
    finally:
        tapstack("down", TARGET="compose")
