"""The datapoints of GetMetricStatistics.

Source: Amazon CloudWatch API Reference, GetMetricStatistics
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from localstack_parity.cloudwatch import statistics
from localstack_parity.cloudwatch.database import MetricDatabase


def datapoints(
    database: MetricDatabase,
    account: str,
    region: str,
    metric: Mapping[str, Any],
    names: Sequence[str],
    *,
    start: int,
    end: int,
    period: int,
    unit: str | None,
) -> list[dict[str, Any]]:
    """One for each period with data and each unit that was published, with all statistics."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for name in names:
        by_unit = database.points(
            account,
            region,
            metric,
            statistics.parse(name),
            start=start,
            end=end,
            period=period,
            unit=unit,
        )
        for found_unit, points in by_unit.items():
            for point in points:
                empty = {"Timestamp": datetime.fromtimestamp(point.start, UTC), "Unit": found_unit}
                datapoint = found.setdefault((found_unit, point.start), empty)
                if name in statistics.SIMPLE:
                    datapoint[name] = point.value
                else:
                    datapoint.setdefault("ExtendedStatistics", {})[name] = point.value
    return list(found.values())
