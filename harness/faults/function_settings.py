"""Function settings: changed on a deployed function for as long as a scenario needs it.

Each context manager changes one setting through AWS's API and restores what was there before,
whatever happens.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.polling import wait_until
from harness.stack.abandoned import api_call, take
from harness.targets.target import Target
from harness.targets.undo_log import note

_UPDATED_S = 60.0


@contextmanager
def reserved_concurrency(target: Target, function: str, count: int) -> Iterator[None]:
    """Let no more than `count` invocations of the function run at a time; others are throttled.

    AWS: "Configuring reserved concurrency for a function".
    """
    lambda_ = target.client("lambda")
    before = lambda_.get_function_concurrency(FunctionName=function).get(
        "ReservedConcurrentExecutions"
    )
    reserved = {} if before is None else {"ReservedConcurrentExecutions": before}
    undo = api_call(
        f"the concurrency of {function}",
        "lambda",
        "put_function_concurrency" if reserved else "delete_function_concurrency",
        FunctionName=function,
        **reserved,
    )
    undone = note(target, undo)
    try:
        lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=count)
        yield
    finally:
        take(target, undo)
        undone()


@contextmanager
def timeout(target: Target, function: str, seconds: int) -> Iterator[None]:
    """Let an invocation of the function take no longer than `seconds`."""
    before = target.client("lambda").get_function_configuration(FunctionName=function)["Timeout"]
    undo = api_call(
        f"the timeout of {function}",
        *("lambda", "update_function_configuration"),
        FunctionName=function,
        Timeout=before,
    )
    undone = note(target, undo)
    try:
        _configure(target, function, Timeout=seconds)
        yield
    finally:
        _configure(target, function, Timeout=before)
        undone()


@contextmanager
def environment(target: Target, function: str, **variables: str) -> Iterator[None]:
    """Give the function other values of some environment variables, or further ones.

    With that it has new execution environments; nothing of those before is in them.
    """
    found = target.client("lambda").get_function_configuration(FunctionName=function)
    before = found["Environment"]["Variables"]
    undo = api_call(
        f"the environment of {function}",
        *("lambda", "update_function_configuration"),
        FunctionName=function,
        Environment={"Variables": before},
    )
    undone = note(target, undo)
    try:
        _configure(target, function, Environment={"Variables": {**before, **variables}})
        yield
    finally:
        _configure(target, function, Environment={"Variables": before})
        undone()


def _configure(target: Target, function: str, **changes: Any) -> None:
    """Returns when it holds: Lambda updates a function's configuration in its own time."""
    lambda_ = target.client("lambda")
    lambda_.update_function_configuration(FunctionName=function, **changes)
    wait_until(
        lambda: lambda_.get_function_configuration(FunctionName=function)["LastUpdateStatus"],
        until=lambda status: status == "Successful",
        deadline_s=_UPDATED_S,
        describe=f"the update of {function}",
    )
