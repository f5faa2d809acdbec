"""What workers share, what the coordinator holds, and what becomes of a worker's images."""

import io
import json
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from harness.evidence.ledger import Entry, Expected, Ledger, Notice, Output
from harness.evidence.observations import Observations
from harness.images.corpus import Plan, plan
from harness.run.arrivals import due_times
from harness.run.share import Share
from harness.run.workers.coordinate import run_names
from harness.run.workers.merge import Ended, merged
from harness.run.workers.worker import LEDGER, Assignment, Connection, SharedPlan
from harness.settings import ROOT

SEEN = Observations("up", "out", started=1000.0, late_after_s=300.0, elapsed_s=60.0)
FACTS: dict[str, Any] = {"target": "embedded"}


@pytest.mark.parametrize("of", [1, 3, 7])
def test_shares_are_the_plan_whatever_their_number(of: int) -> None:
    """Each picture is in one share, with the same path, code and metadata, and due when it was."""
    shares = [Share(number, of).of_plan(200, seed=5) for number in range(of)]
    found = [replace(p, index=n + of * p.index) for n, each in enumerate(shares) for p in each]
    assert sorted(found, key=lambda picture: picture.index) == plan(200, seed=5)
    times = [due_times(200, 60.0, 5, number, of) for number in range(of)]
    assert sorted(time for each in times for time in each) == due_times(200, 60.0, 5)


def test_what_is_left_of_shares_adds_up_to_a_plan() -> None:
    """GIVEN each has sent its first ten to measure THEN the others are a plan of their own."""
    of, count = 3, 200
    left = []
    for number in range(of):
        share = Share(number, of)
        images = len(share.of_plan(count, seed=1))
        assert share.least(images) == 66
        rest = due_times(share.whole(images - 10), 60.0, 1, number, of)
        assert len(rest) == images - 10
        left += rest
    assert sorted(left) == due_times(count - 10 * of, 60.0, 1)


def test_runs_of_shares_have_names_of_their_own() -> None:
    assert len(set(run_names(256))) == 256


def _entry(place: int, path: str, *, settled: bool) -> Entry:
    entry = Entry(
        place,
        f"uploads/run-20261127T120000-0001/{path}",
        f"processed/run-20261127T120000-0001/{path}",
        Expected("JPEG", (10, 10), (10, 10), {}),
        due=1000.0,
        version="v1",
        uploaded=1001.0,
    )
    if settled:
        entry.notices = [Notice(1002.0, {"status": "processed"})]
        entry.output = Output(form="JPEG", size=(10, 10), mean=0.0, worst_block=0.0)
    return entry


def test_an_image_that_is_sent_again_is_written_again(tmp_path: Path) -> None:
    """GIVEN one without an answer at first THEN its last line says what became of it."""
    connection = Connection(io.StringIO(), io.StringIO())
    connection.over = True  # nobody answers
    share = SharedPlan(Assignment("daily-load", "run", 0, 1, "", {}, {}), tmp_path, connection)
    entry = replace(_entry(0, "a.jpg", settled=False), version="", uploaded=None)
    ledger = Ledger([entry])
    share.watch(ledger)
    ledger.failed(entry, "no answer")
    share.meet("at first", 0.0)
    ledger.uploaded(entry, "v2", 10, 1001.0)
    ledger.unreadable(entry, "why")
    entry.notices.append(Notice(1002.0, {"status": "processed"}))
    share.meet("then", 0.0)
    lines = [json.loads(line) for line in (tmp_path / LEDGER).read_text().splitlines()]
    assert [line["version"] for line in lines] == ["", "v2"]


def test_images_of_a_worker_that_died_are_unfinished_but_for_what_it_had_proven(
    tmp_path: Path,
) -> None:
    """Sent without a result, and never sent: both; the last line about an image counts."""
    pictures = list(Plan(10, 1).every(2, 1))
    lines = [_entry(0, pictures[0].path, settled=False), _entry(0, pictures[0].path, settled=True)]
    lines += [_entry(3, pictures[3].path, settled=False)]
    (tmp_path / LEDGER).write_text("".join(json.dumps(asdict(line)) + "\n" for line in lines))
    dead = Ended(1, 2, 5, "worker 2 (process 7 on here)", tmp_path, "it was ended by SIGKILL")
    other = Ended(0, 2, 5, "worker 1 (process 6 on here)", tmp_path / "none", "it does not answer")
    report = merged("daily-load", [other, dead], 10, 1, SEEN, FACTS)
    assert report["passed"] is False
    assert report["workers"][0]["outcomes"] == {"unfinished": 5}
    of_dead = Counter(report["workers"][1]["outcomes"])
    assert of_dead["unfinished"] == 4
    assert of_dead.total() == 5
    checks = {check["id"]: check for check in report["checks"]}
    assert checks["plan"]["passed"] is True
    assert checks["workers"]["passed"] is False
    assert (
        "worker 2 (process 7 on here) ended in mid-run: it was ended by SIGKILL; "
        "of its 5 images 4 are unfinished" in checks["workers"]["detail"]
    )


_MILLION = """
import re, sys
from pathlib import Path
from harness.run.workers.merge import Ended, merged
from tests.unit.run.test_workers import FACTS, SEEN
images = int(sys.argv[1])
shares = [Ended(n, 4, len(range(n, images, 4)), f"worker {n}", Path("none"), "it ended")
          for n in range(4)]
report = merged("daily-load", shares, images, 1, SEEN, FACTS)
assert report["images"]["unfinished"] == images
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def test_the_coordinator_holds_a_million_planned_images_in_300_mb() -> None:
    """The most memory that the process ever had, in kB (VmHWM in proc_pid_status(5))."""
    done = subprocess.run(
        [sys.executable, "-c", _MILLION, "1000000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 300_000
