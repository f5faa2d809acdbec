"""A machine's clock that is set in mid-run."""

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from harness.evidence import checks
from harness.evidence.outcomes import judged
from harness.images.corpus import plan
from harness.run.scenario import Context, RunOptions
from harness.run.under_way import Counts
from tests.integration.place import emulator_for

DAY_S = 600.0


def test_a_clock_that_is_set_back_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIVEN a day WHEN the clock goes back by an hour THEN the run ends at once and says so.

    Nobody can tell any more what came before and what since, and uploads would be due in an hour.
    """
    with emulator_for(tmp_path) as place:
        settings, stack = place.deployed("clock")
        context = Context(place.target, settings, stack, RunOptions(), Console(file=io.StringIO()))
        clock = time.time

        def set_back(_: Counts) -> None:
            """As soon as the run is under way."""
            monkeypatch.setattr(time, "time", lambda: clock() - 3600)

        context.on_progress = set_back
        began = time.monotonic()
        run = context.send(plan(4, 1), DAY_S)
        assert time.monotonic() - began < DAY_S / 4
        monkeypatch.undo()

    assert run.seen.ended_early == "this machine's clock was set back by 3600 s"
    became = [judged(entry, run) for entry in run.ledger.entries]
    assert became == [("unsent", f"it was not uploaded: {run.seen.ended_early}")] * 4
    assert not checks.all_sent(run).passed
    assert (run.seen.gone, run.seen.interrupted) == (False, False)
