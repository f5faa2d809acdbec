"""What SQS reports about queues, as CloudWatch metrics in the namespace AWS/SQS.

What happens to messages is counted as it happens. How many messages a queue holds, and how old
the oldest is, is measured once a minute for every queue, and whenever time is let pass for alarms:
so an alarm on a queue's depth sees a value in each period.

AWS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
There a queue that nobody used for six hours is no longer measured, and one that comes back may be
measured up to 15 minutes late; here each is measured for as long as it exists.
"""

import logging
import threading
import time
from collections.abc import Iterator

from localstack.services.sqs.models import (
    FifoQueue,
    SqsMessage,
    SqsQueue,
    StandardQueue,
    sqs_stores,
)

from localstack_parity.cloudwatch import alarm_clock
from localstack_parity.cloudwatch.measurements import Measurement, Series, record
from localstack_parity.stores import every

LOG = logging.getLogger(__name__)

NAMESPACE = "AWS/SQS"
MINUTE = 60
# Late in the minute, so that what arrived in it counts in it; early enough for a busy machine not
# to slip into the next one, which would then have two values and this one none.
SECOND_OF_MINUTE = 50
# A message that was received more often is a "poison pill" and has no part in the age.
MOST_RECEIVES = 3


def sent(queue: SqsQueue, size: int, *, deduplicated: bool) -> None:
    """Count a message that a queue accepted; `size` is in bytes."""
    if deduplicated:
        record(_measurement(queue, "NumberOfDeduplicatedSentMessages", 1))
    else:
        record(
            _measurement(queue, "NumberOfMessagesSent", 1),
            _measurement(queue, "SentMessageSize", size, "Bytes"),
        )


def received(queue: SqsQueue, messages: int) -> None:
    """Count what a call of ReceiveMessage returned."""
    if messages:
        record(_measurement(queue, "NumberOfMessagesReceived", messages))
    else:
        record(_measurement(queue, "NumberOfEmptyReceives", 1))


def deleted(queue: SqsQueue, messages: int = 1) -> None:
    """Count deletions that succeeded, also of what had been deleted before, as SQS does."""
    if messages:
        record(_measurement(queue, "NumberOfMessagesDeleted", messages))


class Gauges:
    """The thread that measures all queues once a minute."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        alarm_clock.measure_first(self._measure)

    def start(self) -> None:
        """Begin to measure, if that has not begun."""
        if self._thread is None:
            # Another one than that of the thread before, which may not have seen that it is set.
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._stop,), name="queue-gauges", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Measure no more."""
        self._stop.set()
        self._thread = None

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(MINUTE - (time.time() - SECOND_OF_MINUTE) % MINUTE):
            self._measure()

    def _measure(self) -> None:
        for _, _, store in every(sqs_stores):
            for queue in list(store.queues.values()):
                try:
                    record(*_gauges(queue))
                except Exception as e:  # the other queues are to be measured all the same
                    LOG.warning("Queue %s cannot be measured: %s", queue.arn, e)


def _gauges(queue: SqsQueue) -> Iterator[Measurement]:
    with queue.mutex:
        counts = {
            "ApproximateNumberOfMessagesVisible": queue.approximate_number_of_messages,
            "ApproximateNumberOfMessagesNotVisible": len(queue.inflight),
            "ApproximateNumberOfMessagesDelayed": len(queue.delayed),
        }
        if isinstance(queue, FifoQueue):
            groups = {message.message_group_id for message in queue.inflight}
            counts["ApproximateNumberOfGroupsWithInflightMessages"] = len(groups)
        now = time.time()
        ages = [now - message.created for message in _waiting(queue)]
    for name, count in counts.items():
        yield _measurement(queue, name, count)
    yield _measurement(queue, "ApproximateAgeOfOldestMessage", int(max(ages, default=0)), "Seconds")


def _waiting(queue: SqsQueue) -> Iterator[SqsMessage]:
    """The messages whose age counts: of a standard queue those that are no poison pills."""
    yield from queue.delayed
    if isinstance(queue, FifoQueue):
        yield from queue.inflight
        for group in queue.message_groups.values():
            yield from group.messages
    elif isinstance(queue, StandardQueue):
        # Receivers take from the heap without the queue's lock, so it is copied in one step.
        for message in [*queue.inflight, *list(queue.visible.queue)]:
            if message.receive_count <= MOST_RECEIVES:
                yield message


def _measurement(queue: SqsQueue, name: str, value: float, unit: str = "Count") -> Measurement:
    dimensions = (("QueueName", queue.name),)
    where = (queue.account_id, queue.region, NAMESPACE)
    return Measurement(Series(*where, name, dimensions, unit, int(time.time())), value)
