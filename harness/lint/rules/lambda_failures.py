"""E942x: failure handling: events are retried, and failures are kept."""

from collections.abc import Iterable
from typing import Any

from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Resource, Stack
from harness.stack.required.described import number
from harness.stack.required.functions import (
    DEFAULT_EVENT_AGE_S,
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT_S,
    event_age_needed_s,
)

_FOUR_DAYS_S = 345_600  # what SQS keeps by default, and longer than a weekend
# What SQS takes by default. A record holds the event and the answer: an event may be that large.
_RECORD_BYTES = 262_144


class FailuresAreKept(StackRule):
    """CreateFunction refuses a FIFO queue; messages that have expired are gone without a word."""

    id = "E9422"
    shortdesc = "Queues for failures are standard ones, take them whole, keep them four days"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Queues that Lambda, or a queue, sends to what it could not deliver."""
        for queue in _failure_queues(stack):
            if str(queue.properties.get("FifoQueue", False)).lower() == "true":
                yield queue.path("FifoQueue"), f"{queue.logical_id} is FIFO: Lambda cannot use it"
            kept = queue.properties.get("MessageRetentionPeriod", _FOUR_DAYS_S)
            if str(kept).isdigit() and int(str(kept)) < _FOUR_DAYS_S:
                path = queue.path("MessageRetentionPeriod")
                yield path, f"{queue.logical_id} loses failures after {int(str(kept)) / 3600:.1f} h"
            largest = str(queue.properties.get("MaximumMessageSize", _RECORD_BYTES))
            if largest.isdigit() and int(largest) < _RECORD_BYTES:
                path = queue.path("MaximumMessageSize")
                yield path, f"{queue.logical_id} takes {largest} bytes; records have more"


class FaultsAreTriedAgain(StackRule):
    """One bad moment of a service is then reported as a failure, for a person to send again."""

    id = "W9423"
    shortdesc = "Events are tried again before they are given up"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each function whose events have one attempt."""
        for config in stack.of("AWS::Lambda::EventInvokeConfig"):
            if str(config.properties.get("MaximumRetryAttempts")) == "0":
                yield config.path("MaximumRetryAttempts"), "The first fault is the last"


class RetriesHaveTime(StackRule):
    """An event that is too old for its next attempt is given up, and counts as failed."""

    id = "E9424"
    shortdesc = "Events live long enough for their retries"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each function whose events expire before the last retry, if each attempt times out."""
        for config in stack.of("AWS::Lambda::EventInvokeConfig"):
            given = config.properties
            function = stack.known_as(given.get("FunctionName"), "AWS::Lambda::Function")
            retries = number(given.get("MaximumRetryAttempts", DEFAULT_RETRIES))
            age_s = number(given.get("MaximumEventAgeInSeconds", DEFAULT_EVENT_AGE_S))
            if function is None or retries is None or age_s is None:
                continue
            timeout_s = number(function.properties.get("Timeout", DEFAULT_TIMEOUT_S)) or 0
            needed_s = event_age_needed_s(int(retries), timeout_s)
            if age_s < needed_s:
                yield (
                    config.path("MaximumEventAgeInSeconds"),
                    f"Events of {function.logical_id} are given up after {age_s:g} s; the last of "
                    f"{retries:g} retries may come after {needed_s:g} s",
                )


def _failure_queues(stack: Stack) -> list[Resource]:
    """The queues to which Lambda sends what a function could not finish."""
    targets: list[Any] = []
    for function in stack.of("AWS::Lambda::Function"):
        targets.append((function.properties.get("DeadLetterConfig") or {}).get("TargetArn"))
    for config in stack.of("AWS::Lambda::EventInvokeConfig"):
        on_failure = (config.properties.get("DestinationConfig") or {}).get("OnFailure") or {}
        targets.append(on_failure.get("Destination"))
    queues = [stack.known_as(target, "AWS::SQS::Queue") for target in targets]
    return list({queue.logical_id: queue for queue in queues if queue}.values())
