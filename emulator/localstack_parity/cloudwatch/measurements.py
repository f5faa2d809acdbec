"""Measurements of the emulated services, written to CloudWatch in batches.

In: single values, from any service and thread. Out: PutMetricData, about one call a second for each
namespace. Called by lambda_runtime/metrics.py, by sns/metrics.py and for metrics in log lines.
"""

import logging
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import batched
from typing import Any, NamedTuple

from localstack.aws.connect import connect_to
from localstack.utils.bootstrap import is_api_enabled

from localstack_parity.batching import Batcher

LOG = logging.getLogger(__name__)

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
    """Have everything written that was recorded so far."""
    _BATCHER.flush()


def close() -> None:
    """Write everything now; called when the emulator stops."""
    _BATCHER.close()


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
            try:
                client.put_metric_data(Namespace=namespace, MetricData=list(part))
            except Exception as e:  # the other namespaces still count
                LOG.warning("Metrics of %s are lost: %s", namespace, e)


_BATCHER: Batcher[Measurement] = Batcher("metrics", _write, limit=50_000)
