"""Checks of a finished run: pure functions of its ledger and observations.

Scenarios choose among them. Nothing here asks the target, so a saved run can be judged again.
"""

from collections.abc import Iterable

from harness.evidence.accounting import contradictions, numbers, strays
from harness.evidence.check import Rule, Verdict, rule
from harness.evidence.lateness import is_by_machine, is_late
from harness.evidence.ledger import Entry, Notice
from harness.evidence.observations import UNITS, Metrics, Run
from harness.evidence.outcomes import (
    allowed_statuses,
    current_due,
    current_fault,
    final_notices,
    outputs_due,
)
from harness.evidence.output_checks import fault_of, field_of
from harness.images.reference import BLOCK_TOLERANCE, MEAN_TOLERANCE

_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"
_CLOUDWATCH = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
_SPEC = "TapStack: what the function guarantees (docs/pipeline.md)"

DURATION_LIMIT_MS = 45_000
_NAMED = 3  # keys in a check's detail; all are in the report


# --- Rules about the images ---------------------------------------------------------------------


@rule("all-sent", "Every image was uploaded", "TapStack: the plan of the run")
def all_sent(run: Run) -> Verdict:
    """Nothing is proven for what was never sent."""
    unsent = [entry for entry in run.ledger.entries if entry.uploaded is None]
    reason = next((entry.error for entry in unsent if entry.error), run.seen.ended_early)
    passed, detail = _none_of(run, unsent, "uploaded", reason)
    if recovered := sum(entry.recovered for entry in run.ledger.entries):
        detail += f"; {recovered} had no answer, and were in the bucket all the same"
    return passed, detail


@rule("one-output", "Every image has exactly one output", _SPEC)
def one_output(run: Run) -> Verdict:
    """One object under the same path, with one version for each upload that became one."""
    if run.seen.extra is None:
        return _unseen(run, "objects")
    bad, due = [], []
    for entry in _sent(run):
        least, most = outputs_due(run.ledger.versions(entry))
        if least or entry.versions != 0:
            due.append(entry)
        if entry.versions is None or not least <= entry.versions <= most:
            bad.append(entry)
    return _none_of(run, bad, "with exactly one output", among=due)


@rule("newest-wins", "The newest version of every image is the current output", _SPEC)
def newest_wins(run: Run) -> Verdict:
    """S3 keeps no order of events, so an older version may be processed after a newer one."""
    if run.seen.extra is None:
        return _unseen(run, "objects")
    due = [e for e in _sent(run) if e is current_due(run.ledger.versions(e)) and e.output]
    bad = [entry for entry in due if current_fault(entry, run.ledger)]
    return _none_of(run, bad, "of the newest version", among=due)


def _without_fault(run: Run, area: str) -> Verdict:
    """Passed if no output has a fault of `area`, and there are outputs at all.

    Nothing is said of an area that the pipeline does not have judged.
    """
    if area not in run.seen.areas:
        return None, f"pipeline.yml does not have {area} judged"
    read = [entry for entry in _sent(run) if entry.output is not None or entry.unread]
    bad = {e.key: fault for e in read if (fault := fault_of(e, run.seen, area))}
    if not read:
        return (None if run.seen.ended_early else False), "no output could be read"
    if bad:
        return False, f"{len(bad)} of {len(read)} outputs: {_named(bad.items())}"
    return True, f"{len(read)} of {len(read)} outputs"


def _about(id_: str, title: str, area: str, source: str = _SPEC) -> Rule:
    return Rule(id_, title, source, lambda run: _without_fault(run, area))


@rule("pixels", "Outputs show the right picture, upright", _SPEC)
def right_pixels(run: Run) -> Verdict:
    """Against a rendering of the harness's own; the evidence says what is tolerated."""
    passed, detail = _without_fault(run, "pixels")
    read = [entry.output for entry in _sent(run) if entry.output and not entry.output.error]
    if read:
        detail += (
            f"; off by at most {max(output.mean for output in read):.1f} of 255 on average (allowed"
            f" {MEAN_TOLERANCE['JPEG']:g}, PNG {MEAN_TOLERANCE['PNG']:g}), by "
            f"{max(output.worst_block for output in read):.0f} in a block of 16 × 16 pixels "
            f"(allowed {BLOCK_TOLERANCE:g})"
        )
    return passed, detail


right_size = _about("size", "Outputs fit into 1024 × 1024, never enlarged", "size")
right_format = _about("format", "Outputs have their source's format and the right type", "format")
nothing_private = _about(
    "private", "Outputs carry no place, device or orientation of their source", "private"
)
right_metadata = _about(
    "metadata",
    "Outputs keep the uploader's metadata and say what was done",
    "metadata",
    f"{_S3}UsingMetadata.html",
)
encrypted = _about(
    "encryption",
    "Outputs are encrypted with AES256",
    "encryption",
    f"{_S3}serv-side-encryption.html",
)
right_numbers = _about(
    "notification-content", "Notifications say what is in the buckets", "notification"
)


@rule("one-notification", "Every image has exactly one notification, the one it must have", _SPEC)
def one_notification(run: Run) -> Verdict:
    """At-least-once events must not become several notifications."""
    bad = []
    for entry in _sent(run):
        notified = [notice.status for notice in final_notices(entry)]
        if len(notified) != 1 or notified[0] not in allowed_statuses(entry, run.ledger):
            bad.append(entry)
    return _none_of(run, bad, "with exactly one")


@rule("in-time", "No notification came late", f"{_LAMBDA}invocation-async.html")
def in_time(run: Run) -> Verdict:
    """The deadline leaves room for Lambda's two retries after one and two minutes.

    What is late because this machine's cores were full is reported, and proves nothing either way.
    """
    limit = run.seen.late_after_s
    notified = [entry for entry in _sent(run) if entry.notices]
    late = [entry for entry in notified if is_late(entry, run)]
    judged = [entry for entry in late if not is_by_machine(entry, run)]
    passed, detail = _none_of(run, judged, f"within {limit:g} s of being due", among=notified)
    if excused := len(late) - len(judged):
        whole = f"{len(notified) - len(late)} of {len(notified)} within {limit:g} s of being due"
        reason = f"{excused} later because this machine's cores were full, which is not judged"
        return (None if passed else False), f"{detail if judged else whole}; {reason}"
    return passed, detail


@rule("nothing-extra", "Nothing else is among the outputs and the receipts", _SPEC)
def nothing_extra(run: Run) -> Verdict:
    """Objects of other runs are distinguished by their folder."""
    extra = run.seen.extra
    if extra is None:
        return _unseen(run, "objects")
    if extra:
        return (
            False,
            f"{len(extra)} objects are no image's: {_named((k, '') for k in extra)}",
        )
    return True, "no other object since the run began"


@rule("no-error-notifications", "No error was notified, and no image that was never sent", _SPEC)
def no_error_notification(run: Run) -> Verdict:
    """Expected rejections do not count; notifications of alarms are checked separately."""
    notified = [
        notice
        for entry in run.ledger.entries
        for notice in entry.notices
        if notice.status not in allowed_statuses(entry, run.ledger)
    ]
    if notified := [*notified, *strays(run)]:
        return False, f"{len(notified)}: {_named((n.source[0], _reason(n)) for n in notified)}"
    return True, "none"


def _reason(notice: Notice) -> str:
    error = field_of(notice.body, "error.message") or notice.body.get("text", "")
    return f"{notice.status}: {error}"[:200]


# --- Whether all is accounted for ---------------------------------------------------------------


@rule("accounted", "The sums add up", "TapStack: the plan of the run, and all that counts it")
def accounted(run: Run) -> Verdict:
    """Plan, uploads, bucket, notifications, log and metric are counted each on its own."""
    if run.seen.unplanned is None:
        return _unseen(run, "objects")
    found = list(contradictions(run))
    return not found, "; ".join([*found, numbers(run)])


# --- Rules about the platform -------------------------------------------------------------------


@rule("invocations", "Every image invoked the function", f"{_LAMBDA}monitoring-metrics-types.html")
def enough_invocations(run: Run) -> Verdict:
    """Duplicate events and retries may make it more."""
    metrics = run.seen.metrics
    if metrics is None:
        return _unseen(run, "metrics")
    if odd := _odd_units(metrics, "Invocations"):
        return False, odd
    sent = len(_sent(run))
    return metrics.invocations >= sent, f"{metrics.invocations:g} invocations, {sent} images"


@rule("errors", "No invocation failed", f"{_LAMBDA}monitoring-metrics-types.html")
def no_errors(run: Run) -> Verdict:
    """The metric Errors over the run."""
    metrics = run.seen.metrics
    if metrics is None:
        return _unseen(run, "metrics")
    if odd := _odd_units(metrics, "Errors"):
        return False, odd
    if metrics.invocations <= 0:
        return False, "there was no invocation"
    return metrics.errors == 0, f"{metrics.errors:g} errors in {metrics.invocations:g} invocations"


@rule(
    "duration",
    f"The average duration is under {DURATION_LIMIT_MS // 1000} s",
    f"{_LAMBDA}monitoring-metrics-types.html",
)
def short_duration(run: Run) -> Verdict:
    """The threshold of the stack's own alarm."""
    metrics = run.seen.metrics
    if metrics is None:
        return _unseen(run, "metrics")
    if odd := _odd_units(metrics, "Duration"):
        return False, odd
    if not metrics.duration_samples:
        return False, "there is no datapoint of Duration"
    average = metrics.duration_average
    detail = f"{average:.0f} ms on average, {metrics.duration_maximum:.0f} ms at most"
    return average < DURATION_LIMIT_MS, detail


@rule("alarms", "No alarm was raised", f"{_CLOUDWATCH}AlarmThatSendsEmail.html")
def no_alarm(run: Run) -> Verdict:
    """Neither is one on that was not before the run, nor was one published on the topic."""
    if run.seen.alarms is None:
        return _unseen(run, "alarms")
    if not run.seen.alarms_known:
        return False, "the stack has no alarm"
    notified = [n.body["AlarmName"] for n in run.ledger.strays if n.status == "alarm ALARM"]
    raised = sorted({*run.seen.alarms, *notified})
    if raised:
        return False, f"in ALARM: {', '.join(raised)}"
    return True, f"none of {run.seen.alarms_known}"


@rule(
    "retention",
    "The log group keeps events for a set time",
    "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/"
    "API_PutRetentionPolicy.html",
)
def log_retention(run: Run) -> Verdict:
    """How long that is says the template; requirements.yml and verify hold it to that."""
    logs = run.seen.logs
    if logs is None:
        return _unseen(run, "logs")
    days = f"{logs.retention_days} days" if logs.retention_days else "for ever"
    return logs.retention_days > 0, days


@rule(
    "log-lines",
    "Every log line is valid JSON, but for the platform's own",
    f"{_LAMBDA}monitoring-cloudwatchlogs-logformat.html",
)
def structured_logs(run: Run) -> Verdict:
    """A line that cannot be parsed cannot be searched."""
    logs = run.seen.logs
    if logs is None:
        return _unseen(run, "logs")
    if not logs.lines:
        return False, "the function logged nothing"
    if logs.not_json:
        return False, f"{logs.not_json} of {logs.lines} lines are not, such as {logs.examples[0]!r}"
    return True, f"{logs.lines} lines"


# --- What several rules say ---------------------------------------------------------------------


def _sent(run: Run) -> list[Entry]:
    return [entry for entry in run.ledger.entries if entry.uploaded is not None]


def _none_of(
    run: Run, bad: list[Entry], what: str, reason: str = "", *, among: list[Entry] | None = None
) -> Verdict:
    """Passed if no entry is bad. In a run that was cut short, what is missing proves nothing."""
    everything = run.ledger.entries if what == "uploaded" else _sent(run)
    total = len(everything if among is None else among)
    detail = f"{total - len(bad)} of {total} {what}"
    if bad:
        detail += f"; not: {_named((entry.key, '') for entry in bad)}"
        detail += f" ({reason})" if reason else ""
        return False, detail
    if not total:
        return (None if run.seen.ended_early else False), "nothing to judge"
    return True, detail


def _odd_units(metrics: Metrics, name: str) -> str:
    """How many values of a metric have another unit than AWS gives it, in words."""
    count = metrics.odd_units.get(name, 0)
    return f"{count:g} values of {name} are not in {UNITS[name]}" if count else ""


def _unseen(run: Run, area: str) -> Verdict:
    """Not checked where the target cannot show it; failed where it can and did not."""
    reason = run.seen.missing.get(area) or run.seen.ended_early or "it was not looked at"
    excused = area not in run.seen.shows or bool(run.seen.ended_early)
    return (None if excused else False), f"{area} could not be seen: {reason}"


def _named(found: Iterable[tuple[str, str]]) -> str:
    """The first few, with their reasons, and how many more."""
    texts = [f"{key} ({reason})" if reason else key for key, reason in found]
    more = len(texts) - _NAMED
    return ", ".join(texts[:_NAMED]) + (f" and {more} more" if more > 0 else "")
