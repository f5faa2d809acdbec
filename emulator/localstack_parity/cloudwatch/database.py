"""The metric database: many values in one transaction, metrics distinguished by exact dimensions.

LocalStack's own makes a transaction for each datum, and finds metrics of `img-dev2` when asked for
`img-dev`, and those of dimensions A and B when asked for A.

Source: Amazon CloudWatch User Guide, "Metrics concepts": "CloudWatch treats each unique combination
of dimensions as a separate metric".
"""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from localstack.services.cloudwatch.cloudwatch_database_helper import CloudwatchDatabase

from localstack_parity.cloudwatch.statistics import Samples, Statistic

NO_UNIT = "None"

COLUMNS = (
    "account_id, region, metric_name, namespace, timestamp, dimensions, unit, storage_resolution"
)


class Point(NamedTuple):
    """A datapoint: the start of its period (seconds since the epoch), value and sample count."""

    start: int
    value: float
    samples: float


class _Age(NamedTuple):
    """So much time was let pass when these were the last rows of the tables."""

    seconds: int
    last_single: int
    last_aggregated: int


class MetricDatabase(CloudwatchDatabase):
    """LocalStack's tables, written and read faithfully and faster.

    A value that was seen several times is one row of the aggregated table whose minimum and maximum
    are the value.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ages: tuple[_Age, ...] = ()  # how often, and by how much, time was let pass

    def let_time_pass(self, seconds: int) -> None:
        """Have everything that is stored by now be so much older, for who asks as of later."""
        last = "SELECT COALESCE(MAX(id), 0) FROM"
        with self._connection(self.METRICS_DB_READ_ONLY) as connection:
            (single,) = connection.execute(f"{last} {self.TABLE_SINGLE_METRICS}").fetchone()
            (aggregated,) = connection.execute(f"{last} {self.TABLE_AGGREGATED_METRICS}").fetchone()
        self.ages = (*self.ages, _Age(seconds, single, aggregated))

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
                _stored_second(datum),
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

    def points(
        self,
        account_id: str,
        region: str,
        metric: Mapping[str, Any],
        statistic: Statistic,
        *,
        start: int,
        end: int,
        period: int,
        unit: str | None = None,
        ahead_s: int | None = None,
    ) -> dict[str, list[Point]]:
        """The datapoints of a metric by unit, ascending. All else is as for `samples`."""
        found: dict[str, list[Point]] = {}
        for name, at, seen in self.samples(
            account_id,
            region,
            metric,
            start=start,
            end=end,
            period=period,
            values=statistic.needs_values,
            unit=unit,
            ahead_s=ahead_s,
        ):
            result = statistic.of(seen)
            if result is not None:
                found.setdefault(name, []).append(Point(at, float(result), seen.count))
        return found

    def samples(
        self,
        account_id: str,
        region: str,
        metric: Mapping[str, Any],
        *,
        start: int,
        end: int,
        period: int,
        values: bool,
        unit: str | None = None,
        ahead_s: int | None = None,
    ) -> list[tuple[str, int, Samples]]:
        """What was reported, as it was at one moment: unit, begin of the period, samples.

        Periods are from ``start`` to before ``end``; those without data are left out. ``metric``
        has Namespace, MetricName and Dimensions. Single values are there if ``values`` asks.
        With ``ahead_s`` all times are those of a clock that is ahead by so much, and what was
        stored before time was let pass is that much older.
        """
        single_at, aggregated_at = self._times(ahead_s)
        wanted = """account_id = ? AND region = ? AND namespace = ? AND metric_name = ?
            AND dimensions IS ? AND at >= ? AND at < ?"""
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
            wanted += f" AND COALESCE(unit, '{NO_UNIT}') = ?"
            parameters.append(unit)
        rows = f"""
            SELECT (at - {start}) / {period} AS bin, COALESCE(unit, '{NO_UNIT}') AS unit,
                   1 AS sample_count, value AS sum, value AS min, value AS max
            FROM (SELECT *, {single_at} AS at FROM {self.TABLE_SINGLE_METRICS}) WHERE {wanted}
            UNION ALL
            SELECT (at - {start}) / {period}, COALESCE(unit, '{NO_UNIT}'),
                   sample_count, sum, min, max
            FROM (SELECT *, {aggregated_at} AS at FROM {self.TABLE_AGGREGATED_METRICS})
            WHERE {wanted}
            """
        single: dict[tuple[str, int], list[tuple[float, float]]] = {}
        with self._connection(self.METRICS_DB_READ_ONLY) as connection:
            groups = connection.execute(
                f"SELECT unit, bin, SUM(sample_count), SUM(sum), MIN(min), MAX(max)"
                f" FROM ({rows}) GROUP BY unit, bin ORDER BY unit, bin",
                (*parameters, *parameters),
            ).fetchall()
            if values:
                for name, number, value, times in connection.execute(
                    f"SELECT unit, bin, min, SUM(sample_count) FROM ({rows}) WHERE min = max"
                    " GROUP BY unit, bin, min ORDER BY min",
                    (*parameters, *parameters),
                ):
                    single.setdefault((name, number), []).append((value, times))
        return [
            (
                name,
                start + number * period,
                Samples(count, total, minimum, maximum, single.get((name, number), ())),
            )
            for name, number, count, total, minimum, maximum in groups
        ]

    def _times(self, ahead_s: int | None) -> tuple[str, str]:
        """When the rows of each table were measured, in SQL."""
        single = aggregated = "timestamp"
        if ahead_s is not None:
            for age in self.ages:
                single += f" - {age.seconds} * (id <= {age.last_single})"
                aggregated += f" - {age.seconds} * (id <= {age.last_aggregated})"
            single, aggregated = f"{single} + {ahead_s}", f"{aggregated} + {ahead_s}"
        return single, aggregated

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


def _stored_second(datum: Mapping[str, Any]) -> int:
    """When the datum was measured; to the minute unless it is of high resolution.

    Source: CloudWatch User Guide, "Publish custom metrics", "High-resolution metrics".
    """
    at = int(datum["Timestamp"].timestamp() if datum.get("Timestamp") else time.time())
    return at if datum.get("StorageResolution") == 1 else at - at % 60


def _values(datum: Mapping[str, Any]) -> list[tuple[float, int]]:
    """The values of a datum and how often each was seen."""
    if datum.get("Value") is not None:
        return [(datum["Value"], 1)]
    values = datum.get("Values") or []
    counts = datum.get("Counts") or [1] * len(values)
    return [(value, int(count)) for value, count in zip(values, counts, strict=True)]
