"""Measurements of the emulated services, written to CloudWatch in batches.

They go straight into CloudWatch's database: services measure on their own behalf, which no policy
is asked about, and a request of a hundred datums takes four times as long to write and read as to
store. The first ones go with PutMetricData, as only a request has LocalStack load the service.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable
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

# Stores datums of an account, a Region and a namespace.
type Store = Callable[[str, str, str, list[dict[str, Any]]], None]
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


def store_with(store: Store) -> None:
    """Have measurements written by `store` from now on."""
    global _store
    _store = store


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
        for part in batched(data, MAX_DATUMS, strict=False):
            try:
                (_store or _put)(account, region, namespace, list(part))
            except Exception as e:  # the other namespaces still count
                LOG.warning("Metrics of %s are lost: %s", namespace, e)


def _put(account: str, region: str, namespace: str, data: list[dict[str, Any]]) -> None:
    client = connect_to(aws_access_key_id=account, region_name=region).cloudwatch
    client.put_metric_data(Namespace=namespace, MetricData=data)


_store: Store | None = None
_BATCHER: Batcher[Measurement] = Batcher("metrics", _write, limit=50_000)
