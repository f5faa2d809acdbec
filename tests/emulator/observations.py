"""What tests see of a function from outside: its log lines and its metrics."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.polling import wait_until
from tests.emulator.conftest import Emulator

DEADLINE_S = 30.0


def name_of(arn: str) -> str:
    """The name of the function, queue or topic with this ARN."""
    return arn.rsplit(":", 1)[1]


def log_group_of(function: str) -> str:
    """The name of the log group of the function with this ARN."""
    return f"/aws/lambda/{name_of(function)}"


def log_events(emulator: Emulator, group: str) -> list[dict[str, Any]]:
    """All events of a log group, of all streams; none if there is no such group."""
    logs = emulator.client("logs")
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []


def await_logs(
    emulator: Emulator, group: str, enough: Callable[[list[str]], object]
) -> list[dict[str, Any]]:
    """The events of a log group as soon as there are enough, judged by their messages."""
    return wait_until(
        lambda: log_events(emulator, group),
        until=lambda events: enough([event["message"] for event in events]),
        deadline_s=DEADLINE_S,
        interval_s=0.2,
        describe=f"log lines in {group}",
    )


def statistics(
    emulator: Emulator, metric: str, dimensions: Mapping[str, str], namespace: str = "AWS/Lambda"
) -> dict[str, Any]:
    """Sum, SampleCount, Minimum, Maximum, Average and Unit of the last hour; empty without data."""
    now = datetime.now(UTC)
    points = emulator.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=7200,
        Statistics=["Sum", "SampleCount", "Minimum", "Maximum", "Average"],
    )["Datapoints"]
    return dict(points[0]) if points else {}


def await_metric(
    emulator: Emulator,
    metric: str,
    dimensions: Mapping[str, str],
    enough: Callable[[dict[str, Any]], object] = bool,
    namespace: str = "AWS/Lambda",
) -> dict[str, Any]:
    """The statistics of a metric as soon as they are enough."""
    return wait_until(
        lambda: statistics(emulator, metric, dimensions, namespace),
        until=enough,
        deadline_s=DEADLINE_S,
        interval_s=0.2,
        describe=f"metric {metric} with {dict(dimensions)}",
    )
