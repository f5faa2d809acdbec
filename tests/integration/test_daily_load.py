"""A whole small day: the command a person runs, the report it leaves, and how it ends early."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.evidence import checks
from harness.evidence.lateness import delay
from harness.evidence.ledger import Ledger
from harness.evidence.observations import Observations, Run
from harness.evidence.outcomes import outcome
from harness.polling import wait_until
from harness.run.scenario import RunOptions
from harness.targets import emulator
from scenarios import daily_load
from tests.integration.days import Day, heard_of
from tests.integration.place import Place
from tests.mutants.code_edits import Rewrite
from tests.mutants.mutant import Editing

IMAGES = 24


@pytest.fixture(scope="module")
def day(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """One emulator for the tests of this file, started by the first command that needs it."""
    day = Day(project_root, tmp_path_factory.mktemp("day"))
    yield day
    emulator.stop(day.state)


def test_a_small_day_passes_and_leaves_a_report(day: Day) -> None:
    """GIVEN nothing is running WHEN a day is run THEN every image is proven."""
    code, said = day.run("--images", str(IMAGES), "--day", "5s")
    assert code == 0, said
    report = day.report()
    assert report["passed"] is True
    assert report["images"]["planned"] == report["images"]["processed"] == IMAGES
    assert all(check["passed"] for check in report["checks"]), report["checks"]
    assert report["latency_ms"]["max"] >= report["latency_ms"]["p50"] > 0
    assert f"PASSED daily-load: {IMAGES} of {IMAGES}" in said
    # At least the upload and the output of each image are written, and the upload is read.
    requests = {line["price"]: line["day"] for line in report["cost"]["lines"]}
    assert requests["s3-puts"] >= 2 * IMAGES
    assert requests["s3-gets"] >= IMAGES
    assert requests["lambda-requests"] == IMAGES
    assert {file.name for file in (day.reports / "latest").iterdir()} == {
        "invocations.jsonl",
        "junit.xml",
        "ledger.jsonl",
        "observations.json",
        "report.html",
        "report.json",
    }


def test_a_saved_day_is_judged_the_same_again(day: Day) -> None:
    """The ledger and the observations on disk are enough to come to the report's verdicts."""
    code, said = day.run("--images", "3", "--day", "1s")
    assert code == 0, said
    folder = day.reports / "latest"
    run = Run(Ledger.load(folder / "ledger.jsonl"), Observations.load(folder / "observations.json"))
    judged = [(check.id, check.passed, check.detail) for check in daily_load.judge(run)]
    reported = [(c["id"], c["passed"], c["detail"]) for c in day.report()["checks"]]
    assert judged == reported


def test_nothing_of_a_run_stays_on_the_target(day: Day) -> None:
    """The queue and its subscription are gone; the email subscription is still there."""
    code, said = day.run("--images", "2", "--day", "1s")
    assert code == 0, said
    status = emulator.status(day.state)
    assert status.port
    client = _clients(status.port)
    queues = client("sqs").list_queues().get("QueueUrls", [])
    assert [url for url in queues if "run-" in url] == []
    subscriptions = client("sns").list_subscriptions()["Subscriptions"]
    assert [s["Protocol"] for s in subscriptions] == ["email"]


def _clients(port: int) -> Any:
    from harness.targets.clients import LocalClients

    return LocalClients(f"http://127.0.0.1:{port}", "us-east-1").client


def test_ctrl_c_ends_with_a_partial_report(day: Day) -> None:
    """What was not finished is counted as unfinished, nothing as lost, and nothing has passed."""
    process = day.begin("--images", "400", "--day", "120s")
    heard_of(process, "of 400 images")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    report = day.report()
    assert report["passed"] is False
    assert report["images"]["unsent"] > 0
    assert report["images"]["lost"] == 0
    images = report["images"]
    assert sum(images.values()) - images["uploaded"] == 2 * images["planned"] == 800


def test_a_killed_emulator_ends_the_run_with_a_clear_sentence(day: Day) -> None:
    """What was under way is counted as lost, the rest as unsent; no traceback, exit code 1."""
    process = day.begin("--images", "400", "--day", "120s")
    heard_of(process, "of 400 images")
    pid = emulator.status(day.state).pid
    assert pid
    psutil.Process(pid).kill()
    said, _ = process.communicate(timeout=90)
    assert process.returncode == 1, said
    assert "stopped during the run" in said
    assert "Traceback" not in said
    images = day.report()["images"]
    assert images["unsent"] > 0
    assert images["uploaded"] + images["unsent"] == images["planned"] == 400
    wait_until(
        lambda: not psutil.pid_exists(pid), deadline_s=10, describe="the emulator to be gone"
    )


# --- Late, and why --------------------------------------------------------------------------------


@contextmanager
def _full_cores() -> Iterator[None]:
    """Twice as many busy processes as cores, until the block ends."""
    busy = []
    try:
        for _ in range(2 * (os.cpu_count() or 1)):
            busy.append(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
        yield
    finally:
        for each in busy:
            each.kill()
            each.wait()


def _finished(place: Place, name: str, images: int, edits: Sequence[Editing] = ()) -> Run:
    """A run of images that are all due at once, as it was saved."""
    folder = place.run("daily-load", name, RunOptions(images=images, day_s=0.1), edits).folder
    return Run(
        Ledger.load(folder / "ledger.jsonl"), Observations.load(folder / "observations.json")
    )


def test_lateness_by_full_cores_alone_is_not_judged(place: Place) -> None:
    """GIVEN other processes take the cores THEN what waits for one is said to be late, no more."""
    with _full_cores():
        run = _finished(place, "crowded", 30 * (os.cpu_count() or 1))
    delays = [delay(entry, run) for entry in run.ledger.entries]
    limit = 0.1 + max(each.total_s - each.waited_s for each in delays)
    run = replace(run, seen=replace(run.seen, late_after_s=limit))
    assert any(each.total_s > limit for each in delays), delays
    check = checks.in_time(run)
    assert check.passed is None, check
    assert "because this machine's cores were full, which is not judged" in check.detail
    assert {outcome(entry, run) for entry in run.ledger.entries} == {"processed"}


def test_lateness_of_the_pipelines_own_doing_fails(place: Place) -> None:
    """GIVEN a function that takes four seconds THEN its images are late, whoever has the cores."""
    slow = Rewrite(
        "image_processor/handler",
        "handler",
        "invocation = $OF",
        "import time; time.sleep(4)\ninvocation = $OF",
    )
    with _full_cores():
        run = _finished(place, "slow", 4, [slow])
    run = replace(run, seen=replace(run.seen, late_after_s=3.0))
    assert checks.in_time(run).passed is False
    assert {outcome(entry, run) for entry in run.ledger.entries} == {"late"}
