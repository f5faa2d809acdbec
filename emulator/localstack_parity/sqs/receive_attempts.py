"""Receives of a FIFO queue that are made again because their answer was lost.

With the ReceiveRequestAttemptId of one before, a receive returns the same messages under the same
receipt handles for five minutes, and their visibility timeout begins anew. As long as none of them
was deleted, became visible or was given another timeout.
AWS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

import threading
import time
from dataclasses import dataclass
from typing import Any

from localstack.services.sqs.models import FifoQueue, SqsMessage

VALID_S = 300


@dataclass(frozen=True)
class _Attempt:
    """What one receive returned, and until when each message was to be invisible."""

    at: float
    answer: Any
    deadlines: tuple[tuple[SqsMessage, float | None], ...]


class ReceiveAttempts:
    """The receives that had an id, by queue and id. Called with the queue's lock held.

    All queues share it, so it has a lock of its own, too.
    """

    def __init__(self) -> None:
        self._attempts: dict[tuple[str, str], _Attempt] = {}
        self._lock = threading.Lock()

    def remember(self, queue: FifoQueue, attempt_id: str, answer: Any) -> None:
        """Keep the answer of a receive, and drop those that are too old."""
        now = time.time()
        received = [
            queue.receipts.get(message["ReceiptHandle"]) for message in answer["Messages"] or ()
        ]
        deadlines = tuple((one, one.visibility_deadline) for one in received if one)
        with self._lock:
            self._attempts = {k: it for k, it in self._attempts.items() if now < it.at + VALID_S}
            # A queue that was purged meanwhile has forgotten the messages.
            if deadlines and len(deadlines) == len(received):
                self._attempts[queue.arn, attempt_id] = _Attempt(now, answer, deadlines)

    def repeat(self, queue: FifoQueue, attempt_id: str, visibility_timeout: int | None) -> Any:
        """Return the answer of the receive with this id; None if it cannot be repeated."""
        attempt = self._attempts.get((queue.arn, attempt_id))
        if attempt is None or time.time() >= attempt.at + VALID_S:
            return None
        for message, deadline in attempt.deadlines:
            untouched = message.visibility_deadline == deadline and not message.is_visible
            if message.deleted or not untouched:
                return None
        for message, _ in attempt.deadlines:
            timeout = queue.visibility_timeout if visibility_timeout is None else visibility_timeout
            message.update_visibility_timeout(timeout)
        self.remember(queue, attempt_id, attempt.answer)
        return attempt.answer
