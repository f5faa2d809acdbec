"""The notifications of a run, through a queue of its own.

The queue may receive from the stack's topic alone, is subscribed to it and read while the run goes
on, and is removed with its subscription at the end.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.evidence.ledger import Notice
from harness.stack.abandoned import queue_removal, take
from harness.targets.target import Target
from harness.targets.undo_log import note

_BATCH = 10  # the most that SQS gives at once
_LONG_POLL_S = 1
_PAUSE_S = 0.25  # after an answer with room left: fewer, fuller answers spare the emulator
_RETRY_S = 1.0  # after an error
_NOT_AGAIN_S = 43_200  # the longest visibility timeout: no message comes twice, deleted or not

type Receive = Callable[[Notice], None]


@contextmanager
def subscribed(
    target: Target, topic_arn: str, name: str, gone: threading.Event | None = None
) -> Iterator[Callable[[Receive], None]]:
    """A queue called `name` that gets the topic's notifications; removed when the context ends.

    What it gives takes a function, which from then on gets every notification, in another thread.
    `gone` is set when the queue is not there any more, and with it all that the target knew. Set it
    to say that the target itself is gone: then nothing is removed from it.
    """
    gone = gone or threading.Event()
    stop, undo = threading.Event(), queue_removal(name, topic_arn)
    undone = note(target, undo)
    try:
        queue = _subscribed_queue(target, topic_arn, name)

        def listen(receive: Receive) -> None:
            threading.Thread(
                target=_read,
                args=(target.client("sqs"), queue, receive, stop, gone),
                name="notifications",
                daemon=True,
            ).start()

        yield listen
    finally:
        stop.set()
        if gone.is_set():
            undone()
        else:
            with suppress(BotoCoreError, ClientError):
                take(target, undo)
                undone()


def _subscribed_queue(target: Target, topic_arn: str, name: str) -> str:
    """Make a queue that gets what the topic is sent; its URL."""
    sqs, sns = target.client("sqs"), target.client("sns")
    url = sqs.create_queue(
        QueueName=name,
        Attributes={
            "VisibilityTimeout": str(_NOT_AGAIN_S),
            "SqsManagedSseEnabled": "true",
        },
    )["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = found["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _policy(arn, topic_arn)})
    sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
        ReturnSubscriptionArn=True,
    )
    return str(url)


def forgotten(target: Target, name: str) -> bool:
    """Whether the target has no queue of that name any more; False where it does not say.

    Only who made the queue removes it: without it, the target has lost what it held. The reading
    thread learns of that too, but maybe only when the run is already over.
    """
    sqs = target.client("sqs")
    try:
        sqs.get_queue_url(QueueName=name)
    except sqs.exceptions.QueueDoesNotExist:
        return True
    except (BotoCoreError, ClientError):
        return False
    return False


def _policy(queue_arn: str, topic_arn: str) -> str:
    """Only this topic may send ("Subscribing an Amazon SQS queue to an Amazon SNS topic")."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _read(
    sqs: Any, queue: str, receive: Receive, stop: threading.Event, gone: threading.Event
) -> None:
    """Give every message to `receive`, each once: standard queues may deliver one repeatedly."""
    seen: set[str] = set()
    read: list[str] = []  # receipt handles of what is to be deleted
    while not stop.is_set():
        try:
            answer = sqs.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=_BATCH, WaitTimeSeconds=_LONG_POLL_S
            )
        except sqs.exceptions.QueueDoesNotExist:
            gone.set()
            return
        except (BotoCoreError, ClientError):
            stop.wait(_RETRY_S)
            continue
        messages = answer.get("Messages", [])
        for message in messages:
            if message["MessageId"] not in seen:
                seen.add(message["MessageId"])
                receive(Notice(time.time(), read_body(message["Body"])))
        read += [message["ReceiptHandle"] for message in messages]
        if len(read) >= _BATCH or not messages:
            _delete(sqs, queue, read[:_BATCH])
            del read[:_BATCH]
        if len(messages) < _BATCH:
            stop.wait(_PAUSE_S)


def _delete(sqs: Any, queue: str, handles: Sequence[str]) -> None:
    """Have the queue forget what was read, at most a batch.

    Until then it is in flight, and of about 120,000 messages in flight on a queue gives no more,
    without an error (SQS Developer Guide, "Amazon SQS standard queue quotas").
    """
    if handles:
        entries = [
            {"Id": str(place), "ReceiptHandle": handle} for place, handle in enumerate(handles)
        ]
        with suppress(BotoCoreError, ClientError):
            sqs.delete_message_batch(QueueUrl=queue, Entries=entries)


def read_body(text: str) -> dict[str, Any]:
    """The JSON object in a message; what is none is kept as text, for the report.

    Texts are kept once: names and formats are the same in most messages, and keys, versions and ids
    in what is read of upload, output and log, too.
    """
    try:
        body = json.loads(text, object_pairs_hook=_shared)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"status": "unreadable", "text": text}


def _shared(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {
        sys.intern(name): sys.intern(value) if isinstance(value, str) else value
        for name, value in pairs
    }
