"""The datapoints of GetMetricStatistics, while metrics are being published."""

import json

from tests.unit.emulator.conftest import Run

PUBLISHED_MEANWHILE = """
import json
from contextlib import contextmanager
from datetime import UTC, datetime
from localstack_parity.cloudwatch.database import MetricDatabase
from localstack_parity.cloudwatch.metric_statistics import datapoints

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)

class Busy(MetricDatabase):
    "Somebody publishes after every read. It lies in the test's folder."

    CLOUDWATCH_DATA_ROOT, METRICS_DB = ".", "metrics.db"
    METRICS_DB_READ_ONLY = "file:metrics.db?mode=ro"

    @contextmanager
    def _connection(self, database):
        with super()._connection(database) as connection:
            yield connection
        if database == self.METRICS_DB_READ_ONLY:
            publish(self, 5.0)

def publish(database, value):
    datum = {"MetricName": "M", "Value": value, "Unit": "Count", "Timestamp": AT}
    database.add_metric_data("0", "us-east-1", "N", [datum])

database = Busy()
publish(database, 1.0)
begin = int(AT.timestamp())
found = datapoints(
    database, "0", "us-east-1", {"Namespace": "N", "MetricName": "M", "Dimensions": None},
    ["SampleCount", "Average", "Sum", "Minimum", "Maximum", "p50"],
    start=begin, end=begin + 60, period=60, unit=None,
)
print(json.dumps(found, default=str))
"""


def test_statistics_are_of_one_moment(run: Run) -> None:
    """Each was read by itself, so that what was published in between counted in some alone."""
    (point,) = json.loads(run(PUBLISHED_MEANWHILE))
    ones = {"Average": 1, "Sum": 1, "Minimum": 1, "Maximum": 1, "ExtendedStatistics": {"p50": 1}}
    assert point == {**ones, "SampleCount": 1, "Unit": "Count", "Timestamp": point["Timestamp"]}
