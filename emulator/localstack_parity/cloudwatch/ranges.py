"""What PutMetricData refuses, in CloudWatch's own words for it.

What the emulator itself measures is not looked at: only AWS publishes below `AWS/`.

Sources: Amazon CloudWatch API Reference, PutMetricData, MetricDatum, Dimension and StatisticSet.
The words are those that people report: https://github.com/micrometer-metrics/micrometer/issues/1645
(units), https://github.com/cloud-custodian/cloud-custodian/issues/2559 (times),
https://github.com/jdamick/dropwizard-metrics-cloudwatch/issues/3 (a dimension twice).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.cloudwatch import InvalidParameterValueException, StandardUnit

from localstack_parity.cloudwatch import composite

MAX_DATUMS = 1_000
MAX_DIMENSIONS = 30
MAX_NAME = 255
MAX_DIMENSION_VALUE = 1_024
MAX_VALUES = 150
LARGEST = 2.0**360
RESERVED = "AWS/"
RESOLUTIONS = (1, 60)
OLDEST, NEWEST = timedelta(days=14), timedelta(hours=2)

_UNITS = {str(unit) for unit in StandardUnit}


def check_put(request: Mapping[str, Any], context: RequestContext) -> None:
    """Raise InvalidParameterValue for metrics that CloudWatch does not take."""
    if context.is_internal_call:
        return
    problems = [*_namespace_problems(request["Namespace"])]
    data = request.get("MetricData") or ()
    if len(data) > MAX_DATUMS:
        problems.append(_too_many("MetricData", MAX_DATUMS))
    oldest, newest = _times()
    for number, datum in enumerate(data, 1):
        problems.extend(_problems(datum, f"MetricData.member.{number}", oldest, newest))
    if problems:
        raise InvalidParameterValueException("\n".join(problems))


CHECKS = {"PutCompositeAlarm": composite.check, "PutMetricData": check_put}


def _times() -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now - OLDEST, now + NEWEST


def _namespace_problems(namespace: str) -> Iterator[str]:
    if namespace.startswith((RESERVED, ":")):
        yield f"The value {namespace} for parameter Namespace is invalid."
    yield from _text_problems(namespace, "Namespace", MAX_NAME)


def _problems(
    datum: Mapping[str, Any], path: str, oldest: datetime, newest: datetime
) -> Iterator[str]:
    """Yield what is wrong with one datum; `path` is its name in the request."""
    yield from _text_problems(datum.get("MetricName") or "", f"{path}.MetricName", MAX_NAME)
    if dimensions := datum.get("Dimensions"):
        yield from _dimension_problems(dimensions, f"{path}.Dimensions")
    if (unit := datum.get("Unit")) is not None and unit not in _UNITS:
        units = ", ".join(StandardUnit)
        yield f"The parameter {path}.Unit must be a value in the set [ {units} ]."
    resolution = datum.get("StorageResolution")
    if resolution is not None and resolution not in RESOLUTIONS:
        yield f"The parameter {path}.StorageResolution must be a value in the set [ 1, 60 ]."
    if (moment := datum.get("Timestamp")) is not None:
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if moment < oldest:
            yield f"The parameter {path}.Timestamp must specify a time within the past two weeks."
        if moment > newest:
            yield (
                f"The parameter {path}.Timestamp must specify a time no more than two hours in"
                " the future."
            )
    yield from _value_problems(datum, path)


def _dimension_problems(dimensions: Sequence[Mapping[str, str]], path: str) -> Iterator[str]:
    if len(dimensions) > MAX_DIMENSIONS:
        yield _too_many(path, MAX_DIMENSIONS)
    if len({dimension.get("Name") for dimension in dimensions}) < len(dimensions):
        yield "No metric may specify the same dimension name twice."
    for number, dimension in enumerate(dimensions, 1):
        name, value = dimension.get("Name") or "", dimension.get("Value") or ""
        yield from _text_problems(name, f"{path}.member.{number}.Name", MAX_NAME)
        yield from _text_problems(value, f"{path}.member.{number}.Value", MAX_DIMENSION_VALUE)
        if name.startswith(":"):
            yield f"The value {name} for parameter {path}.member.{number}.Name is invalid."


def _value_problems(datum: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield what is wrong with the numbers: a value, a set of statistics, or values and counts."""
    value, statistics, values = (datum.get(name) for name in ("Value", "StatisticValues", "Values"))
    if value is None and not statistics and not values:
        yield (
            f"The parameters {path}.Value and {path}.StatisticValues and {path}.Values are missing:"
            " one of them is required."
        )
    if value is not None and not _is_number(value):
        yield f"The value {_text(value)} for parameter {path}.Value is invalid."
    for name, one in (statistics or {}).items():
        if one is not None and not _is_number(one):
            yield f"The value {_text(one)} for parameter {path}.StatisticValues.{name} is invalid."
    if statistics and statistics["Minimum"] > statistics["Maximum"]:
        yield (
            f"The parameter {path}.StatisticValues.Maximum must be greater than"
            f" {path}.StatisticValues.Minimum."
        )
    for name in ("Values", "Counts"):
        numbers = datum.get(name) or ()
        if len(numbers) > MAX_VALUES:
            yield _too_many(f"{path}.{name}", MAX_VALUES)
        for one in numbers:
            if not _is_number(one) or (name == "Counts" and one < 0):
                yield f"The value {_text(one)} for parameter {path}.{name} is invalid."


def _text_problems(text: str, path: str, most: int) -> Iterator[str]:
    if not text.isascii():
        yield f"The parameter {path} contains non-ASCII characters."
    if not text or text.isspace():
        yield f"The parameter {path} must not be empty."
    if len(text) > most:
        yield f"The parameter {path} must be shorter than {most + 1} characters."


def _is_number(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= LARGEST


def _text(value: float) -> str:
    """Return a number as Java writes it."""
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return "NaN" if math.isnan(value) else str(value)


def _too_many(path: str, most: int) -> str:
    return f"The collection {path} must not have a size greater than {most}."
