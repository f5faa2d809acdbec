"""Settings of a deployed function, changed for as long as a scenario needs it.

A target and a function's name come in; each context manager changes one setting through AWS's API
and puts back what was there before, whatever happens. Scenarios use them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from harness.targets.target import Target
from harness.waiting import wait_until

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
    lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=count)
    try:
        yield
    finally:
        if before is None:
            lambda_.delete_function_concurrency(FunctionName=function)
        else:
            lambda_.put_function_concurrency(
                FunctionName=function, ReservedConcurrentExecutions=before
            )


@contextmanager
def timeout(target: Target, function: str, seconds: int) -> Iterator[None]:
    """Let an invocation of the function take no longer than `seconds`."""
    before = target.client("lambda").get_function_configuration(FunctionName=function)["Timeout"]
    _set_timeout(target, function, seconds)
    try:
        yield
    finally:
        _set_timeout(target, function, before)


def _set_timeout(target: Target, function: str, seconds: int) -> None:
    """Returns when it holds: Lambda updates a function's configuration in its own time."""
    lambda_ = target.client("lambda")
    lambda_.update_function_configuration(FunctionName=function, Timeout=seconds)
    wait_until(
        lambda: lambda_.get_function_configuration(FunctionName=function)["LastUpdateStatus"],
        until=lambda status: status == "Successful",
        deadline_s=_UPDATED_S,
        describe=f"the update of {function}",
    )
