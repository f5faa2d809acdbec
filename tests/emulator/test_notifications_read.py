"""What a run's queue holds while its notifications are read."""

import threading
import uuid
from pathlib import Path
from typing import Any

from harness.evidence.ledger import Notice
from harness.polling import wait_until
from harness.run.notifications import subscribed
from harness.settings import Settings
from harness.targets.endpoint import EndpointTarget
from tests.emulator.conftest import Emulator

MESSAGES = 23


def test_what_was_read_is_not_in_the_queue_any_more(emulator: Emulator, tmp_path: Path) -> None:
    """About 120,000 messages in flight are the most, and the next are not delivered then.

    SQS Developer Guide, "Amazon SQS standard queue quotas".
    """
    target = EndpointTarget(Settings(endpoint=emulator.endpoint, state_dir=tmp_path))
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topic, name = sns.create_topic(Name=f"t-{uuid.uuid4().hex}")["TopicArn"], uuid.uuid4().hex
    received: list[Notice] = []
    lock = threading.Lock()

    def hear(notice: Notice) -> None:
        with lock:
            received.append(notice)

    with subscribed(target, topic, name) as listen:
        for number in range(MESSAGES):
            sns.publish(TopicArn=topic, Message=f'{{"number": {number}}}')
        listen(hear)
        wait_until(
            lambda: len(received) >= MESSAGES and _held(sqs, name) == 0,
            deadline_s=30,
            describe="every message to be read and deleted",
        )
    sns.delete_topic(TopicArn=topic)
    assert sorted(notice.body["number"] for notice in received) == list(range(MESSAGES))


def _held(sqs: Any, name: str) -> int:
    """How many messages a queue has, visible or in flight."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(map(int, found.values()))
