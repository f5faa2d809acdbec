"""What GetMetricData and GetMetricStatistics answer.

Source: Amazon CloudWatch API Reference, GetMetricData and GetMetricStatistics; User Guide, "Using
math expressions with CloudWatch metrics".
"""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

# A full hour that is long enough ago, and recent enough for periods of a minute.
HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)


@pytest.fixture
def namespace(cloudwatch: Any) -> str:
    """A namespace with `calls` (1, 2, 3, 4 in the first minutes of HOUR) and `errors` (1, -, 1)."""
    name = f"test/{uuid.uuid4().hex}"
    values = {"calls": {0: 1, 1: 2, 2: 3, 3: 4}, "errors": {0: 1, 2: 1}}
    cloudwatch.put_metric_data(
        Namespace=name,
        MetricData=[
            {"MetricName": metric, "Value": value, "Timestamp": HOUR + timedelta(minutes=minute)}
            for metric, points in values.items()
            for minute, value in points.items()
        ],
    )
    return name


def _metric(namespace: str, name: str, stat: str = "Sum", **more: Any) -> dict[str, Any]:
    period = more.pop("Period", 60)
    metric = {"Namespace": namespace, "MetricName": name}
    return {
        "Id": name,
        "MetricStat": {"Metric": metric, "Period": period, "Stat": stat},
        **more,
    }


def _get(cloudwatch: Any, *queries: dict[str, Any], **request: Any) -> list[dict[str, Any]]:
    """The results over the hour, oldest datapoint first."""
    asked = {
        "StartTime": HOUR,
        "EndTime": HOUR + timedelta(hours=1),
        "ScanBy": "TimestampAscending",
        **request,
    }
    found = cloudwatch.get_metric_data(MetricDataQueries=list(queries), **asked)
    return list(found["MetricDataResults"])


def test_expressions_use_metrics_and_one_another(cloudwatch: Any, namespace: str) -> None:
    """Expressions use metrics and one another; what does not return data is left out."""
    (rate,) = _get(
        cloudwatch,
        {"Id": "rate", "Expression": "100 * filled / calls", "Label": "Error rate"},
        {"Id": "filled", "Expression": "FILL(errors, 0)", "ReturnData": False},
        _metric(namespace, "errors", ReturnData=False),
        _metric(namespace, "calls", ReturnData=False),
    )
    assert rate["Label"] == "Error rate"
    assert rate["Values"][:4] == [100, 0, pytest.approx(100 / 3), 0]
    assert rate["Timestamps"][0] == HOUR


def test_an_array_of_series_is_several_results(cloudwatch: Any, namespace: str) -> None:
    """Each series of METRICS() is a result of its own, labelled by expression and metric."""
    found = _get(
        cloudwatch,
        {"Id": "all", "Expression": "METRICS() * 2", "Label": "Twice"},
        _metric(namespace, "calls", ReturnData=False),
        _metric(namespace, "errors", ReturnData=False),
    )
    assert [(result["Id"], result["Label"]) for result in found] == [
        ("all", "Twice calls"),
        ("all", "Twice errors"),
    ]


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("SEARCH('{AWS/Lambda}', 'Sum', 60)", "does not support the function SEARCH"),
        ("ANOMALY_DETECTION_BAND(calls)", "does not support the function ANOMALY_DETECTION_BAND"),
        ("calls *", "Unexpected"),
        ("calls * nothing", "Undefined variable nothing"),
        ("SUM(calls)", "must be a time series"),
        ("e * 2", "e refers to itself"),
    ],
)
def test_wrong_expressions_are_validation_errors(
    cloudwatch: Any, namespace: str, expression: str, problem: str
) -> None:
    """What cannot be evaluated is refused with the expression's id, never a server error."""
    with pytest.raises(ClientError) as refused:
        _get(cloudwatch, {"Id": "e", "Expression": expression}, _metric(namespace, "calls"))
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"].startswith("Error in expression 'e': ")
    assert problem in error["Message"]


@pytest.mark.parametrize(
    ("queries", "problem"),
    [
        ([{"Id": "M", "Expression": "1"}], "The value M for parameter MetricDataQueries.member.Id"),
        ([{"Id": "a", "Expression": "1"}] * 2, "are not unique"),
        ([{"Id": "a"}], "Either Expression or MetricStat"),
        ([_metric("n", "a", "median")], "The value median for parameter Stat is not supported"),
        ([_metric("n", "a", Period=61)], "The parameter Period must be"),
    ],
)
def test_wrong_queries_are_validation_errors(
    cloudwatch: Any, queries: list[dict[str, Any]], problem: str
) -> None:
    """Queries are checked before anything is read."""
    with pytest.raises(ClientError, match=problem):
        _get(cloudwatch, *queries)


@pytest.mark.parametrize(
    ("stat", "value"),
    [("p0", 1), ("p50", 2.5), ("p100", 4), ("tm(25%:75%)", 2.5), ("tc75", 3), ("Average", 2.5)],
)
def test_a_statistic_is_any_that_cloudwatch_has(
    cloudwatch: Any, namespace: str, stat: str, value: float
) -> None:
    """GetMetricData takes percentiles and trimmed statistics beside the simple ones."""
    (found,) = _get(cloudwatch, _metric(namespace, "calls", stat, Period=3600))
    assert found["Values"] == [value]


def test_percentiles_of_values_with_counts(cloudwatch: Any, namespace: str) -> None:
    """Values that were published with counts weigh as often as they were seen."""
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[
            {"MetricName": "d", "Values": [1.0, 9.0], "Counts": [99.0, 1.0], "Timestamp": HOUR}
        ],
    )
    (median,) = _get(cloudwatch, _metric(namespace, "d", "p50"))
    (highest,) = _get(cloudwatch, _metric(namespace, "d", "p100"))
    assert (median["Values"], highest["Values"]) == ([1.0], [9.0])


def test_start_and_end_are_whole_minutes(cloudwatch: Any, namespace: str) -> None:
    """ "12:32:34 is rounded down to 12:32:00", and datapoints are of whole periods from there."""
    (found,) = _get(
        cloudwatch,
        _metric(namespace, "calls", Period=120),
        StartTime=HOUR + timedelta(minutes=1, seconds=34),
        EndTime=HOUR + timedelta(minutes=9, seconds=34),
    )
    assert found["Timestamps"] == [HOUR + timedelta(minutes=1), HOUR + timedelta(minutes=3)]
    assert found["Values"] == [5, 4]


def test_standard_resolution_is_stored_by_the_minute(cloudwatch: Any, namespace: str) -> None:
    """Only metrics of high resolution can be read by the second."""
    second = HOUR + timedelta(seconds=37)
    for name, resolution in (("standard", 60), ("high", 1)):
        datum = {"MetricName": name, "Value": 1, "Timestamp": second}
        cloudwatch.put_metric_data(
            Namespace=namespace, MetricData=[{**datum, "StorageResolution": resolution}]
        )
    standard, high = _get(
        cloudwatch,
        _metric(namespace, "standard", Period=10),
        _metric(namespace, "high", Period=10),
        EndTime=HOUR + timedelta(minutes=1),
    )
    assert standard["Timestamps"] == [HOUR]
    assert high["Timestamps"] == [HOUR + timedelta(seconds=30)]


def test_the_newest_comes_first_unless_asked_otherwise(cloudwatch: Any, namespace: str) -> None:
    """ScanBy is TimestampDescending by default."""
    query = _metric(namespace, "calls")
    found = cloudwatch.get_metric_data(
        MetricDataQueries=[query], StartTime=HOUR, EndTime=HOUR + timedelta(hours=1)
    )
    assert found["MetricDataResults"][0]["Values"] == [4, 3, 2, 1]


def test_pages_have_at_most_max_datapoints(cloudwatch: Any, namespace: str) -> None:
    """MaxDatapoints limits a page over all results; NextToken goes on where it ended."""
    pages = list(
        cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[_metric(namespace, "calls"), _metric(namespace, "errors")],
            StartTime=HOUR,
            EndTime=HOUR + timedelta(hours=1),
            ScanBy="TimestampAscending",
            MaxDatapoints=3,
        )
    )
    shown = [
        [
            (result["Id"], result["Values"], result["StatusCode"])
            for result in page["MetricDataResults"]
        ]
        for page in pages
    ]
    assert shown == [
        [("calls", [1, 2, 3], "PartialData")],
        [("calls", [4], "Complete"), ("errors", [1, 1], "Complete")],
    ]


def test_labels_tell_results_apart(cloudwatch: Any, namespace: str) -> None:
    """Where statistics differ they are part of the labels; a label that was given is kept."""
    first, second, third = _get(
        cloudwatch,
        _metric(namespace, "calls"),
        {**_metric(namespace, "calls", "Maximum"), "Id": "b"},
        {**_metric(namespace, "calls", "Minimum", Label="Lowest"), "Id": "c"},
    )
    assert first["Label"] == "calls Sum"
    assert second["Label"] == "calls Maximum"
    assert third["Label"] == "Lowest"


def test_several_units_without_asking_for_one(cloudwatch: Any, namespace: str) -> None:
    """GetMetricData answers with one of the units and says that there are more."""
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[
            {"MetricName": "took", "Value": value, "Unit": unit, "Timestamp": HOUR}
            for value, unit in ((60_000, "Milliseconds"), (60, "Seconds"))
        ],
    )
    (found,) = _get(cloudwatch, _metric(namespace, "took"))
    assert found["Values"] == [60_000]
    assert found["Messages"] == [
        {"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, Seconds]'"}
    ]


def test_statistics_by_unit_with_percentiles(cloudwatch: Any, namespace: str) -> None:
    """GetMetricStatistics has a datapoint for each unit, and extended statistics beside others."""
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[
            {"MetricName": "took", "Value": value, "Unit": unit, "Timestamp": HOUR}
            for value, unit in ((1, "Count"), (3, "Count"), (60, "Seconds"))
        ],
    )

    def get(**more: Any) -> list[dict[str, Any]]:
        found = cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName="took",
            StartTime=HOUR,
            EndTime=HOUR + timedelta(hours=1),
            Period=60,
            **more,
        )
        return sorted(found["Datapoints"], key=lambda point: str(point["Unit"]))

    assert get(Statistics=["Sum"], ExtendedStatistics=["p50"]) == [
        {"Timestamp": HOUR, "Unit": "Count", "Sum": 4, "ExtendedStatistics": {"p50": 2}},
        {"Timestamp": HOUR, "Unit": "Seconds", "Sum": 60, "ExtendedStatistics": {"p50": 60}},
    ]
    assert [point["Unit"] for point in get(Statistics=["Sum"], Unit="Seconds")] == ["Seconds"]


def test_too_many_datapoints_are_refused(cloudwatch: Any) -> None:
    """GetMetricStatistics gives at most 1,440 datapoints."""
    with pytest.raises(ClientError) as refused:
        cloudwatch.get_metric_statistics(
            Namespace="n",
            MetricName="m",
            StartTime=HOUR - timedelta(days=2),
            EndTime=HOUR,
            Period=60,
            Statistics=["Sum"],
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameterCombination"
    assert "2880 datapoints, which exceeds the limit of 1440" in str(refused.value)
