"""What runs that were killed have left on a target, and how to be rid of it.

The undo log says what is to be undone; here is how each kind of step is taken. A queue that a run
listens with is also known by its name, for a run of another state folder may have left it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from harness.alive import OnProgress
from harness.stack.orphans import empty_buckets, found_of, remove
from harness.targets import chaos
from harness.targets.target import Target
from harness.targets.undo_log import Undo, abandoned, in_use, take_abandoned

RUN = "-run-"  # between the stack's name and the rest of the name of a run's queue


# --- The steps ------------------------------------------------------------------------------------


def api_call(what: str, service: str, operation: str, **arguments: Any) -> Undo:
    """A step that calls an operation of AWS's API, by its name in boto3."""
    call = {"service": service, "operation": operation, "arguments": arguments}
    return Undo("call", what, call)


def queue_removal(name: str, topic_arn: str) -> Undo:
    """A step that removes a run's queue and its subscription to the topic."""
    return Undo("queue", f"the queue {name}", {"name": name, "topic_arn": topic_arn})


def faults_off() -> Undo:
    """A step that ends all faults on purpose."""
    return Undo("faults", "faults on purpose")


def time_setting(name: str, before: float) -> Undo:
    """A step that puts one of the emulator's settings of time back to what it was."""
    return Undo("time", f"time that passes faster ({name})", {"name": name, "before": before})


def environment_removal(suffix: str) -> Undo:
    """A step that removes a scenario's own environment, with all that its buckets hold."""
    return Undo("environment", f"the environment {suffix}", {"suffix": suffix})


def take(target: Target, step: Undo) -> None:
    """Undo one change; what is not there any more needs no undoing."""
    _KINDS[step.kind](target, **step.arguments)


def _call(target: Target, service: str, operation: str, arguments: Mapping[str, Any]) -> None:
    getattr(target.client(service), operation)(**arguments)


def _remove_queue(target: Target, name: str, topic_arn: str) -> None:
    sqs, sns = target.client("sqs"), target.client("sns")
    with suppress(sns.exceptions.NotFoundException):
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
        for found in [one for page in pages for one in page["Subscriptions"]]:
            if found["Endpoint"].rsplit(":", 1)[-1] == name:
                sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])
    with suppress(sqs.exceptions.QueueDoesNotExist):
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _end_faults(target: Target) -> None:
    if target.endpoint:
        for kind in chaos.KINDS:
            chaos.ask(target.endpoint, "DELETE", kind)


def _set_time(target: Target, name: str, before: float) -> None:
    if target.endpoint:
        now = chaos.ask(target.endpoint, "GET", "/time")
        chaos.ask(target.endpoint, "POST", "/time", {**now, name: before})


def _remove_environment(target: Target, suffix: str) -> None:
    empty_buckets(target, suffix)
    cloudformation, name = target.client("cloudformation"), f"tapstack-{suffix}"
    cloudformation.delete_stack(StackName=name)
    with suppress(WaiterError):  # what stays is removed past the stack
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 300}
        )
    remove(target, found_of(target, suffix))


_KINDS: Mapping[str, Callable[..., None]] = {
    "call": _call,
    "queue": _remove_queue,
    "faults": _end_faults,
    "time": _set_time,
    "environment": _remove_environment,
}


# --- What was left --------------------------------------------------------------------------------


def undo_abandoned(target: Target, on_progress: OnProgress) -> None:
    """Undo what killed runs have left on the target, the latest first; `on_progress` gets lines."""
    for steps in take_abandoned(target):
        for step in reversed(steps):
            try:
                take(target, step)
            except (BotoCoreError, ClientError, OSError, ValueError, KeyError, TypeError) as error:
                on_progress(f"a run that was killed has left {step.what}, which stays: {error}")
            else:
                on_progress(f"a run that was killed had left {step.what}: undone")


def left_behind(target: Target, stack_name: str) -> Iterator[tuple[str, str]]:
    """What killed runs have left: its name, and a sentence about it. Nothing is changed.

    A queue of a run of another state folder is among it, for nobody here knows whether it lives.
    """
    alive = {str(step.arguments.get("name")) for step in in_use(target.state_dir)}
    pages = (
        target.client("sqs")
        .get_paginator("list_queues")
        .paginate(QueueNamePrefix=f"{stack_name}{RUN}")
    )
    names = [url.rsplit("/", 1)[-1] for page in pages for url in page.get("QueueUrls", [])]
    for name in names:
        if name not in alive:
            yield name, "the queue of a run that is not alive here, subscribed to the topic"
    for step in abandoned(target):
        if step.arguments.get("name") not in names:
            yield step.what, "left by a run that was killed; `tapstack up` undoes it"
