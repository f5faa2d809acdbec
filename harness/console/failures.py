"""What the page Failures shows: how many messages wait in the failure queue, and the redrive.

It is `tapstack redrive`, dry run first.
"""

from dataclasses import asdict
from typing import Any

from harness.naming import command
from harness.redrive import Item, redrive
from harness.stack.deployed import Stack
from harness.targets.target import Target

SHOWN = 200  # messages
_COUNTED = {
    "waiting": "ApproximateNumberOfMessages",
    "taken": "ApproximateNumberOfMessagesNotVisible",
}


def count(target: Target, stack: Stack) -> dict[str, Any]:
    """How many messages wait, and how many somebody has received and not deleted."""
    if stack.missing("failure_queue"):
        return {"there": False, "waiting": 0, "taken": 0}
    names = list(_COUNTED.values())
    answer = target.client("sqs").get_queue_attributes(
        QueueUrl=stack.failure_queue, AttributeNames=names
    )
    counted = {name: int(answer["Attributes"][wanted]) for name, wanted in _COUNTED.items()}
    return {"there": True, **counted}


def send_again(target: Target, stack: Stack, *, execute: bool) -> dict[str, Any]:
    """What is in the queue, and what was or would be done with it. Raises Problem.

    Even a dry run takes the messages for a moment, so that nobody else receives them meanwhile.
    """
    done = redrive(target, stack, execute=execute)
    return {
        "executed": done.executed,
        "in_flight": done.in_flight,
        "total": len(done.items),
        "sent": done.count("sent"),
        "to_send": done.count("send"),
        "items": [_shown(item) for item in done.items[:SHOWN]],
        "command": command("redrive --execute"),
    }


def _shown(item: Item) -> dict[str, Any]:
    failure = item.failure
    known = asdict(failure) if failure else {}
    known.pop("event", None)
    return {"id": item.message_id, "action": item.action, "why": item.why, "failure": known or None}
