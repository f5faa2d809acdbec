"""Bad images of every kind, sent along a short day among good ones.

Arrange: files that are no sound still JPEG or PNG, and sound ones that only look bad: a wrong
extension, broken EXIF, lost ends, wrong checksums. Drive: upload them all. Expect: every good one
right, every bad one refused once and for good, with a reason; the alarm is notified, and ends
with it.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from harness.evidence import checks
from harness.evidence.check import Check, Verdict, rule
from harness.evidence.ledger import Entry
from harness.evidence.observations import Run
from harness.evidence.output_checks import field_of
from harness.images import edge_cases
from harness.images.corpus import Picture, plan
from harness.images.pictures import Pictures
from harness.run.alarm_monitor import Counter, watched
from harness.run.scenario import Context

TITLE = "bad images of every kind among good ones, each refused once, with a reason"
GATE = 4

GOOD = 60
DAY_S = 15.0

METRIC = "ImagesRejected"

_SPEC = "TapStack: what the function guarantees (docs/pipeline.md)"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"
_CLOUDWATCH = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"

_REASON = ("stage", "error.type", "error.message", "action", "requestId", "occurredAt")


def run(context: Context) -> tuple[Run, list[Check]]:
    """Send good and bad, watch the alarm, and judge what came of each."""
    options = context.options
    store = Pictures(context.settings.pictures)
    bad = [
        edge_cases.picture(f"bad/{name}", file=data) for name, data in edge_cases.unusable().items()
    ]
    good = [*plan(options.images or GOOD, options.seed), *looking_bad(store)]
    pictures = shuffled([*bad, *good], options.seed)
    with watched(context, METRIC) as alarm:
        counter = Counter(context, METRIC)
        finished = context.send(
            pictures,
            options.day_s or DAY_S,
            statuses={picture.path: "rejected" for picture in bad},
        )
        if finished.seen.ended_early:
            return finished, judge(finished)
        counted = counted_once(finished, counter.count(at_least=len(bad)))
        # Nobody requires an alarm on rejected images; where the template has one, it works.
        notified = [alarm.raised(), alarm.ended()] if alarm.alarm else []
        return finished, [*judge(finished), counted, *notified]


def looking_bad(store: Pictures) -> list[Picture]:
    """Good pictures: a JPEG named .png, and files that careless programs have been at."""
    renamed = edge_cases.picture("good/a photo.png", 1)
    changes = edge_cases.careless()
    kinds = {".jpg": edge_cases.SMALL, ".png": edge_cases.SMALL_PNG}
    sound = [
        edge_cases.picture(f"good/{name}", number, kinds[name[-4:]])
        for number, name in enumerate(changes, 2)
    ]
    store.prepare(sound)
    changed = [
        replace(each, file=change(store.render(each)))
        for each, change in zip(sound, changes.values(), strict=True)
    ]
    return [renamed, *changed]


def shuffled(pictures: Sequence[Picture], seed: int) -> list[Picture]:
    """In an order of their own, numbered in it."""
    order = random.Random(f"bad images {seed}").sample(pictures, len(pictures))
    return [replace(picture, index=index) for index, picture in enumerate(order)]


def judge(finished: Run) -> list[Check]:
    """What must hold for the day."""
    rules = [
        checks.all_sent,
        # Each good one is as on a good day.
        checks.right_pixels,
        checks.right_size,
        checks.right_format,
        checks.nothing_private,
        checks.right_metadata,
        checks.right_numbers,
        # Each bad one is refused, and that is all that comes of it.
        checks.one_notification,
        checks.no_error_notification,
        reasons_given,
        checks.one_output,
        checks.nothing_extra,
        tried_once,
        checks.no_errors,
        checks.structured_logs,
        checks.accounted,
    ]
    return [each(finished) for each in rules]


@rule("reasons", "Every refusal names the image, what is wrong and what to do", _SPEC)
def reasons_given(run: Run) -> Verdict:
    """Of all the notifications that say "rejected"."""
    lacking = []
    for entry in _bad(run):
        for notice in entry.notices:
            named = [name for name in _REASON if not str(field_of(notice.body, name) or "").strip()]
            if notice.status == "rejected" and named:
                lacking.append(f"{entry.key} without {', '.join(named)}")
    refused = sum(bool(entry.notices) for entry in _bad(run))
    if lacking or not refused:
        return False, "; ".join(lacking[:3]) or "no bad image was notified"
    kinds = {field_of(n.body, "error.type") for entry in _bad(run) for n in entry.notices}
    return True, f"{refused} refusals of {len(kinds)} kinds: {', '.join(sorted(map(str, kinds)))}"


@rule("no-retries", "No image was tried twice", f"{_LAMBDA}invocation-async-error-handling.html")
def tried_once(run: Run) -> Verdict:
    """Neither did S3's event come twice nor did Lambda retry it, by the function's log."""
    if run.seen.logs is None:
        return None, run.seen.missing.get("logs", "the logs were not looked at")
    tries = {
        entry.key: sum(len(delivery.attempts) for delivery in entry.deliveries)
        for entry in run.ledger.entries
        if entry.uploaded is not None
    }
    wrong = [f"{key} {number} times" for key, number in tries.items() if number != 1]
    if wrong:
        return False, f"{len(wrong)} of {len(tries)} were not tried once: {', '.join(wrong[:3])}"
    return True, f"{len(tries)} images, one attempt each"


def counted_once(run: Run, counted: float | None) -> Check:
    """The metric has one count for each bad image, and none for a good one."""
    sent = len(_bad(run))
    return Check(
        "rejection-metric",
        f"The metric {METRIC} counts every refusal once",
        None if counted is None else counted == sent,
        "the target does not show metrics" if counted is None else f"{counted:g} of {sent}",
        f"{_CLOUDWATCH}CloudWatch_Embedded_Metric_Format.html",
    )


def _bad(run: Run) -> list[Entry]:
    sent = [entry for entry in run.ledger.entries if entry.uploaded is not None]
    return [entry for entry in sent if entry.expected.status == "rejected"]
