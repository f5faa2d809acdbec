"""The emulator is killed in the middle of a day: what was lost is said, and nothing has passed.

Arrange: an emulator of its own beside the one that the person works with, and the stack in it.
Drive: a day, twice; when half of its images came out the emulator is killed, and once it comes back
empty, once it stays dead. Then the same day on a whole one. Expect: each broken day ends by itself,
counts every image, says what was lost and why, and fails; the day after it is right again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.evidence import checks
from harness.evidence.check import Check, Verdict
from harness.evidence.observations import Run
from harness.images.corpus import plan
from harness.run.broken_day import END_WITHIN_S, BrokenDay, broken_day, second_emulator
from harness.run.scenario import Context
from harness.stack.deploy import deploy

TITLE = "the emulator killed in mid-run, twice: what is lost is said, and nothing passes"
GATE = 0
NEEDS = frozenset({"restart"})

IMAGES = 200
DAY_S = 20.0

# How a run may find out that its emulator was killed. One that comes back late is one that stopped.
STOPPED = "stopped during the run"
FORGOT = "lost its state during the run"
CAUSES = {True: (FORGOT, STOPPED), False: (STOPPED,)}

_SPEC = "TapStack: what a run guarantees (docs/scenarios.md)"


def run(context: Context) -> tuple[Run, list[Check]]:
    """Break two days, judge them, and send a third."""
    images, day_s = context.options.images or IMAGES, context.options.day_s or DAY_S
    judged: list[Check] = []
    with second_emulator(context) as second:
        for comes_back in (True, False):
            day = broken_day(second, images, day_s, comes_back=comes_back)
            judged += judge(day, comes_back=comes_back)
        whole = replace(second, stack=deploy(second.target, second.settings))
        finished = whole.send(plan(images, context.options.seed), day_s)
        context.facts |= whole.facts
    rules = [
        checks.all_sent,
        checks.one_output,
        checks.right_pixels,
        checks.one_notification,
        checks.no_errors,
    ]
    return finished, [*judged, *(each(finished) for each in rules)]


# --- What must hold for a broken day --------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """Something that must hold for a broken day, and how to tell."""

    id: str
    title: str
    judge: Callable[[BrokenDay, tuple[str, ...]], Verdict]


def judge(day: BrokenDay, *, comes_back: bool) -> list[Check]:
    """What must hold for a day whose emulator was killed, and came back empty or did not."""
    kind, title = ("empty", "It came back empty") if comes_back else ("dead", "It stayed dead")
    found = []
    for rule in RULES:
        passed, detail = rule.judge(day, CAUSES[comes_back])
        found.append(Check(f"{kind}-{rule.id}", f"{title}: {rule.title}", passed, detail, _SPEC))
    return found


def ended(day: BrokenDay, causes: tuple[str, ...]) -> Verdict:
    """It does not wait for what will never come."""
    seconds = f"{day.ended_after_s:.0f} s after the kill"
    if day.exit_code is None:
        return False, f"it went on, and was ended {seconds}"
    return True, f"{seconds}, allowed are {END_WITHIN_S:.0f} on a quiet machine"


def no_pass(day: BrokenDay, causes: tuple[str, ...]) -> Verdict:
    """Neither by its exit code nor by its report."""
    passed = day.report.get("passed")
    verdict = "there is none" if passed is None else "passed" if passed else "not passed"
    return (
        day.exit_code == 1 and passed is False,
        f"exit code {day.exit_code}, verdict of the report: {verdict}",
    )


def cause(day: BrokenDay, causes: tuple[str, ...]) -> Verdict:
    """In the report and in what it said at the end."""
    reported = _cause(day)
    named = any(each in reported for each in causes)
    said = reported in " ".join(day.said.split())
    return named and said, f"{reported or 'no cause'}{'' if said else ', but it was not said'}"


def sums(day: BrokenDay, causes: tuple[str, ...]) -> Verdict:
    """Each image has one outcome."""
    outcomes = _outcomes(day)
    reported = ", ".join(f"{count} {name}" for name, count in outcomes.items() if count)
    right = sum(outcomes.values()) == day.planned == len(day.entries)
    return right, f"{reported or 'nothing'}, of {day.planned} planned"


def lost(day: BrokenDay, causes: tuple[str, ...]) -> Verdict:
    """Of what was uploaded, all that was not proven is listed."""
    gone = {each["key"] for each in day.entries if each["uploaded"] and not _proven(each)}
    listed = {each["key"]: str(each["why"]) for each in _listed(day, "lost")}
    if not gone | set(listed):
        return None, "nothing was under way at the kill: a shorter --day leaves something"
    explained = {key for key, why in listed.items() if _cause(day) and _cause(day) in why}
    return gone == set(listed) == explained, (
        f"{len(gone)} were uploaded and not proven, {len(listed)} are listed as lost, "
        f"{len(explained)} of them with the cause"
    )


def unsent(day: BrokenDay, causes: tuple[str, ...]) -> Verdict:
    """And not as lost: there was nothing to lose."""
    never = {each["key"] for each in day.entries if not each["uploaded"]}
    listed = {each["key"] for each in _listed(day, "unsent")}
    if not never | listed:
        return None, "all had been sent before the kill: a longer --day leaves some"
    return never == listed, f"{len(never)} were never sent, {len(listed)} are listed as unsent"


def proven(day: BrokenDay, causes: tuple[str, ...]) -> Verdict:
    """What was seen cannot be lost any more."""
    kept, whole = _outcomes(day).get("processed", 0), sum(map(_proven, day.entries))
    return (day.proven <= kept == whole) if whole else None, (
        f"{day.proven} were reported as processed before the kill, {whole} are in the ledger with "
        f"notification and output, {kept} are counted as processed"
    )


RULES = (
    Rule("ended", "the run ended by itself", ended),
    Rule("no-pass", "the run did not pass", no_pass),
    Rule("cause", "the run said why", cause),
    Rule("sums", "outcomes add up to what was planned", sums),
    Rule("lost", "what was lost is listed, with the cause", lost),
    Rule("unsent", "what was never sent is listed as unsent", unsent),
    Rule("proven", "what was proven before still counts as processed", proven),
)


def _cause(day: BrokenDay) -> str:
    return str(day.report.get("ended_early") or "")


def _outcomes(day: BrokenDay) -> dict[str, int]:
    images: Mapping[str, int] = day.report.get("images", {})
    return {name: n for name, n in images.items() if name not in {"planned", "uploaded"}}


def _listed(day: BrokenDay, outcome: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = day.report.get("listed", {}).get(outcome, [])
    return found


def _proven(entry: Mapping[str, Any]) -> bool:
    """Whether an image's notification came and its output was read."""
    return bool(entry["notices"] and entry["output"])
