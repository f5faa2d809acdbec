"""What CloudFormation says of a stack: its description, its status, its events."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from harness.polling import wait_until

DEADLINE_S = 900.0  # what all changes of one deployment may take
POLL_S = 0.25


def described(cloudformation: Any, name: str, *, required: bool = False) -> dict[str, Any]:
    """The stack as DescribeStacks returns it; {} if there is none, unless it is required."""
    try:
        return dict(cloudformation.describe_stacks(StackName=name)["Stacks"][0])
    except ClientError as error:
        if required or "does not exist" not in str(error):
            raise
        return {}


def find_stack_status(cloudformation: Any, name: str) -> str:
    """The status of the stack; empty if there is none."""
    return str(described(cloudformation, name).get("StackStatus", ""))


def settled_status(cloudformation: Any, name: str) -> str | None:
    """The stack's status once nothing is in progress any more; None if there is no such stack."""
    return wait_until(
        lambda: find_stack_status(cloudformation, name) or None,
        until=lambda status: (
            status is None or status == "REVIEW_IN_PROGRESS" or not status.endswith("_IN_PROGRESS")
        ),
        deadline_s=DEADLINE_S,
        interval_s=POLL_S,
        describe=f"an earlier change of {name} to end",
    )


def new_events(cloudformation: Any, name: str, seen: set[str]) -> Iterator[dict[str, Any]]:
    """The events that are not in `seen`, oldest first; their ids are put there."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    events = [event for page in pages for event in page["StackEvents"]]
    for event in reversed(events):
        if event["EventId"] not in seen:
            seen.add(event["EventId"])
            yield event
