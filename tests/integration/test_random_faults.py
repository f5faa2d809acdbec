"""Faults of every kind, drawn at random: whatever happens, every image is accounted for.

TAPSTACK_FAULTS_EXAMPLES=100 looks further, at other faults each time; what it finds is kept in
.hypothesis/ and tried first the next time.
"""

import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from rich.console import Console

from harness.evidence import checks
from harness.evidence.accounting import counts
from harness.evidence.explain import explain
from harness.evidence.ledger import Entry
from harness.evidence.observations import Run
from harness.evidence.outcomes import OUTCOMES, final_notices, judged
from harness.evidence.report import build_report
from harness.evidence.report_files import report_folder, write_report
from harness.faults.function_settings import timeout
from harness.faults.injection import compressed, disturbed
from harness.images.corpus import KINDS, Picture, plan
from harness.run.scenario import Context, RunOptions
from scenarios.duplicates_and_reorder import overwriting
from tests.integration.place import Place, emulator_for
from tests.mutants.code_edits import Rewrite
from tests.mutants.mutant import Editing

type Rule = dict[str, Any]

LONG = int(os.environ.get("TAPSTACK_FAULTS_EXAMPLES") or 0)
EXAMPLES = LONG or 6

TIMEOUT_S = 6  # of the function, in the place of a minute
RETRY_S = 0.2
STRUCK_MS = 4000  # after which a function that rests has told, also on a busy machine
HELD_S = 2.0  # the longest that an event is held back by one rule
DAY_S = 1.0
# Nothing happens for longer only if nothing more is to come: three attempts that time out.
PATIENCE_S = 3 * TIMEOUT_S + 6.0

# Small ones: nothing here is about pixels.
SMALL = ("thumbnail", "avatar", "icon")

# --- What may go wrong ----------------------------------------------------------------------------

_SHARES = st.sampled_from([0.1, 0.3, 0.6, 1.0])
_HOLD = st.sampled_from([0.5, HELD_S])

EVENTS = st.fixed_dictionaries({"probability": _SHARES}).flatmap(
    lambda rule: st.one_of(
        st.sampled_from([{**rule, "duplicate": 1}, {**rule, "duplicate": 3}]),
        _HOLD.map(lambda seconds: {**rule, "delay": seconds}),
        _HOLD.map(lambda seconds: {**rule, "reorder": seconds}),
        st.just({"probability": 0.15, "drop": True}),
    )
)

_CALLS = ("s3:GetObject", "s3:PutObject", "s3:HeadObject", "s3:GetObjectTagging", "sns:Publish")
_WHEN = st.one_of(
    st.sampled_from([{"before": call} for call in _CALLS]),
    st.integers(1, 400).map(lambda ms: {"after": ms}),
)
INVOCATIONS = st.builds(
    lambda fault, when, share, attempt: {
        **{"fault": fault, "probability": share, **when},
        **({"attempt": attempt} if attempt else {}),
    },
    st.sampled_from(["crash", "crash", "out-of-memory", "timeout"]),
    _WHEN,
    _SHARES,
    st.sampled_from([None, 1, 2]),
)

_ERRORS = ((503, "SlowDown"), (500, "InternalError"), (403, "AccessDenied"), (400, "Throttling"))
FAULTS = st.builds(
    lambda call, share, harm: {**_named(call), "probability": share, **harm},
    st.sampled_from(_CALLS),
    _SHARES,
    st.one_of(
        st.sampled_from(_ERRORS).map(
            lambda error: {"error": {"statusCode": error[0], "code": error[1]}}
        ),
        st.just({"latency": 300}),
    ),
)


def _named(call: str) -> Rule:
    service, _, operation = call.partition(":")
    return {"service": service, "operation": operation}


@dataclass(frozen=True)
class Trouble:
    """A day, and what goes wrong on it."""

    images: int
    seed: int
    events: list[Rule]
    invocations: list[Rule]
    faults: list[Rule]


TROUBLE = st.builds(
    Trouble,
    st.integers(8, 15),
    st.integers(0, 2**31),
    st.lists(EVENTS, min_size=1, max_size=3),
    st.lists(INVOCATIONS, min_size=1, max_size=2),
    st.lists(FAULTS, max_size=2),
)

# --- What must hold -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One emulator for the tests of this file; Lambda retries at once."""
    with (
        emulator_for(tmp_path_factory.mktemp("faults")) as place,
        compressed(place.target, lambda_retry_s=RETRY_S),
    ):
        yield place


def deployed(place: Place, name: str, *edits: Editing) -> Context:
    """The project with these edits, ready to be sent images."""
    own, stack = place.deployed(name, edits)
    quiet = Console(file=io.StringIO())
    return Context(place.target, own, stack, RunOptions(patience_s=PATIENCE_S), quiet)


@pytest.fixture(scope="module")
def context(place: Place) -> Iterator[Context]:
    """The project as it is; what hangs is ended sooner."""
    context = deployed(place, "random")
    with timeout(place.target, context.stack.outputs["FunctionName"], TIMEOUT_S):
        yield context


@pytest.mark.timeout(600 + 60 * EXAMPLES)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not LONG,
    print_blob=True,
    # Finding a smaller example would take a day for each step.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(trouble=TROUBLE)
def test_every_image_is_accounted_for(context: Context, trouble: Trouble) -> None:
    """Sums add up, each outcome has its reason, and only what was struck so is lost or repeated."""
    run, struck = day(context, trouble)
    note(f"{counts(run)}")

    assert checks.accounted(run).passed, checks.accounted(run).detail
    assert sum(counts(run)[name] for name in OUTCOMES) == len(run.ledger.entries) == trouble.images
    for entry in run.ledger.entries:
        justify(entry, run, struck)
    explained(context, run)


def test_a_function_that_dies_after_its_notification_notifies_again(place: Place) -> None:
    """At least once: it counts as duplicated, and the reason says that one request ran repeatedly.

    The function is given a rest after it has told, in which it is struck.
    """
    rests = Rewrite(
        "image_processor/handler",
        "handler",
        "metrics.flush_metrics()",
        f"__import__('time').sleep({2 * STRUCK_MS / 1000})\nmetrics.flush_metrics()",
    )
    context = deployed(place, "resting", rests)
    crash = {"fault": "crash", "after": STRUCK_MS, "attempt": 1}
    run, struck = day(context, Trouble(1, 1, [], [crash], []), 4 * STRUCK_MS / 1000)

    (image,) = run.ledger.entries
    outcome, why = judged(image, run)
    assert outcome == "duplicated"
    assert "by one request" in why
    assert struck_after_telling(image, struck)
    assert checks.accounted(run).passed


def day(context: Context, trouble: Trouble, linger_s: float = 0.0) -> tuple[Run, list[Rule]]:
    """Send the day into its trouble, and wait for what is still held back; with what struck."""
    outputs, held_s = context.stack.outputs, HELD_S * len(trouble.events)
    name, bucket = outputs["FunctionName"], outputs["UploadBucketName"]
    with disturbed(
        context.target,
        events=[{"bucket": bucket, **rule} for rule in trouble.events],
        invocations=[{"function": name, **rule} for rule in trouble.invocations],
        faults=[{"caller": name, **rule} for rule in trouble.faults],
        seed=trouble.seed,
    ) as disturbance:
        run = context.send(pictures(trouble), DAY_S, linger_s=linger_s + held_s)
        return run, disturbance.journal()


def pictures(trouble: Trouble) -> Sequence[Picture]:
    """Small ones; a third are overwritten."""
    planned = [
        replace(picture, kind=KINDS[SMALL[number % len(SMALL)]], orientation=1)
        for number, picture in enumerate(plan(trouble.images, trouble.seed))
    ]
    return overwriting(planned, trouble.seed)


def justify(entry: Entry, run: Run, struck: Sequence[Rule]) -> None:
    """Fail unless what struck explains what became of an image."""
    outcome, why = judged(entry, run)
    story = f"{entry.key} {entry.version}: {outcome}, {why}"
    assert why, story
    assert outcome in ("processed", "superseded", "failed", "lost", "duplicated"), story
    if outcome == "lost":
        assert dropped(entry, struck), story
    if outcome == "failed":
        assert any(line["kind"] in ("api", "invocation") for line in struck), story
    if outcome == "duplicated":
        assert struck_after_telling(entry, struck), story


def dropped(entry: Entry, struck: Sequence[Rule]) -> bool:
    """Whether its event never came, as the journal says."""
    return any(
        "drop" in line["rule"] and line["versionId"] == entry.version
        for line in struck
        if line["kind"] == "event"
    )


def struck_after_telling(entry: Entry, struck: Sequence[Rule]) -> bool:
    """Whether a request that told of it may have been ended when it had told.

    It was struck at a time, not before one of its calls; or its time ran out without a rule, as it
    does when calls that failed were tried again until shortly before.
    """
    told = {notice.request_id for notice in final_notices(entry)}
    struck_here = [
        line for line in struck if line["kind"] == "invocation" and line["requestId"] in told
    ]
    ran_out = [
        attempt
        for delivery in entry.deliveries
        if delivery.request_id in told
        for attempt in delivery.attempts
        if attempt.status == "timeout"
    ]
    by_rules = [line for line in struck_here if line["rule"]["fault"] == "timeout"]
    return any("after" in line["rule"] for line in struck_here) or len(ran_out) > len(by_rules)


def explained(context: Context, run: Run) -> None:
    """Have every image explained, from a report as a scenario leaves it."""
    report = build_report("random-faults", run, [checks.accounted(run)], {"target": "embedded"})
    reports = context.settings.reports_dir
    with report_folder(reports, "random-faults", run.seen.started) as (folder, _):
        write_report(folder, report, run)
    for entry in run.ledger.entries:
        said = "\n".join(explain(context.settings, entry.key, reports / "latest"))
        assert str(entry.version) in said
        assert judged(entry, run)[1] in said
