"""The metric database: many values in one transaction, metrics told apart by exact dimensions.

In: PutMetricData and the queries of GetMetricData, GetMetricStatistics, ListMetrics and alarms.
Out: statistics by period. LocalStack's own makes a transaction for each datum, and finds metrics of
`img-dev2` when asked for `img-dev`, and those of dimensions A and B when asked for A.

Source: Amazon CloudWatch User Guide, "Metrics concepts": "CloudWatch treats each unique combination
of dimensions as a separate metric".
"""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from localstack.aws.api.cloudwatch import ScanBy
from localstack.services.cloudwatch.cloudwatch_database_helper import CloudwatchDatabase

STATISTICS = {
    "Sum": "SUM(sum)",
    "Average": "SUM(sum) * 1.0 / SUM(sample_count)",
    "Minimum": "MIN(min)",
    "Maximum": "MAX(max)",
    "SampleCount": "SUM(sample_count)",
}

COLUMNS = (
    "account_id, region, metric_name, namespace, timestamp, dimensions, unit, storage_resolution"
)


class MetricDatabase(CloudwatchDatabase):
    """LocalStack's tables, written and read faithfully and faster.

    A value that was seen several times is one row of the aggregated table whose minimum and maximum
    are the value.
    """

    def add_metric_data(
        self, account_id: str, region: str, namespace: str, metric_data: list[dict[str, Any]]
    ) -> None:
        """Store the datums of one PutMetricData call."""
        single: list[tuple[Any, ...]] = []
        aggregated: list[tuple[Any, ...]] = []
        for datum in metric_data:
            row = (
                account_id,
                region,
                datum.get("MetricName"),
                namespace,
                int(datum["Timestamp"].timestamp() if datum.get("Timestamp") else time.time()),
                self._get_ordered_dimensions_with_separator(datum.get("Dimensions")),
                datum.get("Unit"),
                datum.get("StorageResolution"),
            )
            for value, count in _values(datum):
                if count == 1:
                    single.append((*row, value))
                else:
                    aggregated.append((*row, count, value * count, value, value))
            if found := datum.get("StatisticValues"):
                names = ("SampleCount", "Sum", "Minimum", "Maximum")
                aggregated.append((*row, *(found.get(name) for name in names)))
        with self._connection(self.METRICS_DB) as connection:
            # The database lives as long as the emulator: nothing is gained by waiting for the disk.
            connection.execute("PRAGMA synchronous = OFF")
            connection.executemany(
                f"INSERT INTO {self.TABLE_SINGLE_METRICS} ({COLUMNS}, value)"
                f" VALUES ({', '.join('?' * 9)})",
                single,
            )
            connection.executemany(
                f"INSERT INTO {self.TABLE_AGGREGATED_METRICS}"
                f" ({COLUMNS}, sample_count, sum, min, max) VALUES ({', '.join('?' * 12)})",
                aggregated,
            )

    def get_metric_data_stat(
        self,
        account_id: str,
        region: str,
        query: Mapping[str, Any],
        start_time: datetime,
        end_time: datetime,
        scan_by: str | None,
    ) -> dict[str, list[Any]]:
        """One statistic of one metric: ``timestamps`` (starts of periods) and ``values``."""
        statistic = query["MetricStat"]
        metric, period, unit = statistic["Metric"], statistic["Period"], statistic.get("Unit")
        start, end = int(start_time.timestamp()), int(end_time.timestamp())
        wanted = """account_id = ? AND region = ? AND namespace = ? AND metric_name = ?
            AND dimensions IS ? AND timestamp >= ? AND timestamp < ?"""
        parameters = [
            account_id,
            region,
            metric.get("Namespace"),
            metric.get("MetricName"),
            self._get_ordered_dimensions_with_separator(metric.get("Dimensions")),
            start,
            end,
        ]
        if unit:
            wanted += " AND unit IS ?"
            parameters.append(None if unit == "NULL_VALUE" else unit)
        with self._connection(self.METRICS_DB_READ_ONLY) as connection:
            rows = connection.execute(
                f"""
                SELECT (timestamp - ?) / ? AS bin, {STATISTICS[statistic["Stat"]]} FROM (
                    SELECT timestamp, 1 AS sample_count, value AS sum, value AS min, value AS max
                    FROM {self.TABLE_SINGLE_METRICS} WHERE {wanted}
                    UNION ALL
                    SELECT timestamp, sample_count, sum, min, max
                    FROM {self.TABLE_AGGREGATED_METRICS} WHERE {wanted}
                ) GROUP BY bin ORDER BY bin
                """,
                (start, period, *parameters, *parameters),
            ).fetchall()
        if scan_by is None or scan_by == ScanBy.TimestampDescending:
            rows.reverse()
        return {
            "timestamps": [start + number * period for number, _ in rows],
            "values": [value for _, value in rows],
        }

    @contextmanager
    def _connection(self, database: str) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction."""
        with (
            self.DATABASE_LOCK,
            closing(sqlite3.connect(database, uri=database.startswith("file:"))) as connection,
            connection,
        ):
            yield connection

    def _get_ordered_dimensions_with_separator(
        self, dims: list[dict[str, str]] | None, for_search: bool = False
    ) -> str | None:
        """Dimensions as the stored text, or as a LIKE pattern for the metrics that have them."""
        if not dims:
            return None
        ordered = sorted(dims, key=lambda dimension: dimension["Name"])
        if not for_search:
            return "".join(f"{dimension['Name']}={dimension['Value']}\t" for dimension in ordered)
        patterns = (
            f"{dimension['Name']}={dimension['Value']}\t" if "Value" in dimension
            else f"{dimension['Name']}="
            for dimension in ordered
        )  # fmt: skip
        return "".join(f"%{pattern}%" for pattern in patterns)

    def _restore_dimensions_from_string(
        self, dimensions: str | None
    ) -> list[dict[str, str]] | None:
        """Stored text as dimensions; a value may have an equals sign in it."""
        if not dimensions:
            return None
        pairs = (text.split("=", 1) for text in dimensions.split("\t") if text)
        return [{"Name": name, "Value": value} for name, value in pairs]


def _values(datum: Mapping[str, Any]) -> list[tuple[float, int]]:
    """The values of a datum and how often each was seen."""
    if datum.get("Value") is not None:
        return [(datum["Value"], 1)]
    values = datum.get("Values") or []
    counts = datum.get("Counts") or [1] * len(values)
    return [(value, int(count)) for value, count in zip(values, counts, strict=True)]
