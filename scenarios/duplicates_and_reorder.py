"""Events that come twice, late and out of order, and keys that are overwritten quickly.

Arrange: a short day in which a third of the uploads replace another. Disturb: the events, as S3
may: delivered several times, held back, overtaking each other. Expect: one notification for each
version, and in the end the newest version of every key, always.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from harness.evidence import checks
from harness.evidence.check import Check, Verdict, rule
from harness.evidence.ledger import Entry
from harness.evidence.observations import Run
from harness.faults.injection import disturbed
from harness.images.corpus import Picture, plan
from harness.run.scenario import Context

TITLE = "events twice, late and out of order; keys overwritten quickly"
GATE = 4
NEEDS = frozenset({"faults"})

IMAGES = 200
DAY_S = 15.0
OVERWRITTEN = 1 / 3  # of the uploads go to the key of one before

LATE_S = 8.0
SHUFFLED_S = 6.0
WORKED_OFF_S = 4.0  # what was delivered last, behind all that waits for the function then
DISTURBED = (
    {"probability": 0.3, "duplicate": 2},
    {"probability": 0.8, "reorder": SHUFFLED_S},
    {"probability": 0.1, "delay": LATE_S},
)

_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"


def run(context: Context) -> tuple[Run, list[Check]]:
    """Send the day, disturb its events, and judge what came of each version."""
    options = context.options
    pictures = overwriting(plan(options.images or IMAGES, options.seed), options.seed)
    bucket = context.stack.upload_bucket
    events = [{"bucket": bucket, **each} for each in DISTURBED]
    with disturbed(context.target, events=events, seed=options.seed) as disturbance:
        # What is held back longest may be on its way when the last image has long been settled.
        held_s = LATE_S + SHUFFLED_S + 1
        finished = context.send(
            pictures, options.day_s or DAY_S, linger_s=WORKED_OFF_S, held_s=held_s
        )
        context.disturbed(disturbance.journal())
    rules = [
        checks.all_sent,
        checks.one_notification,
        checks.newest_wins,
        checks.one_output,
        checks.right_pixels,
        checks.right_size,
        checks.right_metadata,
        checks.right_numbers,
        checks.nothing_extra,
        events_were_disturbed,
        checks.no_errors,
        checks.accounted,
    ]
    return finished, [each(finished) for each in rules]


def overwriting(pictures: Sequence[Picture], seed: int) -> list[Picture]:
    """The same uploads, but every third goes to the key of one of the dozen before it."""
    chance = random.Random(f"overwriting {seed}")
    sent: list[Picture] = []
    for picture in pictures:
        if sent and chance.random() < OVERWRITTEN:
            picture = replace(picture, path=chance.choice(sent[-12:]).path)
        sent.append(picture)
    return sent


@rule(
    "disturbed",
    "The function was handed events twice and out of order",
    f"{_S3}EventNotifications.html",
)
def events_were_disturbed(run: Run) -> Verdict:
    """Without that, nothing above would prove anything. As the function's own log has it."""
    if run.seen.logs is None:
        return None, run.seen.missing.get("logs", "the log was not looked at")
    repeated = sum(len(entry.deliveries) > 1 for entry in run.ledger.entries)
    overtaken = sum(
        _begun(older) > _begun(newer)
        for entry in run.ledger.entries
        for older, newer in pairwise(run.ledger.versions(entry))
        if entry is older
    )
    detail = (
        f"{repeated} versions notified repeatedly, {overtaken} after the one that replaced them"
    )
    return bool(repeated and overtaken), detail


def _begun(entry: Entry) -> float:
    """When the function first received its event, in seconds since 1970; 0 if never."""
    return min((each.at for d in entry.deliveries for each in d.attempts), default=0.0)
