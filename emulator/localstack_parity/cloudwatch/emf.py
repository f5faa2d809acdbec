"""Finds the metrics embedded in a log line.

Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
"""

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any

from localstack_parity.cloudwatch.measurements import Dimensions, Measurement, Series

# Limits of the specification.
MAX_NAME = 1024
MAX_DIMENSION_NAME = 250
MAX_DIMENSION_VALUE = 1024
MAX_DIMENSIONS = 30
MAX_METRICS = 100
MAX_VALUES = 100

UNITS = {
    *("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"),
    *(f"{prefix}{unit}{rate}"
      for prefix in ("", "Kilo", "Mega", "Giga", "Tera")
      for unit in ("Bytes" if not prefix else "bytes", "Bits" if not prefix else "bits")
      for rate in ("", "/Second")),
}  # fmt: skip


def measurements(account: str, region: str, timestamp: int, message: str) -> list[Measurement]:
    """The metrics in a message; empty if it is not an embedded metric document, or not a valid one.

    ``timestamp`` (milliseconds since the epoch) is the log event's, for a document without one.
    A dimension set or metric that the specification forbids is left out; the others count.
    """
    if '"_aws"' not in message:
        return []
    try:
        document = json.loads(message)
        metadata = document["_aws"]
        second = int(metadata.get("Timestamp", timestamp)) // 1000
        return [
            measurement
            for directive in metadata["CloudWatchMetrics"]
            for measurement in _directive(document, directive, account, region, second)
        ]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return []


def _directive(
    document: dict[str, Any], directive: dict[str, Any], account: str, region: str, second: int
) -> Iterator[Measurement]:
    namespace = directive["Namespace"]
    if not _is_text(namespace, MAX_NAME):
        return
    dimension_sets = [
        dimensions
        for names in directive["Dimensions"]
        if (dimensions := _dimensions(document, names)) is not None
    ]
    for metric in directive["Metrics"][:MAX_METRICS]:
        name, unit = metric["Name"], metric.get("Unit", "None")
        resolution = metric.get("StorageResolution", 60)
        if not _is_text(name, MAX_NAME) or unit not in UNITS or resolution not in (1, 60):
            continue
        values = _values(document.get(name))
        for dimensions in dimension_sets:
            series = Series(account, region, namespace, name, dimensions, unit, second, resolution)
            yield from (Measurement(series, value) for value in values)


def _dimensions(document: dict[str, Any], names: list[str]) -> Dimensions | None:
    """The dimension set's names and values; None if a value is missing or not a string."""
    pairs = [(name, document.get(name)) for name in names]
    if len(pairs) > MAX_DIMENSIONS or not all(
        _is_text(name, MAX_DIMENSION_NAME) and _is_text(value, MAX_DIMENSION_VALUE)
        for name, value in pairs
    ):
        return None
    return tuple(sorted((name, str(value)) for name, value in pairs))


def _values(target: object) -> list[float]:
    """A number, or up to 100 numbers; nothing for anything else."""
    values = target if isinstance(target, list) else [target]
    numbers = [
        value
        for value in values
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    ]
    return numbers if len(numbers) == len(values) <= MAX_VALUES else []


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest
