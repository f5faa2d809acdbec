"""Asynchronous invocations: queued, retried, and in the end recorded.

Takes the place of LambdaEventManager, whose poller receives every message at once and runs those
again that wait longer than their visibility timeout.

Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
invocation" (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
"""

import logging
import time
from collections.abc import Callable
from functools import partial

from localstack import config
from localstack.aws.api.lambda_ import TooManyRequestsException
from localstack.services.lambda_.invocation.lambda_models import Invocation, InvocationResult
from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager

from localstack_parity.lambda_runtime import metrics
from localstack_parity.lambda_runtime.destinations import (
    Sender,
    dead_letter_attributes,
    invocation_record,
)
from localstack_parity.lambda_runtime.event_queue import Event, EventQueue, concurrency

LOG = logging.getLogger(__name__)

DEFAULT_RETRIES = 2
DEFAULT_MAX_AGE_S = 6 * 3600
MAX_BACKOFF_S = 300
RETRY_DELAY_S = 60  # before the first retry; twice that before the second

# Called for each attempt that failed: the invocation, its result if it ran, and the condition under
# which the event is given up, None while another attempt follows.
type FailureListener = Callable[[Invocation, InvocationResult | None, str | None], None]
FAILURE_LISTENERS: list[FailureListener] = []

# Queues by function version, so that an updated version finds the events of its predecessor.
_QUEUES: dict[str, EventQueue] = {}


def at_work() -> int:
    """Return how many events are handled or due, of all functions."""
    return sum(queue.at_work() for queue in list(_QUEUES.values()))


class EventManager:
    """The asynchronous side of one function version: the same methods as LambdaEventManager.

    A request id stays the same over all attempts of an event: its invocation record has one
    ``requestId`` beside ``approximateInvokeCount``, and the logs of the attempts share it.
    """

    def __init__(self, version_manager: LambdaVersionManager) -> None:
        self.version_manager = version_manager
        self._version = version_manager.function_version
        self._sender = Sender(self._version)
        self._queue_id = f"{self._version.qualified_arn}-{version_manager.function.instance_id}"

    def start(self) -> None:
        """Take over the events of the version, those of before an update included."""
        name = f"lambda-events-{self._version.id.function_name}"
        queue = EventQueue(name, self._handle, concurrency())
        self._queue = _QUEUES.setdefault(self._queue_id, queue)
        self._queue.handler = self._handle

    def stop_for_update(self) -> None:
        """Nothing to do: the new version's manager has the queue already."""

    def stop(self) -> None:
        """Drop the events; the version is deleted, or the emulator ends."""
        _QUEUES.pop(self._queue_id, None)
        self._queue.close()

    def enqueue_event(self, invocation: Invocation) -> None:
        """Queue an event; it runs as soon as a worker is free."""
        event = Event.of(invocation)
        self._measure(event, "AsyncEventsReceived", 1, "Count", event.received)
        self._queue.put(event)

    def waiting(self) -> list[tuple[float, Event]]:
        """Return the events that are queued, each with the seconds until it is due."""
        return self._queue.waiting()

    def take_over(self, waiting: list[tuple[float, Event]]) -> None:
        """Queue events that were waiting in another emulator."""
        for delay_s, event in waiting:
            self._queue.put(event, delay_s)

    def _handle(self, event: Event) -> None:
        """Run an event once and decide what follows."""
        age_s = time.time() - event.received
        try:
            result = self.version_manager.invoke(invocation=event.invocation)
        except Exception as problem:
            self._postpone(event, problem)
            return
        self._measure(event, "AsyncEventAge", age_s * 1000, "Milliseconds", event.received + age_s)
        event.postponed = 0
        if not result.is_error:
            self._succeed(event, result)
        elif event.retries >= self._setting("maximum_retry_attempts", DEFAULT_RETRIES):
            self._fail(event, "RetriesExhausted", result)
        else:
            delay_s = (event.retries + 1) * config.LAMBDA_RETRY_BASE_DELAY_SECONDS
            # A test that has retries come sooner must still learn that AWS would not make them.
            on_aws_s = max(delay_s, (event.retries + 1) * RETRY_DELAY_S)
            if self._expires_within(event, on_aws_s):
                self._fail(event, "EventAgeExceeded", result)
            else:
                event.retries += 1
                event.skipped_s += on_aws_s - delay_s
                self._queue.put(event, delay_s)
                self._tell(event, result, None)

    def _postpone(self, event: Event, problem: Exception) -> None:
        """Put back an event that could not run: throttled, or the platform failed.

        "The retry interval increases exponentially from 1 second after the first attempt to a
        maximum of 5 minutes", and Lambda "reduces the rate at which it reads events".
        """
        delay_s = min(2**event.postponed, MAX_BACKOFF_S)
        if self.version_manager.function.reserved_concurrent_executions == 0:
            self._fail(event, "ZeroReservedConcurrency", None)
            return
        if self._expires_within(event, delay_s):
            self._fail(event, "EventAgeExceeded", None)
            return
        event.postponed += 1
        self._queue.put(event, delay_s)
        if isinstance(problem, TooManyRequestsException):
            self._queue.pause(1.0)
        else:
            LOG.warning("%s could not be invoked: %s", self._version.qualified_arn, problem)

    def _succeed(self, event: Event, result: InvocationResult) -> None:
        if target := self._destination("OnSuccess"):
            record = invocation_record(event, self._version, "Success", result)
            send = partial(self._sender.send_record, target, event, record)
            self._deliver(event, send, "DestinationDeliveryFailures")

    def _fail(self, event: Event, condition: str, result: InvocationResult | None) -> None:
        """Give an event up; what is configured is notified of it."""
        self._tell(event, result, condition)
        self._measure(event, "AsyncEventsDropped", 1, "Count", time.time())
        if target := self._destination("OnFailure"):
            record = invocation_record(event, self._version, condition, result)
            send = partial(self._sender.send_record, target, event, record)
            self._deliver(event, send, "DestinationDeliveryFailures")
        if dead_letters := self._version.config.dead_letter_arn:
            attributes = dead_letter_attributes(event, condition, result)
            send = partial(self._sender.send_dead_letter, dead_letters, event, attributes)
            self._deliver(event, send, "DeadLetterErrors")

    def _tell(self, event: Event, result: InvocationResult | None, condition: str | None) -> None:
        for listener in FAILURE_LISTENERS:
            listener(event.invocation, result, condition)

    def _deliver(self, event: Event, send: Callable[[], None], failure_metric: str) -> None:
        try:
            send()
        except Exception as e:
            LOG.warning("%s of %s: %s", failure_metric, self._version.qualified_arn, e)
            self._measure(event, failure_metric, 1, "Count", time.time())

    def _setting(self, name: str, default: int) -> int:
        """A number of the EventInvokeConfig, or the default."""
        value = getattr(self._invoke_config(), name, None)
        return default if value is None else int(value)

    def _destination(self, kind: str) -> str | None:
        destinations = getattr(self._invoke_config(), "destination_config", None) or {}
        target: str | None = destinations.get(kind, {}).get("Destination")
        return target

    def _invoke_config(self) -> object | None:
        """The EventInvokeConfig as it is now: it may change while events wait."""
        configs = self.version_manager.function.event_invoke_configs
        found: object | None = configs.get(self._version.id.qualifier)
        return found

    def _expires_within(self, event: Event, delay_s: float) -> bool:
        max_age_s = self._setting("maximum_event_age_in_seconds", DEFAULT_MAX_AGE_S)
        return time.time() + event.skipped_s + delay_s - event.received > max_age_s

    def _measure(self, event: Event, name: str, value: float, unit: str, at: float) -> None:
        metrics.record_values(self._version.id, event.invoked_arn, at, {name: (value, unit)})
