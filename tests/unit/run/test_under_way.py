"""What a run says of itself while it lasts, for others on this machine."""

import json
from pathlib import Path

from harness.run.under_way import Counts, runs_under_way, under_way


def test_a_run_is_known_until_it_ends(tmp_path: Path) -> None:
    with under_way(tmp_path, "daily-load", "tapstack-dev") as on_progress:
        on_progress(Counts(20, 10, 9, 8, 12.5))
        (run,) = runs_under_way(tmp_path)
        assert (run.scenario, run.stack) == ("daily-load", "tapstack-dev")
        assert run.counts == Counts(20, 10, 9, 8, 12.5)
    assert runs_under_way(tmp_path) == []


def test_what_a_killed_run_left_is_not_shown_and_removed_by_the_next(tmp_path: Path) -> None:
    """GIVEN a file of a process that is no more, or another by now."""
    with under_way(tmp_path, "contract", "tapstack-dev"):
        file = next((tmp_path / "runs").glob("*.json"))
        left = file.with_name("left.json")
        known = json.loads(file.read_text())
        left.write_text(json.dumps(known | {"process_began": known["process_began"] - 60}))
        (tmp_path / "runs" / "half.json").write_text('{"scenario":')
        assert [run.scenario for run in runs_under_way(tmp_path)] == ["contract"]
    with under_way(tmp_path, "contract", "tapstack-dev"):
        assert len(list((tmp_path / "runs").glob("*.json"))) == 1


def test_a_folder_that_cannot_be_written_does_not_end_the_run(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("no folder")
    with under_way(tmp_path, "contract", "tapstack-dev") as on_progress:
        on_progress(Counts(1))
    assert runs_under_way(tmp_path) == []
