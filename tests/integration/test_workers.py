"""A day that several workers send, with Locust between them and the command that judges it."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.polling import stretched
from harness.settings import read_settings
from harness.targets import emulator
from harness.targets.clients import LocalClients
from harness.targets.embedded import EmbeddedTarget
from tests.integration.conftest import Tapstack
from tests.integration.days import Day, heard_of

IMAGES = 40


@pytest.fixture(scope="module")
def day(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """One emulator for the tests of this file."""
    day = Day(project_root, tmp_path_factory.mktemp("day"))
    target = EmbeddedTarget(read_settings({"state_dir": day.state, "port": "0"}, env={}))
    target.start()
    yield day
    emulator.stop(day.state)


def _failed(report: dict[str, Any]) -> dict[str, str]:
    return {c["id"]: c["detail"] for c in report["checks"] if c["passed"] is False}


def _uploaded(line: str) -> int:
    return int(line.partition(" uploaded")[0].split()[-1])


def test_workers_send_one_plan_and_their_verdicts_add_up(day: Day) -> None:
    """GIVEN two workers THEN each image of the plan is proven once, by one of them."""
    code, said = day.run("--images", str(IMAGES), "--day", "6s", "--workers", "2")
    assert code == 0, said
    report = day.report()
    assert report["passed"] is True
    assert report["images"]["planned"] == report["images"]["processed"] == IMAGES
    assert [each["outcomes"] for each in report["workers"]] == 2 * [{"processed": IMAGES // 2}]
    assert {"workers", "plan", "one-output", "pixels", "accounted"} <= {
        check["id"] for check in report["checks"] if check["passed"]
    }
    assert f"PASSED daily-load: {IMAGES} of {IMAGES}" in said
    folder = day.reports / "latest"
    for worker in ("worker-1", "worker-2"):
        names = {file.name for file in (folder / worker).iterdir()}
        assert {"ledger.jsonl", "observations.json", "report.html", "shard.jsonl"} <= names
    assert (folder / "report.html").exists()
    assert list((day.state / "workers").iterdir()) == []  # the report has it all


@pytest.mark.parametrize("part", ["relay", "share"])
def test_a_killed_worker_is_counted_and_named(day: Day, part: str) -> None:
    """GIVEN Locust's process or the one beside it is killed THEN its images are unfinished."""
    process = day.begin("--images", "120", "--day", "24s", "--workers", "2")
    while not _uploaded(heard_of(process, " uploaded, ")[-1]):
        pass
    pids = [int(file.name.rsplit("-", 1)[-1]) for file in (day.state / "workers").iterdir()]
    victim = psutil.Process(pids[0])
    (victim if part == "share" else victim.parent() or victim).kill()
    rest, _ = process.communicate(timeout=240)
    assert process.returncode == 1, rest
    assert "Traceback" not in rest
    report = day.report()
    images = report["images"]
    outcomes = sum(images.values()) - images["planned"] - images["uploaded"]
    assert outcomes == images["planned"] == 120
    assert images["unfinished"] > 0
    assert images["lost"] == images["unsent"] == 0
    assert images["processed"] >= 60  # the other worker's, and what this one had proven
    assert images["processed"] + images["unfinished"] == 120
    assert list(_failed(report)) == ["workers"]
    assert f"{images['unfinished']} are unfinished" in _failed(report)["workers"]
    assert "SIGKILL" in _failed(report)["workers"]
    assert len(report["listed"]["unfinished"]) == images["unfinished"]
    port = emulator.status(day.state).port
    queues = LocalClients(f"http://127.0.0.1:{port}", "us-east-1").client("sqs").list_queues()
    assert [url for url in queues.get("QueueUrls", []) if "run-" in url] == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_target_that_ends_in_mid_run_is_described_as_it_was(
    project_root: Path, installation: Path, tmp_path: Path, workers: str
) -> None:
    """GIVEN functions that share the machine THEN the report says so, and that policies held."""
    day = Day(project_root, tmp_path)
    config = emulator.EmulatorConfig(
        day.state, 0, installation, environment={"TAPSTACK_FUNCTION_ISOLATION": "off"}
    )
    with emulator.start(config, background=False) as running:
        more = () if workers == "1" else ("--workers", workers)
        process = day.begin("--images", "120", "--day", "60s", *more)
        while not _uploaded(heard_of(process, " uploaded, ")[-1]):
            pass
        psutil.Process(running.pid).kill()
        said, _ = process.communicate(timeout=240)
    assert process.returncode == 1, said
    report = day.report()
    assert (report["isolated"], report["permissions"], report["signatures"]) == (False, True, True)


def test_ctrl_c_ends_the_waiting_for_workers(day: Day) -> None:
    """GIVEN workers are to come from other machines, and none does THEN it ends soon."""
    process = day.begin("--images", "10", "--workers", "1", "--listen", "127.0.0.1")
    heard_of(process, "of 10 images")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=stretched(20))
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert day.report()["images"]["unfinished"] == 10


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("daily-load", "--workers", "0"), "'0' is not a number of workers."),
        (("daily-load", "--workers", "many"), "'many' is not a number of workers."),
        (("daily-load", "--workers", "1000"), "'1000' is not a number of workers."),
        (("daily-load", "--web"), "--listen and --web are for workers."),
        (("daily-load", "--workers", "2", "--listen", "0.0.0.0"), "'0.0.0.0' is not an address"),
        (("daily-load", "--workers", "2", "--listen", "8.8.8.8"), "'8.8.8.8' is not an address"),
        (("burst", "--workers", "2"), "The scenario burst has no use for --workers."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    tapstack: Tapstack, arguments: tuple[str, ...], word: str
) -> None:
    result = tapstack("run", *arguments)
    assert result.returncode == 2
    assert word in result.stderr
    assert len(result.stderr.splitlines()) == 2
