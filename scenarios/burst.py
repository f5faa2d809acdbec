"""The whole day's uploads at once, while few invocations may run at a time.

Arrange: a day of uploads, all of them due now. Disturb: a reserved concurrency of two, far below
what comes. Expect: throttles, in metric and alarm, and nothing lost: drained to the last image.
"""

from harness.evidence import checks
from harness.evidence.check import Check, Verdict, rule
from harness.evidence.concurrency import concurrency_reached, drain_s
from harness.evidence.observations import Run
from harness.faults.function_settings import reserved_concurrency
from harness.images.corpus import plan
from harness.run.alarm_monitor import watched
from harness.run.scenario import Context

TITLE = "the whole day's uploads at once, with two invocations at a time"
GATE = 0

IMAGES = 2000
RESERVED = 2

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"


def run(context: Context) -> tuple[Run, list[Check]]:
    """Send everything at once, watch it being worked off, and judge it."""
    options, function = context.options, context.stack.function
    pictures = plan(options.images or IMAGES, options.seed)
    with watched(context, "Throttles") as alarm:
        with reserved_concurrency(context.target, function, RESERVED):
            finished = context.send(pictures, options.day_s or 0.0)
        if finished.seen.ended_early:
            return finished, judge(finished)
        context.facts["concurrency_reached"] = concurrency_reached(finished)
        context.facts["drain_s"] = round(drain_s(finished), 1)
        return finished, [*judge(finished), alarm.raised(), alarm.ended()]


def judge(finished: Run) -> list[Check]:
    """What must hold for the burst."""
    rules = [
        checks.all_sent,
        checks.one_output,
        checks.right_pixels,
        checks.one_notification,
        checks.no_error_notification,
        throttled,
        few_at_a_time,
        checks.no_errors,
        checks.accounted,
    ]
    return [each(finished) for each in rules]


@rule("throttled", "Lambda turned invocations away", f"{_LAMBDA}monitoring-metrics-types.html")
def throttled(run: Run) -> Verdict:
    """Without that it was no burst. Lambda tries them again, so that nothing is lost by it."""
    metrics = run.seen.metrics
    if metrics is None:
        return None, run.seen.missing.get("metrics", "it was not looked at")
    took = f"drained {drain_s(run):.1f} s after the last upload"
    return metrics.throttles > 0, f"{metrics.throttles:g} throttles; {took}"


@rule(
    "concurrency",
    f"No more than {RESERVED} invocations ran at a time",
    f"{_LAMBDA}configuration-concurrency.html",
)
def few_at_a_time(run: Run) -> Verdict:
    """What is reserved for a function is also the most that it gets."""
    if run.seen.logs is None:
        return None, run.seen.missing.get("logs", "the log was not looked at")
    reached = concurrency_reached(run)
    return 0 < reached <= RESERVED, f"{reached} at most"
