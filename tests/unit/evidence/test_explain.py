"""`tapstack explain`: one image's story from a saved report."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence import checks
from harness.evidence.check import Rule
from harness.evidence.explain import explain, near
from harness.evidence.invocations import Invocation
from harness.evidence.ledger import Ledger
from harness.evidence.observations import Run
from harness.evidence.report import build_report
from harness.evidence.report_files import report_folder, write_report
from harness.problems import Problem
from harness.settings import Settings
from tests.unit.runs import RUN, SEEN, START, entry, rejection

RULES = [value for value in vars(checks).values() if isinstance(value, Rule)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A reports folder whose latest report is of two images, one with two versions."""
    key = f"uploads/{RUN}/album/same.jpg"
    older, newer, other = entry(0, key), entry(1, key), entry(2)
    older.notices, older.output = [rejection(older, "superseded")], None
    line = '{"level": "INFO", "message": "Superseded by a newer version"}'
    log = [Invocation("request-0", older.deliveries[0].attempts, [], [(int(START * 1000), line)])]
    run = Run(Ledger([older, newer, other]), SEEN, log)
    report = build_report("overwrites", run, [rule(run) for rule in RULES], {"target": "embedded"})
    with report_folder(tmp_path, "overwrites", START) as (folder, _):
        write_report(folder, report, run)
    return Settings(reports_dir=tmp_path)


@pytest.mark.parametrize(
    "key",
    [
        f"uploads/{RUN}/album/same.jpg",
        "album/same.jpg",
        "same.jpg",
        f"processed/{RUN}/album/same.jpg",
    ],
)
def test_an_image_is_explained_with_all_its_versions(settings: Settings, key: str) -> None:
    """By its key, that of its output, what comes after the run's folder, or enough of its end."""
    told = "\n".join(explain(settings, key))
    assert f"uploads/{RUN}/album/same.jpg" in told
    assert "in overwrites on embedded, which began at 2027-01-15 08:00:00 UTC" in told
    assert "version 1 of 2: superseded" in told
    assert "version 2 of 2: processed" in told
    assert "due        +1.00 s" in told
    assert "attempt 1 +0.20 s: success, 200 ms, 120 MB" in told
    assert "notified   superseded +1.00 s by request request-0" in told
    assert "version out-1, JPEG 768x1024, 5000 bytes" in told
    assert "request- INFO Superseded by a newer version" in told
    assert "2 ü.jpg" not in told


def test_what_is_wrong_is_in_the_story(tmp_path: Path) -> None:
    """The faults of the output, and the reason for the outcome."""
    image = entry(0)
    assert image.output
    image.output = replace(image.output, mean=30.0)
    run = Run(Ledger([image]), SEEN)
    write_report(tmp_path, build_report("any", run, [], {"target": "embedded"}), run)
    told = "\n".join(explain(Settings(), image.key, tmp_path))
    assert "version 1 of 1: wrong" in told
    assert "pixels: off by 30.0 of 255 on average" in told


def test_an_unknown_key_is_answered_with_similar_ones(settings: Settings) -> None:
    """A part of a key is enough to be told the whole."""
    for wanted in ("album/sane.jpg", "same"):
        with pytest.raises(Problem) as raised:
            explain(settings, wanted)
        assert "album/same.jpg" in raised.value.remedy
    assert near("nosuch.jpg", ["second.jpg"]) == []


def test_an_end_that_several_keys_have_is_answered_with_them(tmp_path: Path) -> None:
    """Nobody is told the story of another image."""
    run = Run(Ledger(entry(n, f"uploads/{RUN}/user-{n}/photo.jpg") for n in range(5)), SEEN)
    write_report(tmp_path, build_report("any", run, [], {"target": "embedded"}), run)
    with pytest.raises(
        Problem, match=r"ends the keys of 5 images: user-0/photo.jpg, .* and 2 more"
    ):
        explain(Settings(), "photo.jpg", tmp_path)


def test_without_a_report_it_is_said_how_to_make_one(tmp_path: Path) -> None:
    """No traceback, and none of a report that cannot be read either."""
    with pytest.raises(Problem, match="no report"):
        explain(Settings(reports_dir=tmp_path), "a.jpg")
    for name in ("ledger.jsonl", "observations.json", "report.json"):
        (tmp_path / name).write_text("{")
    with pytest.raises(Problem, match="cannot be read"):
        explain(Settings(), "a.jpg", tmp_path)
