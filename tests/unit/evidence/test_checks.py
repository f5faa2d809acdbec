"""Every check passes a good run and fails on the defect that it is there for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import checks
from harness.evidence.accounting import counts
from harness.evidence.check import Rule
from harness.evidence.invocations import Logs
from harness.evidence.ledger import Entry, Ledger, Notice
from harness.evidence.observations import Metrics, Observations, Run
from harness.evidence.outcomes import OUTCOMES, outcome
from tests.unit.runs import (
    RUN,
    SEEN,
    START,
    entry,
    good_run,
    rejection,
    spoil_notice,
    spoil_output,
)

RULES = {value.id: value for value in vars(checks).values() if isinstance(value, Rule)}


def failing(run: Run) -> set[str]:
    return {name for name, rule in RULES.items() if rule(run).passed is not True}


def test_a_good_run_passes_every_check() -> None:
    """No check fails or stays open without a reason."""
    assert failing(good_run()) == set()


def test_what_the_pipeline_does_not_have_judged_is_not_said_to_be_right() -> None:
    """It makes no output wrong, and its checks stay open."""
    run = good_run()
    run = replace(run, seen=replace(run.seen, areas=("pixels", "size")))
    without_metadata(run.ledger.entries[0], "source-key")
    assert outcome(run.ledger.entries[0], run) == "processed"
    verdict = RULES["metadata"](run)
    assert (verdict.passed, verdict.detail) == (None, "pipeline.yml does not have metadata judged")
    assert failing(run) == {"format", "private", "metadata", "encryption", "notification-content"}


def without_metadata(image: Entry, name: str) -> None:
    assert image.output
    kept = {key: value for key, value in image.output.metadata.items() if key != name}
    spoil_output(image, metadata=kept)


def lose(image: Entry) -> None:
    image.notices, image.output, image.versions = [], None, 0


def not_sent(image: Entry) -> None:
    lose(image)
    image.uploaded, image.version, image.error = None, None, "ClientError: AccessDenied"
    image.place, image.deliveries = None, []


def reject(image: Entry) -> None:
    image.notices, image.output, image.versions = [rejection(image)], None, 0


def later(image: Entry) -> None:
    image.notices[0] = replace(image.notices[0], at=image.due + 301)


def said_at(image: Entry, when: str) -> None:
    body = image.notices[0].body
    image.notices[0] = replace(image.notices[0], body={**body, "processedAt": when})


DEFECTS: dict[str, tuple[Callable[[Entry], None], str, set[str]]] = {
    "not sent": (not_sent, "unsent", {"all-sent"}),
    "lost": (lose, "lost", {"one-output", "one-notification"}),
    "rejected": (reject, "rejected", {"one-output", "one-notification", "no-error-notifications"}),
    "two notifications": (
        lambda image: image.notices.append(image.notices[0]),
        "duplicated",
        {"one-notification"},
    ),
    "two outputs": (lambda image: setattr(image, "versions", 2), "duplicated", {"one-output"}),
    "not current": (
        lambda image: setattr(image, "current", "older"),
        "wrong",
        {"newest-wins"},
    ),
    "not in the upload bucket": (
        lambda image: setattr(image, "place", None),
        "processed",
        {"accounted"},
    ),
    "told of by an unknown request": (
        lambda image: setattr(image, "deliveries", []),
        "processed",
        {"accounted"},
    ),
    "late": (later, "late", {"in-time"}),
    "said to be processed in 1999": (
        lambda image: said_at(image, "1999-12-31T23:59:59.000Z"),
        "wrong",
        {"notification-content"},
    ),
    "said to be processed after it was announced": (
        lambda image: said_at(image, "2027-01-15T09:00:00.000Z"),
        "wrong",
        {"notification-content"},
    ),
    "tags of another upload": (
        lambda image: spoil_output(image, tags={"source-version": "other", "request-id": "other"}),
        "wrong",
        {"metadata"},
    ),
    "changed after it was read": (
        lambda image: spoil_output(image, later="changed after it was announced: its bytes"),
        "wrong",
        {"pixels"},
    ),
    "wrong picture": (lambda image: spoil_output(image, mean=30.0), "wrong", {"pixels"}),
    "wrong corner": (lambda image: spoil_output(image, worst_block=60.0), "wrong", {"pixels"}),
    "undecodable": (lambda image: spoil_output(image, error="truncated"), "wrong", {"pixels"}),
    "not resized": (
        lambda image: spoil_output(image, size=(1200, 1600)),
        "wrong",
        {"size", "metadata", "notification-content"},
    ),
    "wrong type": (
        lambda image: spoil_output(image, content_type="binary/octet-stream"),
        "wrong",
        {"format", "notification-content"},
    ),
    "place kept": (lambda image: spoil_output(image, private=("GPS",)), "wrong", {"private"}),
    "uploader's metadata lost": (
        lambda image: without_metadata(image, "uploader"),
        "wrong",
        {"metadata"},
    ),
    "record lost": (
        lambda image: without_metadata(image, "source-version"),
        "wrong",
        {"metadata"},
    ),
    "time lost": (lambda image: without_metadata(image, "processed-at"), "wrong", {"metadata"}),
    "not encrypted": (lambda image: spoil_output(image, encryption=""), "wrong", {"encryption"}),
    "wrong number told": (
        lambda image: spoil_notice(image, "source", bytes=1),
        "wrong",
        {"notification-content"},
    ),
    "wrong version told": (
        lambda image: spoil_notice(image, "output", versionId="older"),
        "wrong",
        {"notification-content"},
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_of_one_image_is_counted_and_named(defect: str) -> None:
    """One image in three is spoiled: it counts as what it is, and its key is in the evidence."""
    spoil, became, rules = DEFECTS[defect]
    run = good_run()
    image = run.ledger.entries[1]
    spoil(image)
    assert outcome(image, run) == became
    assert failing(run) == rules
    assert all(image.key in RULES[rule](run).detail for rule in rules)


PLATFORM: dict[str, tuple[dict[str, Any], set[str]]] = {
    "extra object": ({"extra": ("processed/stray.jpg",)}, {"nothing-extra"}),
    "too few invocations": (
        {"metrics": Metrics(2, 0, 0, 400, 2, 300)},
        {"invocations", "accounted"},
    ),
    "invocations without a log": ({"metrics": Metrics(5, 0, 0, 900, 5, 300)}, {"accounted"}),
    "an upload that nobody sent": ({"unplanned": ("uploads/x.jpg v1",)}, {"accounted"}),
    "a delivery of no upload": (
        {"logs": Logs(7, 30, 0, attempts=4, strangers=("uploads/x.jpg v1",))},
        {"accounted"},
    ),
    "failed invocation": ({"metrics": Metrics(4, 1, 0, 800, 4, 300)}, {"errors"}),
    "slow": ({"metrics": Metrics(3, 0, 0, 150_000, 3, 59_000)}, {"duration"}),
    "no duration": ({"metrics": Metrics(3, 0, 0, 0, 0, 0)}, {"duration"}),
    "alarm": ({"alarms": ("image-processor-errors",)}, {"alarms"}),
    "no alarms at all": ({"alarms_known": 0}, {"alarms"}),
    "kept for ever": ({"logs": Logs(0, 30, 0)}, {"retention"}),
    "plain log line": ({"logs": Logs(7, 30, 1, ("Traceback …",))}, {"log-lines"}),
    "no logs": ({"logs": Logs(7, 0, 0)}, {"log-lines"}),
}


@pytest.mark.parametrize("defect", PLATFORM)
def test_a_defect_of_the_platform_fails_its_check(defect: str) -> None:
    """What the target shows is judged as well as the images."""
    seen, rules = PLATFORM[defect]
    assert failing(good_run(**seen)) == rules


def test_an_error_notification_of_no_image_fails() -> None:
    """A stray rejection is a rejection."""
    stranger = entry(7)
    run = Run(Ledger(good_run().ledger.entries, [rejection(stranger, "failed")]), SEEN)
    assert failing(run) == {"no-error-notifications", "accounted"}


def test_a_success_notification_of_no_image_fails() -> None:
    """Something was processed that was never sent."""
    run = Run(Ledger(good_run().ledger.entries, entry(7).notices), SEEN)
    assert failing(run) == {"no-error-notifications", "accounted"}


def test_notifications_of_another_run_are_not_ours() -> None:
    """Two runs on one stack do not disturb each other."""
    stranger = entry(7)
    stranger.key = stranger.key.replace(RUN, "run-20270115T080000-ffff")
    run = Run(Ledger(good_run().ledger.entries, [rejection(stranger)]), SEEN)
    assert failing(run) == set()


@pytest.mark.parametrize(("state", "rules"), [("OK", set()), ("ALARM", {"alarms"})])
def test_alarms_speak_on_the_same_topic(state: str, rules: set[str]) -> None:
    """An alarm that went on and off again was raised all the same; one that is fine is no error."""
    told = Notice(START, {"AlarmName": "errors-dev", "NewStateValue": state})
    assert failing(Run(Ledger(good_run().ledger.entries, [told]), SEEN)) == rules


def test_metadata_at_the_limit_needs_no_room_for_ours() -> None:
    """The uploader's 2 KB come first."""
    run = good_run(images=1)
    image = run.ledger.entries[0]
    full = {"note": "x" * 2044}
    image.expected = replace(image.expected, metadata=full)
    spoil_output(image, metadata=full)
    assert failing(replace(run, seen=replace(run.seen, metrics=Metrics(3, 0, 0, 9, 3, 9)))) == set()


def test_an_image_that_must_be_rejected_counts_as_rejected() -> None:
    """Scenarios with bad images expect their rejection, and a processed one is wrong."""
    run = good_run(images=2)
    for image in run.ledger.entries:
        image.expected = replace(image.expected, status="rejected")
    reject(run.ledger.entries[0])
    assert [outcome(image, run) for image in run.ledger.entries] == ["rejected", "wrong"]


def test_counts_add_up_whatever_happened() -> None:
    """Every planned image has exactly one outcome."""
    run = good_run(images=len(DEFECTS))
    for image, (spoil, _, _) in zip(run.ledger.entries, DEFECTS.values(), strict=True):
        spoil(image)
    numbers = counts(run)
    assert numbers["planned"] == len(DEFECTS) == sum(numbers[name] for name in OUTCOMES)
    assert numbers["uploaded"] == len(DEFECTS) - numbers["unsent"]


def test_what_a_target_cannot_show_is_not_checked() -> None:
    """Not passed, and no failure either."""
    run = good_run(shows=("objects",), metrics=None, missing={"metrics": "it has none"})
    assert RULES["errors"](run).passed is None
    assert "it has none" in RULES["errors"](run).detail


def test_what_a_target_should_show_and_did_not_is_a_failure() -> None:
    """A check is not passed over because looking failed."""
    run = good_run(metrics=None, missing={"metrics": "ClientError: AccessDenied"})
    assert RULES["errors"](run).passed is False


def test_after_an_interruption_the_rest_is_unfinished_and_not_lost() -> None:
    """Ctrl-C says nothing about the pipeline; a target that is gone has lost what it had."""
    cut_short: tuple[tuple[dict[str, bool], str], ...] = (
        ({"interrupted": True}, "unfinished"),
        ({}, "unfinished"),  # a clock that was set back
        ({"gone": True}, "lost"),
    )
    for fields, became in cut_short:
        run = good_run(ended_early="…", **fields)
        lose(run.ledger.entries[0])
        assert outcome(run.ledger.entries[0], run) == became


def test_a_saved_run_is_judged_the_same(tmp_path: Path) -> None:
    """Ledger and observations on disk are all that the checks need."""
    run = good_run(extra=("processed/stray.jpg",))
    for image, (spoil, _, _) in zip(run.ledger.entries, DEFECTS.values(), strict=False):
        spoil(image)
    run.ledger.save(tmp_path / "ledger.jsonl")
    run.seen.save(tmp_path / "observations.json")
    again = Run(
        Ledger.load(tmp_path / "ledger.jsonl"), Observations.load(tmp_path / "observations.json")
    )
    assert [rule(again) for rule in RULES.values()] == [rule(run) for rule in RULES.values()]


def test_every_check_names_a_source() -> None:
    """Nobody has to guess why something is demanded."""
    assert all(rule.source and rule.title for rule in RULES.values())


@pytest.mark.parametrize(
    ("metric", "rule"),
    [("Duration", "duration"), ("Errors", "errors"), ("Invocations", "invocations")],
)
def test_a_metric_in_another_unit_is_a_failure(metric: str, rule: str) -> None:
    """Who asks for milliseconds, as alarms may, does not see what is in seconds."""
    run = good_run(metrics=replace(SEEN.metrics or Metrics(), odd_units={metric: 2}))
    assert failing(run) == {rule}
    assert "2 values" in RULES[rule](run).detail


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (lambda width, height: (height, width), "it lies on its side: it is "),
        (lambda width, height: (width // 2, height // 2), "it is "),
    ],
    ids=["on its side", "too small"],
)
def test_a_picture_of_another_size_is_not_measured_in_levels(
    turn: Callable[[int, int], tuple[int, int]], words: str
) -> None:
    """Its sizes say more than that all of its pixels are wrong."""
    run = good_run()
    image = run.ledger.entries[1]
    size = turn(*image.expected.output_size)
    spoil_output(image, mean=255.0, worst_block=255.0, size=size)
    detail = RULES["pixels"](run).detail
    assert f"({words}{size[0]}" in detail
    assert "255" not in detail.partition(";")[0]


def test_where_there_is_no_output_to_judge_none_is_said_to_be_right() -> None:
    """All failed for good: none of them has exactly one output."""
    run = good_run()
    for image in run.ledger.entries:
        image.notices, image.output, image.versions = [rejection(image, "failed")], None, 0
    verdict = RULES["one-output"](run)
    assert (verdict.passed, verdict.detail) == (False, "nothing to judge")


def test_an_upload_that_had_no_answer_and_is_there_is_recovered() -> None:
    """It passes every check as one that had an answer, is counted apart, and the sums add up."""
    run = good_run()
    image = run.ledger.entries[0]
    image.error, image.recovered = "ConnectionClosedError: …", True
    assert failing(run) == set()
    numbers = counts(run)
    assert (numbers["recovered"], numbers["processed"], numbers["unsent"]) == (1, 2, 0)
    assert numbers["uploaded"] == numbers["planned"] == 3
    assert "1 had no answer" in RULES["all-sent"](run).detail


def test_a_recovered_upload_with_a_wrong_output_is_wrong() -> None:
    """Having been stored excuses nothing that comes after."""
    run = good_run()
    image = run.ledger.entries[0]
    image.error, image.recovered = "ConnectionClosedError: …", True
    spoil_output(image, mean=30.0)
    assert outcome(image, run) == "wrong"
