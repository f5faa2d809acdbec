"""What metric filters make of log events, and the filters that CloudWatch Logs refuses.

Pure; called by provider.py.

Source: Amazon CloudWatch Logs User Guide, "Creating metrics from log events using filters"; API
Reference, PutMetricFilter and MetricTransformation.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localstack_parity.cloudwatch.measurements import Dimensions, Measurement, Series
from localstack_parity.logs.conditions import PatternError, number
from localstack_parity.logs.patterns import Found, compile_pattern

MAX_DIMENSIONS = 3
MINUTE_MS = 60_000

type Event = Mapping[str, Any]
type Transformation = Mapping[str, Any]


def measurements(
    metric_filter: Mapping[str, Any], events: Sequence[Event], account: str, region: str
) -> Iterator[Measurement]:
    """The values of one metric filter for the events of one PutLogEvents call.

    The default value is reported for the minutes of the call in which no event matched: "If logs
    are ingested during a one-minute time period but no matches are found, the value specified for
    Default Value (if any) is reported."
    """
    match = compile_pattern(metric_filter["filterPattern"])
    found = [(event, found) for event in events if (found := match(event["message"]))]
    for transformation in metric_filter["metricTransformations"]:
        for event, match_ in found:
            yield from _measurement(transformation, event, match_, account, region)
        default = transformation.get("defaultValue")
        if default is not None:
            matched = {event["timestamp"] // MINUTE_MS for event, _ in found}
            for minute in sorted({event["timestamp"] // MINUTE_MS for event in events} - matched):
                series = _series(transformation, minute * MINUTE_MS, (), account, region)
                yield Measurement(series, float(default))


def _measurement(
    transformation: Transformation, event: Event, found: Found, account: str, region: str
) -> Iterator[Measurement]:
    """One value; none if it is no number or a dimension has no value in the event."""
    wanted = transformation["metricValue"]
    value = number(found.value(wanted) if wanted.startswith("$") else wanted)
    dimensions = {
        name: found.value(selector)
        for name, selector in (transformation.get("dimensions") or {}).items()
    }
    if value is None or None in dimensions.values():
        return
    pairs = tuple(sorted((name, str(each)) for name, each in dimensions.items()))
    yield Measurement(_series(transformation, event["timestamp"], pairs, account, region), value)


def _series(
    transformation: Transformation, at_ms: int, dimensions: Dimensions, account: str, region: str
) -> Series:
    return Series(
        account,
        region,
        transformation["metricNamespace"],
        transformation["metricName"],
        dimensions,
        transformation.get("unit") or "None",
        at_ms // 1000,
    )


def problem(pattern: str, transformations: Sequence[Transformation]) -> str | None:
    """Why CloudWatch Logs refuses a metric filter; None if it does not."""
    try:
        compile_pattern(pattern)
    except PatternError as e:
        return str(e)
    for transformation in transformations:
        value = transformation.get("metricValue", "")
        if not value.startswith("$") and number(value) is None:
            return f"Invalid metric transformation: metricValue {value} is no number and no field."
        dimensions = transformation.get("dimensions") or {}
        if len(dimensions) > MAX_DIMENSIONS:
            return f"A metric filter can have at most {MAX_DIMENSIONS} dimensions."
        if dimensions and transformation.get("defaultValue") is not None:
            return "A metric filter with dimensions cannot have a default value."
        if dimensions and not pattern.lstrip().startswith(("{", "[")):
            return "Dimensions need a JSON or space-delimited filter pattern."
    return None
