"""A day on which AWS answers some calls with errors, or not in time.

Arrange: a short day. Disturb: what the function asks of S3 and SNS: S3 slows down and times out,
SNS refuses, for a share of all calls; and a few images can never be read. Expect: all is tried
again, nothing is lost or notified twice, and what never worked waits in the failure queue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.evidence import checks
from harness.evidence.check import Check, Verdict, rule
from harness.evidence.ledger import Entry
from harness.evidence.observations import Run
from harness.faults.injection import compressed, disturbed
from harness.images.corpus import plan
from harness.redrive import redrive
from harness.run.failure_queue import outputs_of, waiting_failures
from harness.run.scenario import Context

TITLE = "S3 slows down and times out, SNS refuses: retried, nothing lost or doubled"
GATE = 0
NEEDS = frozenset({"faults"})

IMAGES = 200
DAY_S = 20.0
DOOMED = 50  # one image in so many can never be read
RETRY_S = 2.0
LEAST = 6  # calls that each kind of trouble meets on average, however few images there are

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"
_RETRIES = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html"

# S3 API Reference, "Error responses"; SNS API Reference, "Publish", "Common Errors". The SDK tries
# throttled calls and those that time out again; what SNS forbids is an error of the invocation.
SLOW_DOWN = {"statusCode": 503, "code": "SlowDown"}
TROUBLE: Sequence[Mapping[str, Any]] = (
    {
        "service": "s3",
        "operation": "GetObject",
        "key": "uploads/*/doomed/*",
        "error": {"statusCode": 500, "code": "InternalError"},
    },
    {"service": "s3", "operation": "GetObject", "probability": 0.08, "error": SLOW_DOWN},
    {"service": "s3", "operation": "PutObject", "probability": 0.08, "error": SLOW_DOWN},
    # Longer than the ten seconds that the function waits for an answer.
    {"service": "s3", "operation": "GetObject", "probability": 0.02, "latency": 12_000},
    {
        "service": "sns",
        "operation": "Publish",
        "probability": 0.06,
        "error": {"statusCode": 400, "code": "Throttling"},
    },
    {
        "service": "sns",
        "operation": "Publish",
        "probability": 0.06,
        "error": {"statusCode": 403, "code": "AuthorizationError"},
    },
)


def run(context: Context) -> tuple[Run, list[Check]]:
    """Send the day into the trouble, and judge what came of it; then send again what failed."""
    options, target, stack = context.options, context.target, context.stack
    pictures = [
        replace(picture, path=f"doomed/{picture.path}") if number % DOOMED == 0 else picture
        for number, picture in enumerate(plan(options.images or IMAGES, options.seed))
    ]
    doomed = {each.path: "failed" for each in pictures if each.path.startswith("doomed/")}
    faults = [{**_often_enough(each, len(pictures)), "caller": stack.function} for each in TROUBLE]
    context.compressed(f"Lambda retried after {RETRY_S:g} and {2 * RETRY_S:g} s, not 60 and 120 s")
    with (
        compressed(target, lambda_retry_s=RETRY_S),
        disturbed(target, faults=faults, seed=options.seed) as disturbance,
    ):
        finished = context.send(pictures, options.day_s or DAY_S, statuses=doomed)
        struck = disturbance.journal()
        context.disturbed(struck)
    rules = [
        checks.all_sent,
        notified_once,
        checks.one_output,
        checks.right_pixels,
        checks.right_metadata,
        checks.right_numbers,
        checks.nothing_extra,
        errors_were_counted,
        given_up_after_three,
        checks.accounted,
    ]
    return finished, [
        *(each(finished) for each in rules),
        _all_trouble_came(faults, struck),
        *_mended(context, finished),
    ]


@rule(
    "errors-counted",
    "Every invocation that failed is in the metric Errors",
    f"{_LAMBDA}monitoring-metrics-types.html",
)
def errors_were_counted(run: Run) -> Verdict:
    """The log says how each attempt ended; the metric must say the same."""
    metrics, logs = run.seen.metrics, run.seen.logs
    if metrics is None or logs is None:
        return None, str(dict(run.seen.missing))
    failed = sum(
        attempt.status not in ("success", "")
        for entry in run.ledger.entries
        for delivery in entry.deliveries
        for attempt in delivery.attempts
    )
    return 0 < failed == metrics.errors, f"{failed} failed in the log, {metrics.errors:g} counted"


@rule(
    "notified-once",
    "Every image is notified once, as processed or, where nothing ever worked, as failed",
    "TapStack: what the function guarantees (docs/pipeline.md)",
)
def notified_once(run: Run) -> Verdict:
    """The doomed ones fail; of the others only those whose every attempt met with trouble."""
    wrong = {}
    for entry in run.ledger.entries:
        statuses = [notice.status for notice in entry.notices]
        failed = _exhausted(entry) or entry.expected.status == "failed"
        if statuses != ["failed" if failed else "processed"]:
            wrong[entry.key] = " and ".join(statuses) or "nothing"
    if wrong:
        return False, ", ".join(f"{key}: {outcome}" for key, outcome in list(wrong.items())[:3])
    return True, f"{len(run.ledger.entries)} of {len(run.ledger.entries)}"


@rule(
    "attempts",
    "An event is given up after three attempts, and not before",
    f"{_LAMBDA}invocation-async-error-handling.html",
)
def given_up_after_three(run: Run) -> Verdict:
    """Lambda's default of two retries, which the template keeps."""
    if run.seen.logs is None:
        return None, run.seen.missing.get("logs", "the log was not looked at")
    entries = run.ledger.entries
    given_up = [entry for entry in entries if any(n.status == "failed" for n in entry.notices)]
    wrong = [entry.key for entry in given_up if not _exhausted(entry)]
    wrong += [entry.key for entry in entries if _tries(entry) > 3]
    again = sum(_tries(entry) > 1 for entry in entries)
    detail = f"{again} were tried again, {len(given_up)} of them without success"
    return not wrong and again > 0, ", ".join(wrong[:3]) or detail


def _tries(entry: Entry) -> int:
    return max((len(delivery.attempts) for delivery in entry.deliveries), default=0)


def _exhausted(entry: Entry) -> bool:
    """Whether three attempts were made, and none of them ended well."""
    ends = [attempt.status for delivery in entry.deliveries for attempt in delivery.attempts]
    return len(ends) >= 3 and "success" not in ends


def _often_enough(rule: Mapping[str, Any], images: int) -> dict[str, Any]:
    """The rule for a day of so few images that its share of their calls may be none at all."""
    if "probability" not in rule:
        return dict(rule)
    return {**rule, "probability": max(rule["probability"], min(round(LEAST / images, 3), 0.3))}


def _all_trouble_came(
    faults: Sequence[Mapping[str, Any]], journal: Sequence[Mapping[str, Any]]
) -> Check:
    """Without it, nothing would be proven."""
    came = [sum(line["rule"] == rule for line in journal) for rule in faults]
    kinds = [
        f"{times} × {rule['operation']} {rule.get('error', {'code': 'too late'})['code']}"
        for rule, times in zip(faults, came, strict=True)
    ]
    return Check("trouble", "All of the trouble came", all(came), ", ".join(kinds), _RETRIES)


def _mended(context: Context, run: Run) -> list[Check]:
    """What failed for good is in the failure queue, each once, and works when sent again."""
    target, stack = context.target, context.stack
    failed = [e for e in run.ledger.entries if any(n.status == "failed" for n in e.notices)]
    wanted = sorted(entry.key for entry in failed)
    waiting = waiting_failures(target, stack, wanted)
    redrive(target, stack, execute=True)
    made = outputs_of(target, stack, wanted)
    return [
        Check(
            "failure-queue",
            "What failed for good waits in the failure queue, each once",
            waiting == wanted and bool(wanted),
            f"{len(waiting)} of {len(wanted)} events",
            f"{_LAMBDA}invocation-async-retain-records.html",
        ),
        Check(
            "redriven",
            "What failed is processed when the trouble is over and it is sent again",
            made == wanted and bool(wanted),
            f"{len(made)} of {len(wanted)} outputs",
            f"{_LAMBDA}invocation-async-retain-records.html",
        ),
    ]
