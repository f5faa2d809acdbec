"""The outcome of each upload, and the reason in words. Pure functions."""

from collections.abc import Sequence

from harness.evidence.lateness import delay, is_by_machine, is_late
from harness.evidence.ledger import Entry, Ledger, Notice
from harness.evidence.observations import Run
from harness.evidence.output_checks import faults, field_of

OUTCOMES = (
    *("processed", "superseded", "rejected", "failed"),
    *("recovered", "lost", "duplicated", "wrong", "late", "unfinished", "unsent"),
)
# As it should be; rejected and failed where that is what must come of an upload.
GOOD = ("processed", "superseded", "recovered", "rejected", "failed")


def outcome(entry: Entry, run: Run) -> str:
    """The one of OUTCOMES that an upload counts as."""
    return judged(entry, run)[0]


def why(entry: Entry, run: Run) -> str:
    """Why it counts as that, in one sentence without its full stop."""
    return judged(entry, run)[1]


def judged(entry: Entry, run: Run) -> tuple[str, str]:
    """Outcome and why; the first outcome that fits, in the order below.

    rejected, failed: it was reported so and should not be. lost: no output or no notification by
    the end; unfinished if that was early, by Ctrl-C or a clock that was set back. duplicated:
    several notifications, or more versions of the output than uploads account for. wrong: not what
    was expected. late: the notification came more than `late_after_s` after the upload was due, and
    not because this machine's cores were full (see lateness). recovered: all is as it should be,
    although its upload had no good answer. The rest is what it was reported to be.
    """
    if entry.uploaded is None:
        return "unsent", _why_unsent(entry, run)
    notices = final_notices(entry)
    if not notices:
        return _missing(run, _why_silent(entry, run))
    allowed = allowed_statuses(entry, run.ledger)
    statuses = [notice.status for notice in notices]
    for bad in ("rejected", "failed"):
        if bad in statuses and bad not in allowed:
            return bad, _why_refused(notices[statuses.index(bad)], entry)
    if "processed" in statuses and entry.output is None and not (entry.unread and entry.versions):
        reason = entry.unread or "the run ended before it was read"
        return _missing(run, f"it was reported as processed, but its output was not seen: {reason}")
    if len(statuses) > 1:
        return "duplicated", _why_notified_twice(notices, entry)
    surplus = _surplus(entry, run.ledger)
    if surplus and statuses == ["processed"] and "processed" in allowed:
        return "duplicated", surplus
    if found := wrong(entry, run):
        return "wrong", found
    if surplus:
        return "wrong", f"it was reported as {statuses[0]}, and yet {surplus}"
    if is_late(entry, run) and not is_by_machine(entry, run):
        return "late", (
            f"its notification came {delay(entry, run).total_s:.1f} s after it was due, allowed "
            f"are {run.seen.late_after_s:g} s; it was {_attempts(entry)}"
        )
    if entry.recovered and statuses[0] in allowed:
        return "recovered", (
            f"its upload had no good answer ({entry.error}) and was stored all the same; "
            f"{_why_right(entry, run, notices[0])}"
        )
    return statuses[0], _why_right(entry, run, notices[0])


def is_bad(entry: Entry, run: Run) -> bool:
    """Whether an upload is not as it should be."""
    return is_bad_outcome(entry, outcome(entry, run), run)


def is_bad_outcome(entry: Entry, became: str, run: Run) -> bool:
    """Whether that outcome is not what must come of an upload."""
    return became not in allowed_statuses(entry, run.ledger) and became != "recovered"


# --- What there may be of an upload ---------------------------------------------------------------


def allowed_statuses(entry: Entry, ledger: Ledger) -> set[str]:
    """What an upload may be reported as: the newest picture of a key is processed, older ones
    may be superseded instead.
    """
    wanted = entry.expected.status
    if wanted == "processed" and entry is not _newest_picture(entry, ledger):
        return {"processed", "superseded"}
    return {wanted}


def final_notices(entry: Entry) -> list[Notice]:
    """Its notifications, but for failures that a redrive has made good."""
    redriven = {delivery.redrive_of for delivery in entry.deliveries}
    good = any(notice.status != "failed" for notice in entry.notices)
    return [
        notice
        for notice in entry.notices
        if not (good and notice.status == "failed" and notice.request_id in redriven)
    ]


def outputs_due(versions: Sequence[Entry]) -> tuple[int, int]:
    """The least and the most versions that the output of these uploads of one key may have.

    One for each picture, none for what was superseded before it was written. An attempt that died
    after writing leaves an output, and its retry may find itself superseded; an upload may also
    have failed for good after its output was written.
    """
    least = most = 0
    for entry in versions:
        statuses = {notice.status for notice in final_notices(entry)}
        if "failed" in statuses and "processed" not in statuses:
            most += 1
        elif statuses == {"superseded"}:
            most += any(len(delivery.attempts) > 1 for delivery in entry.deliveries)
        elif entry.expected.status == "processed":
            least, most = least + 1, most + 1
    return least, most


def current_due(versions: Sequence[Entry]) -> Entry | None:
    """Whose output must be the current one: that of the newest upload reported as processed."""
    statuses = [e for e in versions if any(n.status == "processed" for n in final_notices(e))]
    return statuses[-1] if statuses else None


def _newest_picture(entry: Entry, ledger: Ledger) -> Entry | None:
    pictures = [e for e in ledger.versions(entry) if e.expected.status == "processed"]
    return pictures[-1] if pictures else None


def _surplus(entry: Entry, ledger: Ledger) -> str:
    """How many outputs there are too many, if it falls to this upload to say so."""
    versions = ledger.versions(entry)
    least, most = outputs_due(versions)
    if entry.versions is None or entry.versions <= most:
        return ""
    if entry is not (current_due(versions) or versions[-1]):
        return ""
    due = f"{least}" if least == most else f"{least} to {most}"
    return f"there are {entry.versions} versions of its output, where {due} should be"


def wrong(entry: Entry, run: Run) -> str:
    """Everything that is wrong with what was reported and what was written, in words."""
    allowed = allowed_statuses(entry, run.ledger)
    found = [
        f"it was reported as {notice.status}, not as {' or '.join(sorted(allowed))}"
        for notice in final_notices(entry)
        if notice.status not in allowed
    ]
    found += [f"{area}: {text}" for area, text in faults(entry, run.seen).items()]
    if not_current := current_fault(entry, run.ledger):
        found.append(not_current)
    return "; ".join(found)


def current_fault(entry: Entry, ledger: Ledger) -> str:
    """That the current output is another's, though it should be this upload's; else empty.

    A newer upload that failed may have written its output before, where there is one too many.
    """
    if entry.current is None or entry.output is None or not entry.output.version:
        return ""
    versions = ledger.versions(entry)
    if entry is not current_due(versions) or entry.current == entry.output.version:
        return ""
    newer = versions[versions.index(entry) + 1 :]
    untold = (entry.versions or 0) > outputs_due(versions)[0]
    if untold and any(n.status == "failed" for each in newer for n in final_notices(each)):
        return ""
    return f"its output {entry.output.version} should be current, but {entry.current or 'none'} is"


# --- Why ------------------------------------------------------------------------------------------


def _missing(run: Run, reason: str) -> tuple[str, str]:
    """What is missing when a run ends early might still have come, if its target is there."""
    early = run.seen.ended_early
    if early and not run.seen.gone:
        early = "the run was interrupted" if run.seen.interrupted else early
        return "unfinished", f"{early}: {reason}"
    return "lost", f"{reason}; {early}" if early else reason


def _why_unsent(entry: Entry, run: Run) -> str:
    if entry.error:
        return f"its upload failed: {entry.error}"
    return f"it was not uploaded: {run.seen.ended_early or 'its time never came'}"


def _why_silent(entry: Entry, run: Run) -> str:
    """Nothing was reported: how far it is known to have come."""
    if run.seen.logs is None:
        return "no notification came"
    if not entry.deliveries:
        return "no notification came: the log shows no invocation for it, S3's event did not arrive"
    ends = [attempt.status for delivery in entry.deliveries for attempt in delivery.attempts]
    if "success" in ends:
        return f"no notification came, although it was {_attempts(entry)}"
    return f"no notification came: it was {_attempts(entry)}, none of which ended well"


def _why_refused(notice: Notice, entry: Entry) -> str:
    error = field_of(notice.body, "error.message") or "no reason was given"
    return f"it was reported as {notice.status}, by request {notice.request_id or '?'}: {error}"


def _why_notified_twice(notices: Sequence[Notice], entry: Entry) -> str:
    statuses = " and ".join(notice.status for notice in notices)
    requests = {notice.request_id for notice in notices}
    if len(requests) == 1:
        by = f"one request, {requests.pop() or '?'}, that ran repeatedly"
    elif len(requests) == len(notices):
        by = f"{len(requests)} requests, so its event came repeatedly"
    else:
        by = f"{len(requests)} requests, at least one of which ran repeatedly"
    return f"it was reported as {statuses} by {by}"


def _why_right(entry: Entry, run: Run, notice: Notice) -> str:
    after = f"notified once, {notice.at - entry.due:.1f} s after it was due"
    if is_late(entry, run):
        full_s = delay(entry, run).full_s
        after += f" (late, but this machine's cores were full for {full_s:.1f} s of it: not judged)"
    if len(entry.notices) > 1:
        after = f"{after}, by a redrive after it had failed"
    if notice.status == "processed":
        return f"its output is right and it was {after}"
    if notice.status == "superseded":
        return f"a newer upload of its key was there first, and it was {after}"
    return f"{_why_refused(notice, entry)}; as expected, and it was {after}"


def _attempts(entry: Entry) -> str:
    """How it was handled, as the log says: "handled by 2 requests in 3 attempts (error, …)"."""
    if not entry.deliveries:
        return "not seen in the log"
    ends = [attempt for delivery in entry.deliveries for attempt in delivery.attempts]
    requests, attempts = len(entry.deliveries), len(ends)
    how = ", ".join(attempt.status or "without an end" for attempt in ends)
    return (
        f"handled by {requests} request{'s' * (requests != 1)} in {attempts} "
        f"attempt{'s' * (attempts != 1)} ({how})"
    )
