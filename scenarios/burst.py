"""The whole day's uploads at once, while few invocations may run at a time.

Arrange: a day of uploads, all of them due now. Disturb: a reserved concurrency of two, far below
what comes. Expect: throttles, in metric and alarm, and nothing lost: drained to the last image.
"""

from harness import checks
from harness.adjusting import reserved_concurrency
from harness.alarms import BREACH_FORGOTTEN_S, BREACH_SEEN_S, alarm_on, comes_to, compression
from harness.checks import Check, Run, Verdict
from harness.corpus import plan
from harness.disturb import can_disturb
from harness.draining import concurrency_reached, drain_s
from harness.scenario import Context

TITLE = "the whole day's uploads at once, with two invocations at a time"
GATE = 0

IMAGES = 2000
RESERVED = 2

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"


def run(context: Context) -> tuple[Run, list[Check]]:
    """Send everything at once, watch it being worked off, and judge it."""
    options, target, stack = context.options, context.target, context.stack
    pictures = plan(options.images or IMAGES, options.seed)
    with reserved_concurrency(target, stack.outputs["FunctionName"], RESERVED):
        finished = context.send(pictures, options.day_s or 0.0)
    reached = concurrency_reached(target, stack, finished)
    context.facts["concurrency_reached"] = reached
    context.facts["drain_s"] = round(drain_s(finished), 1)
    rules = [
        checks.all_sent,
        checks.one_output,
        checks.right_pixels,
        checks.one_notification,
        checks.no_error_notification,
        throttled,
        checks.no_errors,
        checks.accounted,
    ]
    return finished, [
        *(rule(finished) for rule in rules),
        _concurrency_kept(reached),
        _alarm_raised(context),
    ]


@checks.rule(
    "throttled", "Lambda turned invocations away", f"{_LAMBDA}monitoring-metrics-types.html"
)
def throttled(run: Run) -> Verdict:
    """Without that it was no burst. Lambda tries them again, so that nothing is lost by it."""
    metrics = run.seen.metrics
    if metrics is None:
        return None, run.seen.missing.get("metrics", "it was not looked at")
    took = f"drained {drain_s(run):.1f} s after the last upload"
    return metrics.throttles > 0, f"{metrics.throttles:g} throttles; {took}"


def _concurrency_kept(reached: float) -> Check:
    return Check(
        "concurrency",
        f"No more than {RESERVED} invocations ran at a time",
        0 < reached <= RESERVED,
        f"{reached:g} at most",
        f"{_LAMBDA}configuration-concurrency.html",
    )


def _alarm_raised(context: Context) -> Check:
    """Looked at when all is over, and left as it was found: in OK."""
    target, alarm = context.target, alarm_on(context.target, context.stack, "Throttles")
    state = comes_to(target, alarm, "ALARM", BREACH_SEEN_S) if alarm else ""
    after = comes_to(target, alarm, "OK", BREACH_FORGOTTEN_S) if state == "ALARM" else ""
    if can_disturb(target):
        context.compressed(compression(BREACH_FORGOTTEN_S))
    return Check(
        "throttle-alarm",
        "The alarm on throttles is raised, and ends with them",
        (state, after) == ("ALARM", "OK"),
        f"{alarm}: {state or 'never raised'}, then {after or 'nothing else'}"
        if alarm
        else "the stack has no alarm on Throttles",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
    )
