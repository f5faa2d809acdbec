"""What AWS Lambda reports about invocations, as CloudWatch metrics.

In: measurements of single invocations, and those found in log lines (emf.py). Out: PutMetricData,
about one call a second for each namespace, with the time of the invocation.

Metrics, units and dimensions: AWS Lambda Developer Guide, "Types of metrics for Lambda functions"
(https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import batched
from typing import Any, NamedTuple

from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation.lambda_models import VersionIdentifier
from localstack.utils.bootstrap import is_api_enabled

from localstack_parity.lambda_runtime.batching import Batcher

NAMESPACE = "AWS/Lambda"

# Limits of PutMetricData (CloudWatch API Reference).
MAX_DATUMS = 1000
MAX_VALUES = 150

type Dimensions = tuple[tuple[str, str], ...]


class Series(NamedTuple):
    """What is measured, where and in which second (since the epoch): all but the value."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: Dimensions
    unit: str
    second: int
    resolution: int = 60


class Measurement(NamedTuple):
    """One value of a series, seen so many ``times``."""

    series: Series
    value: float
    times: int = 1


def record(*measurements: Measurement) -> None:
    """Have measurements written within about a second."""
    _BATCHER.add(*measurements)


def flush() -> None:
    """Write everything now; called when the emulator stops."""
    _BATCHER.close()


def record_lambda(
    version: VersionIdentifier,
    invoked_arn: str,
    at: float,
    values: Mapping[str, tuple[float, str]],
    region_values: Mapping[str, tuple[float, str]] | None = None,
) -> None:
    """Record values (metric to value and unit) for a function, and for the whole region.

    ``at`` (seconds since the epoch) is when the function was invoked: "The timestamp on a metric
    reflects when the function was invoked" (Lambda Developer Guide, "Viewing metrics for Lambda
    functions"). ``region_values`` are those that differ for the region. The dimension Resource is
    the function's name, with the version or alias if one was asked for.
    """
    function = ("FunctionName", version.function_name)
    resource = ("Resource", invoked_arn.split(":", 6)[6])
    by_dimensions = {
        (function,): values,
        (function, resource): values,
        (): {**values, **(region_values or {})},
    }
    record(
        *(
            Measurement(
                Series(version.account, version.region, NAMESPACE, name, dimensions, unit, int(at)),
                value,
            )
            for dimensions, measured in by_dimensions.items()
            for name, (value, unit) in measured.items()
        )
    )


def datums(measurements: list[Measurement]) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """MetricDatum dicts by (account, region, namespace); equal values become one with a count."""
    values: defaultdict[Series, Counter[float]] = defaultdict(Counter)
    for series, value, times in measurements:
        values[series][value] += times

    targets: defaultdict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for series, counts in values.items():
        for part in batched(counts.items(), MAX_VALUES, strict=False):
            datum = {
                "MetricName": series.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
                "Timestamp": datetime.fromtimestamp(series.second, UTC),
                "Values": [value for value, _ in part],
                "Counts": [float(count) for _, count in part],
                "Unit": series.unit,
                "StorageResolution": series.resolution,
            }
            targets[series.account, series.region, series.namespace].append(datum)
    return targets


def _write(measurements: list[Measurement]) -> None:
    if not is_api_enabled("cloudwatch"):
        return
    for (account, region, namespace), data in datums(measurements).items():
        client = connect_to(aws_access_key_id=account, region_name=region).cloudwatch
        for part in batched(data, MAX_DATUMS, strict=False):
            client.put_metric_data(Namespace=namespace, MetricData=list(part))


_BATCHER: Batcher[Measurement] = Batcher("lambda-metrics", _write, limit=50_000)
