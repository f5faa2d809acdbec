"""A day of uploads, compressed, each image followed from the moment it is due to its output.

Arrange: a believable mix of pictures, every one unique. Drive: upload them along a day's curve,
whatever the pipeline makes of it; where nobody says how long the day is, it fits this machine.
Expect: every image exactly once, and right in every respect.
"""

from harness.evidence import checks
from harness.evidence.check import Check, Verdict, rule
from harness.evidence.observations import Run
from harness.run.scenario import Context

TITLE = "a day of 2,000 uploads, each image proven"
GATE = 1
OPTIONS = ("images", "day", "workers")

IMAGES = 2000
DAY_S = 60.0


def run(context: Context) -> tuple[Run, list[Check]]:
    """Send the day and judge it."""
    options = context.options
    pictures = context.share.of_plan(options.images or IMAGES, options.seed)
    finished = context.send(pictures, options.day_s or DAY_S, fitted=options.day_s is None)
    return finished, judge(finished)


def judge(finished: Run) -> list[Check]:
    """What must hold for the day."""
    rules = [
        # Every image that was sent has exactly one output, and it is the right one.
        checks.all_sent,
        checks.one_output,
        checks.newest_wins,
        checks.right_pixels,
        checks.right_size,
        checks.right_format,
        checks.nothing_private,
        checks.right_metadata,
        checks.encrypted,
        checks.nothing_extra,
        # Exactly one success notification each, with the right numbers, and no other.
        checks.one_notification,
        checks.right_numbers,
        checks.in_time,
        checks.no_error_notification,
        # The platform agrees, and nothing is left unexplained.
        checks.accounted,
        checks.enough_invocations,
        checks.no_errors,
        no_throttles,
        checks.short_duration,
        checks.no_alarm,
        checks.log_retention,
        checks.structured_logs,
    ]
    return [each(finished) for each in rules]


@rule(
    "throttles",
    "No invocation was throttled",
    "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html",
)
def no_throttles(run: Run) -> Verdict:
    """Of the metric Throttles: the stack's alarm on it is raised by one, if after the run."""
    seen = run.seen.metrics
    if seen is None:
        return None, run.seen.missing.get("metrics", "it was not looked at")
    return seen.throttles == 0, f"{seen.throttles:g} throttles"
