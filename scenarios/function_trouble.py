"""A function that crashes, hangs and runs out of memory in the midst of its work.

Arrange: one stack. Disturb: invocations that are killed, brought to a standstill or left without
memory just before one of their calls. Expect: each image comes out once all the same; the alarm on
errors is raised by six, not by five; and what always fails waits to be sent again, and then works.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from harness.alarms import (
    BREACH_FORGOTTEN_S,
    BREACH_SEEN_S,
    Alarm,
    alarm_on,
    comes_to,
    compression,
)
from harness.evidence import checks
from harness.evidence.check import Check, Verdict, rule
from harness.evidence.ledger import Entry, Notice
from harness.evidence.observations import Run
from harness.faults.function_settings import timeout
from harness.faults.injection import compressed, disturbed
from harness.images.corpus import Picture
from harness.images.edge_cases import picture
from harness.polling import stretched
from harness.redrive import redrive
from harness.run.contracts import guarantee, try_all
from harness.run.failure_queue import waiting_failures
from harness.run.probe import Broken, Probe
from harness.run.scenario import Context
from harness.run.wiring import datapoints

TITLE = "the function crashes, hangs, runs out of memory: retried, notified, redriven"
GATE = 0
OPTIONS = ()  # what it sends is its own
NEEDS = frozenset({"faults"})

RETRY_S = 1.0
TIMEOUT_S = 6  # in the place of a minute, so that what hangs is ended sooner

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"
_CLOUDWATCH = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"

# Each meets the first attempt of the image of its number.
TROUBLES: Sequence[Mapping[str, Any]] = (
    {"fault": "crash", "before": "s3:GetObject"},
    {"fault": "crash", "before": "s3:PutObject"},
    {"fault": "crash", "before": "sns:Publish"},
    {"fault": "out-of-memory", "before": "s3:PutObject"},
    {"fault": "timeout", "before": "s3:PutObject"},
)
ATTEMPTS = 3
ALLOWED = 5  # errors that the alarm lets pass
ERRORS = len(TROUBLES) + ALLOWED + (ALLOWED + 1) + ATTEMPTS


def run(context: Context) -> tuple[Run, list[Check]]:
    """Cause one trouble after the other, and judge what was seen of them."""
    target, function = context.target, context.stack.function
    context.compressed(f"Lambda retried after {RETRY_S:g} and {2 * RETRY_S:g} s, not 60 and 120 s")
    # Where processes queue for the cores, six seconds would also end what does not hang. Three
    # times as long leaves the six errors within the five minutes that the alarm looks at.
    timeout_s = min(3 * TIMEOUT_S, math.ceil(stretched(TIMEOUT_S)))
    context.compressed(f"an invocation timed out after {timeout_s} s, not after the template's 60")
    context.compressed(compression(BREACH_FORGOTTEN_S))
    with compressed(target, lambda_retry_s=RETRY_S), timeout(target, function, timeout_s):
        alone = [retried, five_are_quiet, six_are_notified, given_up, alarm_ends]
        finished, kept = try_all(context, [quiet], [], alone)
    rules = [errors_counted, checks.structured_logs, checks.accounted]
    return finished, [*kept, *(each(finished) for each in rules)]


@guarantee("quiet", f"{_CLOUDWATCH}AlarmThatSendsEmail.html")
def quiet(probe: Probe) -> str:
    """Without trouble, images come out and the alarm on errors is not raised."""
    name = _alarm(probe)["AlarmName"]
    if comes_to(probe.target, name, "OK", BREACH_FORGOTTEN_S) == "ALARM":
        raise Broken(f"{name} stays in ALARM")
    probe.prove([picture("quiet.jpg")])
    return "it is OK"


@guarantee("retried", f"{_LAMBDA}invocation-async-error-handling.html")
def retried(probe: Probe) -> str:
    """What dies in mid-flight is tried again, and comes out once."""
    pictures = [picture(f"trouble/{number}.jpg", number) for number in range(len(TROUBLES))]
    rules = [
        {**fault, "key": f"*/trouble/{number}.jpg", "attempt": 1}
        for number, fault in enumerate(TROUBLES)
    ]
    sent = _under(probe, rules, pictures)
    for entry in sent:
        if len(probe.notices_of(entry)) != 1 or len(probe.versions(entry)) != 1:
            raise Broken(
                f"{entry.key} was notified {len(probe.notices_of(entry))} times and written "
                f"{len(probe.versions(entry))} times"
            )
    return ", ".join(f"{fault['fault']} before {fault['before']}" for fault in TROUBLES)


@guarantee("five-errors", f"{_CLOUDWATCH}AlarmThatSendsEmail.html")
def five_are_quiet(probe: Probe) -> str:
    """Five errors in five minutes are no alarm."""
    alarm = _alarm(probe)
    _wait_for_errors(probe, alarm, len(TROUBLES))
    _crash_anew(probe, alarm, ALLOWED)
    if comes_to(probe.target, alarm["AlarmName"], "ALARM", BREACH_SEEN_S) == "ALARM":
        raise Broken(f"{alarm['AlarmName']} was raised by {ALLOWED} errors")
    return f"after {ALLOWED} errors"


@guarantee("six-errors", f"{_CLOUDWATCH}AlarmThatSendsEmail.html")
def six_are_notified(probe: Probe) -> str:
    """Six errors in five minutes raise the alarm, and the topic is notified of it."""
    _crash_anew(probe, _alarm(probe), ALLOWED + 1)
    return _require_notified(probe, "ALARM", BREACH_SEEN_S)


@guarantee("given-up", f"{_LAMBDA}invocation-async-retain-records.html")
def given_up(probe: Probe) -> str:
    """What always fails is announced once and waits in the queue; sent again, it works."""
    doomed = picture("doomed.jpg", 8)
    rules = [{"fault": "crash", "before": "s3:PutObject", "key": "*/doomed.jpg"}]
    with disturbed(probe.target, invocations=_of(probe, rules)) as disturbance:
        sent = probe.put_picture(doomed, "failed")
        notice = probe.await_notice(sent)
        struck = len(disturbance.journal())
    if struck != ATTEMPTS:
        raise Broken(f"{sent.key} was tried {struck} times, not {ATTEMPTS}")
    if probe.versions(sent):
        raise Broken(f"{sent.key} failed and yet has an output")
    if waiting_failures(probe.target, probe.stack, [sent.key]) != [sent.key]:
        raise Broken(f"the event of {sent.key} is not in the failure queue")
    redrive(probe.target, probe.stack, execute=True)
    sent.expected = replace(sent.expected, status="processed")
    probe.expect(sent, doomed, after=1)
    if len(probe.versions(sent)) != 1 or len(probe.notices_of(sent)) != 2:
        raise Broken(f"{sent.key} was notified {len(probe.notices_of(sent))} times")
    if waiting := redrive(probe.target, probe.stack).items:
        raise Broken(f"{len(waiting)} messages are left in the failure queue")
    condition, attempts = notice.get("condition"), notice.get("attempts")
    return f"reported as {condition} after {attempts} attempts, then processed"


@guarantee("alarm-ends", f"{_CLOUDWATCH}AlarmThatSendsEmail.html")
def alarm_ends(probe: Probe) -> str:
    """The alarm ends with the errors, and the topic is notified of it."""
    return _require_notified(probe, "OK", BREACH_FORGOTTEN_S)


@rule("errors", "Every error was counted, and no other", f"{_LAMBDA}monitoring-metrics-types.html")
def errors_counted(run: Run) -> Verdict:
    """Time-outs and the function's death are errors of the invocation too."""
    if run.seen.metrics is None:
        return None, run.seen.missing.get("metrics", "it was not looked at")
    return run.seen.metrics.errors == ERRORS, f"{run.seen.metrics.errors:g} of {ERRORS}"


def _under(
    probe: Probe, rules: Sequence[Mapping[str, Any]], pictures: Sequence[Picture]
) -> list[Entry]:
    """Upload pictures, have each struck by its rule once, and prove that they come out right."""
    with disturbed(probe.target, invocations=_of(probe, rules)) as disturbance:
        sent = [probe.put_picture(each) for each in pictures]
        for entry, each in zip(sent, pictures, strict=True):
            probe.expect(entry, each)
        if (struck := len(disturbance.journal())) != len(rules):
            raise Broken(f"{struck} invocations met a fault, not {len(rules)}: nothing is proven")
    return sent


def _of(probe: Probe, rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rules for this run's images alone."""
    return [
        {**rule, "key": f"*/{probe.folder}{rule['key'][1:]}"} | {"function": probe.stack.function}
        for rule in rules
    ]


def _alarm(probe: Probe) -> Alarm:
    """The stack's alarm on errors."""
    if alarm := alarm_on(probe.target, probe.stack, "Errors"):
        return alarm
    raise Broken("the stack has no alarm on Errors of the function")


def _wait_for_errors(probe: Probe, alarm: Alarm, count: int) -> None:
    """Return once the metric has so many errors of this run."""

    def counted() -> bool:
        return _errors(probe, alarm) >= count

    probe.wait(f"the metric Errors to count {count}", counted)


def _errors(probe: Probe, alarm: Alarm) -> int:
    """How many errors the metric has of this run."""
    return int(sum(datapoints(probe, alarm, "Sum", 60)))


def _crash_anew(probe: Probe, alarm: Alarm, count: int) -> None:
    """Have so many pictures crash once each, and return when the metric has counted it.

    The alarm has forgotten the errors before. Else it would depend on the speed of the machine how
    many of them are still within its period, and on a busy one it saw too few.
    """
    before, folder = _errors(probe, alarm), f"{count}-errors"
    comes_to(probe.target, alarm["AlarmName"], "OK", BREACH_FORGOTTEN_S)
    pictures = [picture(f"{folder}/{number}.jpg", 10 * count + number) for number in range(count)]
    crash = {"fault": "crash", "before": "s3:PutObject", "attempt": 1}
    _under(
        probe, [{**crash, "key": f"*/{folder}/{number}.jpg"} for number in range(count)], pictures
    )
    _wait_for_errors(probe, alarm, before + count)


def _require_notified(probe: Probe, state: str, after_s: int) -> str:
    """The alarm comes to a state and the topic is notified, as often as it did: once."""
    name = _alarm(probe)["AlarmName"]
    if (found := comes_to(probe.target, name, state, after_s)) != state:
        raise Broken(f"{name} is {found}, not {state}")
    probe.wait(f"the notification that {name} is {state}", partial(_notified, probe, name, state))
    return f"{name} came to {state}"


def _notified(probe: Probe, alarm: str, state: str) -> list[Notice]:
    return [n for n in probe.notices(f"alarm {state}") if n.body["AlarmName"] == alarm]
