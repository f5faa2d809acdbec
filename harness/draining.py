"""How a burst was worked off: how many ran at a time, how many were turned away, how long it took.

A target with a stack and a finished run come in; numbers go out. scenarios/burst.py judges them.
"""

from datetime import UTC, datetime

from harness.checks import Run
from harness.deploy import Stack
from harness.targets import Target

_MINUTE = 60


def concurrency_reached(target: Target, stack: Stack, run: Run) -> float:
    """The most invocations of the function at a time, by its metric ConcurrentExecutions.

    AWS: "Types of metrics for Lambda functions".
    """
    started = run.seen.started // _MINUTE * _MINUTE
    ended = (run.seen.started + run.seen.elapsed_s) // _MINUTE * _MINUTE + 2 * _MINUTE
    found = target.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="ConcurrentExecutions",
        Dimensions=[{"Name": "FunctionName", "Value": stack.outputs["FunctionName"]}],
        StartTime=datetime.fromtimestamp(started, UTC),
        EndTime=datetime.fromtimestamp(ended, UTC),
        Period=_MINUTE,
        Statistics=["Maximum"],
    )
    return max((float(point["Maximum"]) for point in found["Datapoints"]), default=0.0)


def drain_s(run: Run) -> float:
    """Seconds from the last upload to the last notification; 0 if nothing was told."""
    uploaded = [entry.uploaded for entry in run.ledger.entries if entry.uploaded is not None]
    told = [notice.at for entry in run.ledger.entries for notice in entry.notices]
    return max(0.0, max(told) - max(uploaded)) if told and uploaded else 0.0
