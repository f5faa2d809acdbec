"""Redrive: the events in the failure queue are sent to the function again.

AWS: "Capturing records of Lambda asynchronous invocations",
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import batched
from typing import Any
from urllib.parse import unquote_plus

from botocore.exceptions import BotoCoreError, ClientError

from harness.stack.deployed import Stack
from harness.targets.target import Target

LIMIT = 10_000  # messages at a time
_HELD_S = 60  # how long others do not see what is being read, if it cannot be given back
_PAGE = 10  # the most that SQS hands out at once
_ACCEPTED = 202


@dataclass(frozen=True)
class Failure:
    """A failed invocation, as the queue holds it.

    `before` are the requests of the same event that had failed earlier, first to last: it was
    redriven already. `images` have bucket, key and versionId. `failed_at` is ISO 8601.
    """

    request_id: str
    before: tuple[str, ...]
    images: tuple[Mapping[str, str | None], ...]
    condition: str
    attempts: int | None
    failed_at: str
    error: str
    event: Mapping[str, Any]

    def event_again(self) -> dict[str, Any]:
        """The event with all requests that failed with it: any may have claimed to announce it."""
        failed = [*self.before, self.request_id]
        return {**self.event, "redriveOf": failed if self.before else self.request_id}


@dataclass(frozen=True)
class Item:
    """A message, and what was or would be done with it.

    `action` is "send" (in a dry run), "sent", "repeat" (the failure was in the queue twice, and is
    sent once), "left" (not ours to send) or "refused" (by Lambda). `why` says more of it;
    `sent_as` is the id of the new request.
    """

    message_id: str
    action: str
    failure: Failure | None = None
    why: str = ""
    sent_as: str | None = None


@dataclass(frozen=True)
class Redrive:
    """What was done. `in_flight` are messages that others have received and may give back."""

    executed: bool
    items: tuple[Item, ...]
    in_flight: int

    def count(self, *actions: str) -> int:
        """How many messages had one of these `actions`."""
        return sum(item.action in actions for item in self.items)


def redrive(
    target: Target,
    stack: Stack,
    *,
    execute: bool = False,
    report: Callable[[Item], None] = lambda item: None,
) -> Redrive:
    """Go through the failure queue; with `execute` send each failed event again.

    A message is deleted once Lambda has accepted its event. All others can be seen again by
    everybody at the end, also if this is interrupted; if it is killed, after a minute. An event
    that is sent twice, because this was killed in between, is announced once all the same. `report`
    receives each message at once. What fails again meanwhile is left for another time.
    """
    sqs, url = target.client("sqs"), stack.failure_queue
    function = stack.function_arn
    in_flight = _taken_by_others(sqs, url)
    items: list[Item] = []
    handled: set[str] = set()  # requests whose event is with the function again
    sent: set[str] = set()  # the requests that this has made
    with _taken(sqs, url) as taken:
        for message in _messages(sqs, url, taken):
            item = _plan(message, function, handled, sent)
            if execute and item.action == "send":
                item = _send(target.client("lambda"), function, item)
            if execute and item.action in ("sent", "repeat"):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=taken.pop(item.message_id))
            if item.failure and item.action in ("send", "sent"):
                handled.add(item.failure.request_id)
            if item.sent_as:
                sent.add(item.sent_as)
            items.append(item)
            report(item)
    return Redrive(execute, tuple(items), in_flight)


def read(body: str, function: str) -> Failure | str:
    """The failed invocation of `function` (an ARN) in a message, or why it is none."""
    try:
        record = json.loads(body)
        context, event = record["requestContext"], record["requestPayload"]
        arn, request_id = str(context["functionArn"]), str(context["requestId"])
    except (ValueError, TypeError, KeyError):
        return "it is no record of an invocation"
    if arn not in (function, f"{function}:$LATEST"):
        return f"it is a record of {arn}"
    if not isinstance(event, dict):
        return "its event is no JSON object, and the function takes nothing else"
    answer = record.get("responsePayload")
    before = event.get("redriveOf") or []
    return Failure(
        request_id=request_id,
        before=tuple(str(id_) for id_ in (before if isinstance(before, list) else [before])),
        images=tuple(_images(event)),
        condition=str(context.get("condition", "unknown")),
        attempts=context.get("approximateInvokeCount"),
        failed_at=str(record.get("timestamp", "unknown")),
        error=str(answer.get("errorMessage") or "") if isinstance(answer, dict) else "",
        event=event,
    )


def _images(event: Mapping[str, Any]) -> Iterator[Mapping[str, str | None]]:
    """The uploads in an event of S3's; none for another event."""
    records = event.get("Records")
    for record in records if isinstance(records, list) else []:
        with suppress(KeyError, TypeError):
            object_ = record["s3"]["object"]
            yield {
                "bucket": record["s3"]["bucket"]["name"],
                "key": unquote_plus(object_["key"]),
                "versionId": object_.get("versionId"),
            }


def _plan(message: Mapping[str, Any], function: str, handled: set[str], sent: set[str]) -> Item:
    """What is to be done with a message."""
    found = read(message["Body"], function)
    if isinstance(found, str):
        return Item(message["MessageId"], "left", why=found)
    if found.request_id in sent:
        why = "it was sent again just now and has failed again"
        return Item(message["MessageId"], "left", found, why)
    if found.request_id in handled:
        return Item(message["MessageId"], "repeat", found, "the queue has this failure twice")
    return Item(message["MessageId"], "send", found)


def _send(lambda_: Any, function: str, item: Item) -> Item:
    """Hand the event to the function without waiting for it; 202 says that Lambda has it."""
    assert item.failure
    try:
        answer = lambda_.invoke(
            FunctionName=function,
            InvocationType="Event",
            Payload=json.dumps(item.failure.event_again()).encode(),
        )
    except ClientError as error:
        return replace(item, action="refused", why=str(error))
    if answer["StatusCode"] != _ACCEPTED:
        return replace(item, action="refused", why=f"Lambda answered {answer['StatusCode']}")
    return replace(item, action="sent", sent_as=str(answer["ResponseMetadata"]["RequestId"]))


def _taken_by_others(sqs: Any, url: str) -> int:
    """How many messages somebody has received and not deleted."""
    name = "ApproximateNumberOfMessagesNotVisible"
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(answer["Attributes"][name])


def _messages(sqs: Any, url: str, taken: dict[str, str]) -> Iterator[Mapping[str, Any]]:
    """Every message that can be had, once, at most LIMIT; their receipt handles are in `taken`.

    Long polling asks all of SQS's servers, so no answer means that there is no more ("Amazon SQS
    short and long polling").
    """
    seen: set[str] = set()
    while len(seen) < LIMIT:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_PAGE,
            VisibilityTimeout=_HELD_S,
            WaitTimeSeconds=1,
        )
        messages = answer.get("Messages", [])
        taken |= {message["MessageId"]: message["ReceiptHandle"] for message in messages}
        fresh = [message for message in messages if message["MessageId"] not in seen]
        if not fresh:
            return
        seen |= {message["MessageId"] for message in fresh}
        yield from fresh


@contextmanager
def _taken(sqs: Any, url: str) -> Iterator[dict[str, str]]:
    """Receipt handles by message id; what is still in there at the end is visible again."""
    taken: dict[str, str] = {}
    try:
        yield taken
    finally:
        for handles in batched(taken.values(), _PAGE, strict=False):
            # A target that is gone gives them back by itself, and so does one that refuses.
            with suppress(BotoCoreError, ClientError):
                sqs.change_message_visibility_batch(QueueUrl=url, Entries=_visible(handles))


def _visible(handles: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
        for number, handle in enumerate(handles)
    ]
