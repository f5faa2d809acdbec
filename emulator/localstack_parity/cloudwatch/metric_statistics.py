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
    """One for each period with data and each unit that was published, with all statistics.

    They are of one moment: what is published meanwhile counts in all of them or in none.
    """
    wanted = [(name, statistics.parse(name)) for name in names]
    found = []
    for found_unit, at, samples in database.samples(
        account,
        region,
        metric,
        start=start,
        end=end,
        period=period,
        values=any(statistic.needs_values for _, statistic in wanted),
        unit=unit,
    ):
        datapoint: dict[str, Any] = {}
        for name, statistic in wanted:
            if (value := statistic.of(samples)) is None:
                continue
            if name in statistics.SIMPLE:
                datapoint[name] = float(value)
            else:
                datapoint.setdefault("ExtendedStatistics", {})[name] = float(value)
        if datapoint:
            moment = datetime.fromtimestamp(at, UTC)
            found.append({"Timestamp": moment, "Unit": found_unit, **datapoint})
    return found
