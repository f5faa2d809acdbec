"""Whatever happens in a run, every upload is explained, and the sums add up."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.evidence import checks, invocations
from harness.evidence.accounting import contradictions, counts, numbers
from harness.evidence.check import Rule
from harness.evidence.explain import explain
from harness.evidence.invocations import Handled, Invocation, InvocationLog, deliver
from harness.evidence.ledger import Attempt, Delivery, Entry, Ledger, Notice
from harness.evidence.observations import Observations, Run
from harness.evidence.outcomes import OUTCOMES, allowed_statuses, outcome, why
from harness.evidence.report import build_report
from harness.evidence.report_files import write_report
from harness.settings import Settings
from tests.unit.runs import RUN, SEEN, START, delivery, entry, good_run, rejection, success

RULES = [value for value in vars(checks).values() if isinstance(value, Rule)]

# --- What may happen ------------------------------------------------------------------------------

_REQUESTS = st.sampled_from([f"request-{number}" for number in range(4)])
_STATUSES = st.sampled_from(["processed", "superseded", "rejected", "failed", "nonsense"])
_ATTEMPTS = st.lists(
    st.builds(
        Attempt,
        at=st.floats(START, START + 900),
        status=st.sampled_from(["success", "error", "timeout", ""]),
        duration_ms=st.none() | st.floats(0, 60_000),
        memory_mb=st.none() | st.integers(1, 512),
    ),
    max_size=3,
)
_DELIVERIES = st.lists(
    st.builds(
        Delivery,
        request_id=_REQUESTS,
        sequencer=st.text("0123456789ABCDEF", max_size=6),
        attempts=_ATTEMPTS,
        redrive_of=st.just("") | _REQUESTS,
    ),
    max_size=3,
)


@st.composite
def notices(draw: st.DrawFn, of: Entry) -> Notice:
    """A notification of that upload, right or wrong, by any request, early or late."""
    status, at = draw(_STATUSES), START + draw(st.floats(0, 900))
    if status == "processed" and of.output:
        told = success(of.index, of.key, of.output)
    else:
        told = rejection(of, status)
    body = {**told.body, "requestId": draw(_REQUESTS)}
    source = {**body["source"], "versionId": of.version}
    return Notice(at, {**body, "source": source})


@st.composite
def uploads(draw: st.DrawFn, index: int) -> Entry:
    """An upload under one of two keys, and what came of it, possible or not."""
    image = entry(index)
    image.key = f"uploads/{RUN}/{draw(st.integers(0, 1))}.jpg"
    image.expected = replace(
        image.expected, status=draw(st.sampled_from(["processed", "rejected", "failed"]))
    )
    image.notices, image.deliveries = [], []
    if draw(st.booleans()) and draw(st.booleans()):
        image.uploaded = image.version = image.output = image.place = None
        image.error = draw(st.sampled_from(["", "ClientError: SlowDown"]))
        return image
    image.place = draw(st.none() | st.integers(1, 4))
    image.versions = draw(st.none() | st.integers(0, 3))
    image.current = draw(st.sampled_from([None, "", f"out-{index}", "another"]))
    image.notices = draw(st.lists(notices(image), max_size=3))
    image.deliveries = draw(_DELIVERIES)
    if draw(st.booleans()) and draw(st.booleans()):
        image.output, image.unread = None, draw(st.sampled_from(["", "NoSuchKey"]))
    return image


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """A run of up to five uploads that ended well, or in any other way."""
    entries = [draw(uploads(index)) for index in range(draw(st.integers(1, 5)))]
    strays = [draw(notices(entry(9)))] if draw(st.booleans()) else []
    end: dict[str, Any] = draw(
        st.sampled_from(
            [
                {},
                {"ended_early": "a clock"},
                {"interrupted": True, "ended_early": "Ctrl-C"},
                {"gone": True, "ended_early": "?"},
            ]
        )
    )
    unseen: dict[str, Any] = {
        name: None for name in ("logs", "metrics", "extra", "unplanned") if draw(st.booleans())
    }
    lines = [Invocation("request-0", draw(_ATTEMPTS), [], [(1_800_000_000_000, "not JSON")])]
    return Run(Ledger(entries, strays), replace(SEEN, **end, **unseen), lines)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(runs())
def test_whatever_happened_every_upload_is_explained(run: Run) -> None:
    """One outcome each, with a reason; sums that add up; a report; and the same once saved."""
    outcomes = [outcome(image, run) for image in run.ledger.entries]
    assert set(outcomes) <= set(OUTCOMES)
    assert all(why(image, run) for image in run.ledger.entries)
    counted = counts(run)
    assert counted["planned"] == len(outcomes) == sum(counted[name] for name in OUTCOMES)
    assert counted["uploaded"] == counted["planned"] - counted["unsent"]
    assert numbers(run)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        judged = [rule(run) for rule in RULES]
        report = build_report("any", run, judged, {"target": "embedded"})
        write_report(place, report, run)
        listed = [item for group in report["listed"].values() for item in group]
        right = [
            became in allowed_statuses(image, run.ledger)
            for image, became in zip(run.ledger.entries, outcomes, strict=True)
        ]
        assert len(listed) == right.count(False)
        assert all(item["why"] for item in listed)
        again = Run(
            Ledger.load(place / "ledger.jsonl"), Observations.load(place / "observations.json")
        )
        assert [rule(again) for rule in RULES] == judged
        assert list(invocations.load(place / "invocations.jsonl")) == list(run.invocations)
        for image in run.ledger.entries:
            told = explain(Settings(), image.key, place)
            assert any(outcome(image, run) in line for line in told)


# --- Versions -------------------------------------------------------------------------------------


def versions_of_one_key(*statuses: str) -> Run:
    """A run in which one key was uploaded once for each status, and told of so."""
    images = [entry(index, f"uploads/{RUN}/same.jpg") for index in range(len(statuses))]
    made = [index for index, status in enumerate(statuses) if status == "processed"]
    for image, status in zip(images, statuses, strict=True):
        image.place, image.versions = image.index + 1, len(made)
        image.current = f"out-{max(made, default=None)}"
        if status != "processed":
            image.notices, image.output = [rejection(image, status)], None
    return Run(Ledger(images), SEEN)


@pytest.mark.parametrize(
    ("statuses", "became"),
    [
        (("processed", "processed"), ["processed", "processed"]),
        (("superseded", "processed"), ["superseded", "processed"]),
        (("processed", "superseded"), ["processed", "wrong"]),
        (("superseded", "superseded"), ["superseded", "wrong"]),
        (("rejected", "processed"), ["rejected", "processed"]),
    ],
)
def test_only_the_newest_version_must_be_processed(
    statuses: tuple[str, ...], became: list[str]
) -> None:
    """Older ones may be superseded, each with one notification of its own."""
    run = versions_of_one_key(*statuses)
    assert [outcome(image, run) for image in run.ledger.entries] == became


def test_the_order_of_versions_is_that_of_the_bucket() -> None:
    """Uploads at the same time may reach S3 in another order than they were begun in."""
    run = versions_of_one_key("processed", "superseded")
    first, second = run.ledger.entries
    first.place, second.place = 2, 1
    assert [outcome(image, run) for image in (first, second)] == ["processed", "superseded"]


def test_an_older_version_that_is_current_is_wrong() -> None:
    """The newest one was processed, and then overwritten."""
    run = versions_of_one_key("processed", "processed")
    for image in run.ledger.entries:
        image.current = "out-0"
    assert [outcome(image, run) for image in run.ledger.entries] == ["processed", "wrong"]
    assert not checks.newest_wins(run).passed


def test_a_newer_version_that_failed_may_have_been_written_before() -> None:
    """It wrote its output and could not tell of it: then that is current, and rightly so."""
    run = versions_of_one_key("processed", "failed")
    for image in run.ledger.entries:
        image.current, image.versions = "out-1", 2
    assert [outcome(image, run) for image in run.ledger.entries] == ["processed", "failed"]
    assert checks.newest_wins(run).passed
    for image in run.ledger.entries:
        image.versions = 1  # so it did not write one
    assert [outcome(image, run) for image in run.ledger.entries] == ["wrong", "failed"]
    assert not checks.newest_wins(run).passed


def test_what_one_request_failed_to_do_and_another_superseded_has_no_output() -> None:
    """Its event came twice: all attempts of the one died, and the other found a newer output."""
    run = versions_of_one_key("failed", "processed")
    older, newer = run.ledger.entries
    older.notices.append(rejection(older, "superseded"))
    assert [outcome(image, run) for image in (older, newer)] == ["failed", "processed"]
    assert checks.one_output(run).passed


def test_a_version_of_the_output_too_many_is_a_duplicate() -> None:
    """Two uploads, three outputs; one that was superseded after it was written is no duplicate."""
    run = versions_of_one_key("processed", "processed")
    retried = versions_of_one_key("superseded", "processed")
    for image in (*run.ledger.entries, *retried.ledger.entries):
        assert image.versions
        image.versions += 1
    attempts = [Attempt(START, "error"), Attempt(START, "success")]
    retried.ledger.entries[0].deliveries = [Delivery("request-0", "00", attempts)]
    assert [outcome(image, run) for image in run.ledger.entries] == ["processed", "duplicated"]
    assert not checks.one_output(run).passed
    assert checks.one_output(retried).passed
    assert outcome(retried.ledger.entries[1], retried) == "processed"


# --- Reasons --------------------------------------------------------------------------------------


def test_a_retry_that_notified_twice_is_no_event_that_came_twice() -> None:
    """The requests that told of it make the difference."""
    run = good_run(images=2)
    retried, repeated = run.ledger.entries
    for image, request in ((retried, "request-0"), (repeated, "request-9")):
        told = image.notices[0]
        image.notices.append(replace(told, body={**told.body, "requestId": request}))
    assert outcome(retried, run) == outcome(repeated, run) == "duplicated"
    assert "by one request" in why(retried, run)
    assert "its event came repeatedly" in why(repeated, run)


def test_why_an_upload_is_lost_says_how_far_it_came() -> None:
    """No event, attempts that all failed, or no word after a good one."""
    run = good_run(images=3)
    ends: tuple[list[str], ...] = ([], ["error", "timeout", "error"], ["success"])
    for image, attempts in zip(run.ledger.entries, ends, strict=True):
        image.notices, image.output = [], None
        made = [Attempt(START, end) for end in attempts]
        image.deliveries = [Delivery("request-1", "00", made)] if made else []
    reasons = [why(image, run) for image in run.ledger.entries]
    assert [outcome(image, run) for image in run.ledger.entries] == ["lost"] * 3
    assert "did not arrive" in reasons[0]
    assert "3 attempts (error, timeout, error), none of which ended well" in reasons[1]
    assert "although" in reasons[2]


def test_a_failure_that_a_redrive_made_good_counts_as_processed() -> None:
    """But not one that was told of beside a success without any redrive."""
    run = good_run(images=2)
    redriven, both = run.ledger.entries
    for image in (redriven, both):
        image.notices.insert(0, replace(rejection(image, "failed"), at=START))
        told = image.notices[1]
        image.notices[1] = replace(told, body={**told.body, "requestId": "again"})
    request = f"request-{redriven.index}"
    redriven.deliveries.append(replace(delivery(9), request_id="again", redrive_of=request))
    assert [outcome(image, run) for image in (redriven, both)] == ["processed", "failed"]
    assert "by a redrive" in why(redriven, run)


# --- The log --------------------------------------------------------------------------------------


def events(*lines: dict[str, Any] | str) -> list[dict[str, Any]]:
    """Log events of one stream, a second apart."""
    return [
        {
            "eventId": str(number),
            "logStreamName": "stream",
            "timestamp": int(START + number) * 1000,
            "message": line if isinstance(line, str) else json.dumps(line),
        }
        for number, line in enumerate(lines)
    ]


def platform(kind: str, request: str, **record: Any) -> dict[str, Any]:
    return {"time": "x", "type": f"platform.{kind}", "record": {"requestId": request, **record}}


def test_the_log_shows_what_each_request_handled_and_how_it_ended() -> None:
    """An attempt that died, its retry, and a line without a request's id; each line once."""
    image = entry(0)
    begun = {
        "message": "Started",
        "function_request_id": "request-0",
        "key": image.key,
        "version_id": image.version,
        "sequencer": "00AB",
    }
    measured = {"durationMs": 812.5, "maxMemoryUsedMB": 120}
    read = events(
        platform("start", "request-0"),
        begun,
        "Segmentation fault",
        platform("report", "request-0", status="error", metrics={"durationMs": 40.0}),
        platform("start", "request-0"),
        begun,
        platform("report", "request-0", status="success", metrics=measured),
        platform("start", "request-7"),
        {**begun, "function_request_id": "request-7", "version_id": "unknown"},
    )
    log = InvocationLog(None, "group", 7, 0)
    for event in (*read, *read):
        log.take(event)
    summary = log.summary(Ledger([image]))
    assert image.deliveries == [
        Delivery(
            "request-0",
            "00AB",
            [
                Attempt(START, "error", 40.0, None, START + 3),
                Attempt(START + 4, "success", 812.5, 120, START + 6),
            ],
        )
    ]
    assert "Segmentation fault" in [line for _, line in log.invocations["request-0"].lines]
    assert (summary.lines, summary.not_json) == (9, 1)
    assert (summary.attempts, summary.ended) == (3, 2)
    assert summary.strangers == (f"{image.key} unknown",)
    assert not log.ended(["request-7"])


def test_an_event_of_several_uploads_is_a_delivery_of_each() -> None:
    """They share its attempts."""
    images = [entry(0), entry(1)]
    handled = [Handled(image.key, str(image.version), "00") for image in images]
    invocation = Invocation("request-0", [Attempt(START, "success")], handled)
    assert deliver([invocation], Ledger(images)) == []
    assert [image.deliveries[0].request_id for image in images] == ["request-0"] * 2


def test_a_run_that_was_cut_short_is_not_measured_by_its_log() -> None:
    """What came after the end was never looked at."""
    run = good_run(ended_early="it was interrupted", interrupted=True)
    run.ledger.entries[0].deliveries = []
    assert list(contradictions(run)) == []
