"""What Lambda reports to CloudWatch about a function, and what its log lines embed."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, zipped
from tests.emulator.observations import (
    await_logs,
    await_metric,
    log_group_of,
    name_of,
    statistics,
)

SOURCE = """
import json, time

def handler(event, context):
    if "line" in event:
        print(json.dumps(event["line"]))
    if event.get("fail"):
        raise ValueError("no such picture")
    time.sleep(event.get("pause", 0))
"""


@pytest.fixture
def function(emulator: Emulator, role: str) -> Iterator[str]:
    with function_of(emulator, zipped(SOURCE), role) as arn:
        yield arn


def _invoke(emulator: Emulator, function: str, event: dict[str, Any]) -> None:
    emulator.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))


def _of(function: str) -> dict[str, str]:
    return {"FunctionName": name_of(function)}


def test_an_invocation_counts_once(emulator: Emulator, function: str) -> None:
    """A success is one invocation with no error and no throttle, in units of AWS."""
    _invoke(emulator, function, {})
    invocations = await_metric(emulator, "Invocations", _of(function))
    errors, throttles, concurrency = (
        await_metric(emulator, metric, _of(function))
        for metric in ("Errors", "Throttles", "ConcurrentExecutions")
    )
    assert (invocations["Sum"], invocations["Unit"]) == (1, "Count")
    assert (errors["SampleCount"], errors["Sum"]) == (1, 0)
    assert throttles["Sum"] == 0
    assert concurrency["Maximum"] == 1


def test_an_error_is_an_invocation_too(emulator: Emulator, function: str) -> None:
    """A failed invocation counts in Invocations and in Errors, so that their ratio is a rate."""
    _invoke(emulator, function, {"fail": True})
    _invoke(emulator, function, {})
    await_metric(emulator, "Invocations", _of(function), lambda found: found.get("Sum") == 2)
    errors = await_metric(
        emulator, "Errors", _of(function), lambda found: found.get("SampleCount") == 2
    )
    assert (errors["Sum"], errors["Average"]) == (1, 0.5)


def test_duration_is_that_of_the_report_line(emulator: Emulator, function: str) -> None:
    """Duration is what REPORT says, in milliseconds, without the init phase."""
    _invoke(emulator, function, {"pause": 0.1})
    events = await_logs(
        emulator,
        log_group_of(function),
        lambda messages: any("REPORT" in m for m in messages),
    )
    report = next(event["message"] for event in events if event["message"].startswith("REPORT"))
    reported = float(re.findall(r"\tDuration: ([\d.]+) ms", report)[0])
    duration = await_metric(emulator, "Duration", _of(function))
    assert duration["Unit"] == "Milliseconds"
    assert duration["Average"] == pytest.approx(reported, abs=0.01)


def test_a_metric_exists_for_function_resource_and_region(
    emulator: Emulator, function: str
) -> None:
    """Each metric has FunctionName alone, FunctionName with Resource, and no dimension at all."""
    before = statistics(emulator, "Invocations", {}).get("Sum", 0)
    emulator.client("lambda").invoke(FunctionName=f"{function}:$LATEST", Payload="{}")
    _invoke(emulator, function, {})
    name = name_of(function)
    await_metric(emulator, "Invocations", _of(function), lambda found: found.get("Sum") == 2)
    assert {
        resource: await_metric(emulator, "Invocations", {**_of(function), "Resource": resource})[
            "Sum"
        ]
        for resource in (name, f"{name}:$LATEST")
    } == {name: 1, f"{name}:$LATEST": 1}
    await_metric(emulator, "Invocations", {}, lambda found: found.get("Sum", 0) >= before + 2)


def test_a_throttled_request_is_no_invocation(emulator: Emulator, function: str) -> None:
    """Without concurrency Lambda answers 429 and counts a throttle, no invocation, no error."""
    client = emulator.client("lambda")
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName=function, Payload="{}")
    throttles = await_metric(emulator, "Throttles", _of(function))
    assert throttles["Sum"] == 1
    assert not statistics(emulator, "Invocations", _of(function))
    assert not statistics(emulator, "Errors", _of(function))


def test_concurrency_is_the_number_of_invocations_at_a_time(
    emulator: Emulator, function: str
) -> None:
    """ConcurrentExecutions rises to the number of events that are handled at the same time."""
    for _ in range(4):
        emulator.client("lambda").invoke(
            FunctionName=function, InvocationType="Event", Payload='{"pause": 1}'
        )
    await_metric(emulator, "Invocations", _of(function), lambda found: found.get("Sum") == 4)
    concurrency = statistics(emulator, "ConcurrentExecutions", _of(function))
    assert (concurrency["Minimum"], concurrency["Maximum"]) == (1, 4)


def test_get_metric_data_sums_as_well(emulator: Emulator, function: str) -> None:
    """GetMetricData finds the same numbers as GetMetricStatistics."""
    _invoke(emulator, function, {})
    await_metric(emulator, "Invocations", _of(function))
    now = datetime.now(UTC)
    metric = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Invocations",
        "Dimensions": [{"Name": "FunctionName", "Value": name_of(function)}],
    }
    (result,) = emulator.client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
        ],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=1),
    )["MetricDataResults"]
    assert sum(result["Values"]) == 1


def test_metrics_with_other_dimensions_are_other_metrics(emulator: Emulator) -> None:
    """A name that contains ours, a further dimension or no dimension is not our metric."""
    cloudwatch, namespace = emulator.client("cloudwatch"), f"test/{uuid.uuid4().hex}"
    other_dimensions = [{"a_b": "dev2"}, {"aXb": "dev"}, {"a_b": "dev", "c": "d"}, {}]
    for value, dimensions in enumerate([{"a_b": "dev"}, *other_dimensions], start=1):
        cloudwatch.put_metric_data(
            Namespace=namespace,
            MetricData=[
                {
                    "MetricName": "Seen",
                    "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions.items()],
                    "Value": 10**value,
                }
            ],
        )
    assert statistics(emulator, "Seen", {"a_b": "dev"}, namespace)["Sum"] == 10


def test_values_with_counts_give_the_right_statistics(emulator: Emulator) -> None:
    """Values and Counts of PutMetricData stand for as many single values."""
    namespace = f"test/{uuid.uuid4().hex}"
    emulator.client("cloudwatch").put_metric_data(
        Namespace=namespace,
        MetricData=[
            {"MetricName": "Seen", "Values": [1, 5, 2], "Counts": [3, 1, 2], "Unit": "Count"}
        ],
    )
    found = statistics(emulator, "Seen", {}, namespace)
    del found["Timestamp"]
    assert found == {
        "Sum": 12, "SampleCount": 6, "Minimum": 1, "Maximum": 5, "Average": 2, "Unit": "Count"
    }  # fmt: skip


def _embedded(namespace: str, **changes: Any) -> dict[str, Any]:
    directive = {
        "Namespace": namespace,
        "Dimensions": [["service"], ["service", "kind"], []],
        "Metrics": [
            {"Name": "ImagesRejected", "Unit": "Count"},
            {"Name": "Bytes", "Unit": "Bytes"},
            {"Name": "Plain"},
        ],
    }
    return {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "service": "image-processor",
        "kind": "corrupt",
        "ImagesRejected": 1,
        "Bytes": [10, 30],
        "Plain": 0.5,
        **changes,
    }


def test_an_embedded_metric_becomes_a_metric(emulator: Emulator, function: str) -> None:
    """A line in embedded metric format counts in each of its dimension sets, with its unit."""
    namespace = f"test/{uuid.uuid4().hex}"
    _invoke(emulator, function, {"line": _embedded(namespace)})
    service = {"service": "image-processor"}
    rejected = await_metric(emulator, "ImagesRejected", service, namespace=namespace)
    assert (rejected["Sum"], rejected["Unit"]) == (1, "Count")
    for dimensions in (service, {**service, "kind": "corrupt"}, {}):
        found = await_metric(emulator, "Bytes", dimensions, namespace=namespace)
        assert (found["Sum"], found["SampleCount"], found["Unit"]) == (40, 2, "Bytes")
    plain = await_metric(emulator, "Plain", service, namespace=namespace)
    assert plain["Unit"] == "None"


@pytest.mark.parametrize(
    "changes",
    [{"service": 7}, {"service": None}, {"ImagesRejected": "1"}, {"ImagesRejected": [1] * 101}],
    ids=["number as dimension", "no dimension value", "text as value", "101 values"],
)
def test_what_the_format_forbids_is_no_metric(
    emulator: Emulator, function: str, changes: dict[str, Any]
) -> None:
    """A metric or dimension set that breaks the specification is left out; the rest counts."""
    namespace = f"test/{uuid.uuid4().hex}"
    _invoke(emulator, function, {"line": _embedded(namespace, **changes)})
    await_metric(emulator, "Plain", {}, namespace=namespace)
    assert not statistics(emulator, "ImagesRejected", {"service": "image-processor"}, namespace)
