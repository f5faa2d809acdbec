"""A FIFO topic takes a message that comes again within five minutes, and delivers it once.

The answer has the first one's id and sequence number, and what is behind the topic gets nothing,
standard queues included. LocalStack leaves it to FIFO queues, each of which drops it by itself.

AWS: SNS Developer Guide, "Message deduplication for FIFO topics" and "FIFO topic throughput scope".
Recorded in LocalStack's tests at v4.14.0, `sns/test_sns.py::TestSNSSubscriptionSQSFifo`:
`test_fifo_topic_to_regular_sqs` and `test_publish_batch_messages_from_fifo_topic_to_fifo_queue`.
"""

import hashlib
import json
import threading
import time
from collections.abc import Iterable
from typing import Any

from localstack.services.sns.models import SnsMessage

INTERVAL_S = 300.0
_RECENT = "RecentMessages"  # in LocalStack's record of a topic, with which it is saved and dropped
_lock = threading.Lock()


def only_new(topic: dict[str, Any], messages: Iterable[SnsMessage]) -> list[SnsMessage]:
    """Return the messages to deliver; the others get the id and number that they had before."""
    fresh = []
    with _lock:
        recent: dict[str, tuple[float, str, str | None]] = topic.setdefault(_RECENT, {})
        now = time.time()
        for key in [key for key, (at, *_) in recent.items() if at + INTERVAL_S <= now]:
            del recent[key]
        for message in messages:
            key = _key(topic["attributes"], message)
            if key in recent:
                _, message.message_id, message.sequencer_number = recent[key]
            else:
                recent[key] = (now, message.message_id, message.sequencer_number)
                fresh.append(message)
    return fresh


def _key(attributes: dict[str, str], message: SnsMessage) -> str:
    """What makes two messages the same: within a topic, or within each of its message groups."""
    within = attributes.get("FifoThroughputScope") == "MessageGroup"
    text = json.dumps(message.message, sort_keys=True)
    chosen = message.message_deduplication_id or hashlib.sha256(text.encode()).hexdigest()
    return json.dumps([message.message_group_id if within else None, chosen])
