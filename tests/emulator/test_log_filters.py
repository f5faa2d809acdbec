"""What CloudWatch Logs finds in log events, and makes of them.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax" and "Creating metrics from log
events using filters"; API Reference, FilterLogEvents and PutMetricFilter.
"""

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.observations import await_metric, statistics

LINES = (
    '{"level":"INFO","took":12}',
    '{"level":"ERROR","took":40,"kind":"JPEG"}',
    "START RequestId: 1",
    "REPORT RequestId: 1",
)


@pytest.fixture
def group(logs: Any) -> Iterator[str]:
    name = f"/test/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=name)
    yield name
    logs.delete_log_group(logGroupName=name)


def _put(
    logs: Any, group: str, messages: Sequence[str], *, stream: str = "s", first: int | None = None
) -> int:
    """Put messages, a millisecond apart; gives the timestamp of the first."""
    start = int(time.time() * 1000) if first is None else first
    if not logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)["logStreams"]:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    logs.put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": start + n, "message": text} for n, text in enumerate(messages)],
    )
    return start


def _find(logs: Any, group: str, **request: Any) -> list[str]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **request)
    return [event["message"] for page in pages for event in page["events"]]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", LINES),
        ("RequestId", LINES[2:]),
        ("RequestId -START", LINES[3:]),
        ('"RequestId: 1"', LINES[2:]),
        ("?ERROR ?START", LINES[1:3]),
        ('{ $.level = "ERROR" }', LINES[1:2]),
        ("{ $.took > 5 && $.kind NOT EXISTS }", LINES[:1]),
        ("[kind = START || kind = REPORT, ...]", LINES[2:]),
    ],
)
def test_a_filter_gives_the_events_that_match_its_pattern(
    logs: Any, group: str, pattern: str, found: Sequence[str]
) -> None:
    """FilterLogEvents gives the events that match the pattern, by time."""
    _put(logs, group, LINES)
    assert _find(logs, group, filterPattern=pattern) == list(found)


def test_a_wrong_filter_pattern_is_refused(logs: Any, group: str) -> None:
    """A term with signs in it must be in quotes."""
    with pytest.raises(ClientError) as refused:
        logs.filter_log_events(logGroupName=group, filterPattern="?Status: timeout")
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidParameterException"
    assert error["Message"] == "Invalid character(s) in term ':'"


def test_events_of_several_streams_come_by_time_and_page(logs: Any, group: str) -> None:
    """Events are interleaved over streams; nextToken goes on after the last that was shown."""
    first = _put(logs, group, ["a", "c"], stream="one")
    _put(logs, group, ["b", "d"], stream="two", first=first)

    pages = [
        [event["message"] for event in page["events"]]
        for page in logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, PaginationConfig={"PageSize": 3}
        )
    ]

    assert pages == [["a", "b", "c"], ["d"]]
    assert _find(logs, group, logStreamNames=["two"]) == ["b", "d"]
    assert _find(logs, group, logStreamNamePrefix="o") == ["a", "c"]


def test_events_are_found_by_time(logs: Any, group: str) -> None:
    """Both ends of the time that is asked for are part of it."""
    first = _put(logs, group, ["a", "b", "c", "d"])
    assert _find(logs, group, startTime=first + 1, endTime=first + 2) == ["b", "c"]


def test_a_missing_group_is_not_found(logs: Any) -> None:
    """FilterLogEvents, PutLogEvents and PutMetricFilter need the group."""
    transformation = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    event = {"timestamp": 1, "message": "m"}
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.filter_log_events(logGroupName="missing")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.put_log_events(logGroupName="missing", logStreamName="s", logEvents=[event])
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.put_metric_filter(
            logGroupName="missing",
            filterName="f",
            filterPattern="x",
            metricTransformations=[transformation],
        )


def _filter(
    logs: Any, group: str, namespace: str, pattern: str, value: str = "1", **more: Any
) -> None:
    transformation = {
        "metricName": "m",
        "metricNamespace": namespace,
        "metricValue": value,
        **more,
    }
    logs.put_metric_filter(
        logGroupName=group,
        filterName="f",
        filterPattern=pattern,
        metricTransformations=[transformation],
    )


def test_a_metric_filter_counts_what_matches(
    emulator: Emulator, logs: Any, group: str, namespace: str
) -> None:
    """Only events of the filter's group that match its pattern count."""
    other = f"{group}-other"
    logs.create_log_group(logGroupName=other)
    _filter(logs, group, namespace, '{ $.level = "ERROR" }')

    _put(logs, other, LINES)
    _put(logs, group, LINES)

    assert await_metric(emulator, "m", {}, namespace=namespace)["Sum"] == 1
    logs.delete_log_group(logGroupName=other)


def test_a_metric_filter_takes_values_and_dimensions(
    emulator: Emulator, logs: Any, group: str, namespace: str
) -> None:
    """The value, unit and dimensions come from the event; without the dimension there is none."""
    _filter(
        logs,
        group,
        namespace,
        "{ $.took = * }",
        "$.took",
        dimensions={"Kind": "$.kind"},
        unit="Milliseconds",
    )

    _put(logs, group, LINES)

    found = await_metric(emulator, "m", {"Kind": "JPEG"}, namespace=namespace)
    assert (found["Sum"], found["SampleCount"], found["Unit"]) == (40, 1, "Milliseconds")
    assert not statistics(emulator, "m", {}, namespace)


def test_a_metric_filter_takes_values_of_fields(
    emulator: Emulator, logs: Any, group: str, namespace: str
) -> None:
    """Fields of a space-delimited pattern are values too."""
    _filter(logs, group, namespace, "[status, bytes]", "$bytes")

    _put(logs, group, ["200 10", "404 5", "200 ten", "200 10 more"])

    found = await_metric(emulator, "m", {}, lambda seen: seen.get("SampleCount") == 2, namespace)
    assert (found["Sum"], found["SampleCount"]) == (15, 2)


def test_the_default_value_is_reported_without_a_match(
    emulator: Emulator, logs: Any, group: str, namespace: str
) -> None:
    """Where events came and none matched, the default value is reported."""
    _filter(logs, group, namespace, "ERROR", defaultValue=0)

    _put(logs, group, ["fine"])

    found = await_metric(emulator, "m", {}, lambda seen: seen.get("SampleCount"), namespace)
    assert found["Sum"] == 0


def test_putting_a_filter_again_replaces_it(logs: Any, group: str, namespace: str) -> None:
    """A filter's name is unique in its group, and the group counts its filters."""
    for pattern in ("one", "two"):
        _filter(logs, group, namespace, pattern)

    (found,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert found["filterPattern"] == "two"
    (described,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert described["metricFilterCount"] == 1


@pytest.mark.parametrize(
    ("pattern", "more", "message"),
    [
        ("{ $.a > b }", {}, "Invalid metric filter pattern"),
        ("x", {"value": "much"}, "metricValue much is no number"),
        ("x", {"dimensions": {"d": "$.d"}}, "Dimensions need a JSON"),
        (
            "{ $.a = 1 }",
            {"dimensions": {"d": "$.d"}, "defaultValue": 0},
            "with dimensions cannot have a default value",
        ),
    ],
)
def test_wrong_metric_filters_are_refused(
    logs: Any, group: str, namespace: str, pattern: str, more: dict[str, Any], message: str
) -> None:
    """PutMetricFilter refuses patterns and transformations that give no metric."""
    with pytest.raises(ClientError) as refused:
        _filter(logs, group, namespace, pattern, **more)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
    assert message in refused.value.response["Error"]["Message"]


def test_a_pattern_can_be_tried(logs: Any) -> None:
    """TestMetricFilter says which messages match and what the fields are."""
    found = logs.test_metric_filter(
        filterPattern="[status = 4*, bytes]", logEventMessages=["200 1", "404 2"]
    )
    assert found["matches"] == [
        {
            "eventNumber": 2,
            "eventMessage": "404 2",
            "extractedValues": {"$status": "404", "$bytes": "2"},
        }
    ]


def test_embedded_metrics_of_any_source(
    emulator: Emulator, logs: Any, group: str, namespace: str
) -> None:
    """Whoever puts an event in the embedded metric format gets its metrics.

    Source: CloudWatch User Guide, "Specification: Embedded metric format".
    """
    document = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {"Namespace": namespace, "Dimensions": [["who"]], "Metrics": [{"Name": "m"}]}
            ],
        },
        "who": "me",
        "m": 7,
    }

    _put(logs, group, [json.dumps(document)])

    assert await_metric(emulator, "m", {"who": "me"}, namespace=namespace)["Sum"] == 7


def test_events_that_are_too_old_make_no_metrics(
    emulator: Emulator, logs: Any, group: str, namespace: str
) -> None:
    """Rejected events are neither stored nor measured."""
    _filter(logs, group, namespace, "ERROR")
    old = int((time.time() - 20 * 24 * 3600) * 1000)

    _put(logs, group, ["ERROR old"], first=old)
    _put(logs, group, ["ERROR new"])

    assert _find(logs, group) == ["ERROR new"]
    assert await_metric(emulator, "m", {}, namespace=namespace)["Sum"] == 1


def test_retention_is_one_of_the_allowed_days(logs: Any, group: str) -> None:
    """The number of days is kept and shown; a number that does not exist is refused."""
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.put_retention_policy(logGroupName=group, retentionInDays=8)

    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["retentionInDays"] == 7


def test_log_groups_are_listed_by_page(logs: Any, group: str) -> None:
    """DescribeLogGroups gives names in order, so many at a time."""
    names = [f"{group}-{letter}" for letter in "bac"]
    for name in names:
        logs.create_log_group(logGroupName=name)

    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=f"{group}-", PaginationConfig={"PageSize": 2}
    )

    shown = [[found["logGroupName"] for found in page["logGroups"]] for page in pages]
    assert shown == [sorted(names)[:2], sorted(names)[2:]]
    for name in names:
        logs.delete_log_group(logGroupName=name)
