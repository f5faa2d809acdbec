"""E951x: dashboards that show something."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from harness.lint.metrics import metric_fault
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Resource, Stack
from harness.stack.intrinsics import Unknown

_COLUMNS = 24
_MAX_HEIGHT = 1000
_TYPES = {"metric", "text", "log", "alarm", "explorer", "custom"}
_VIEWS = {"timeSeries", "singleValue", "gauge", "bar", "pie", "table"}


class DashboardBody(StackRule):
    """PutDashboard answers DashboardInvalidInputError."""

    id = "E9511"
    shortdesc = "The body of a dashboard is valid"
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/"
        "CloudWatch-Dashboard-Body-Structure.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """What CloudWatch would refuse in a body."""
        for dashboard in stack.of("AWS::CloudWatch::Dashboard"):
            path = dashboard.path("DashboardBody")
            body = _body(dashboard)
            if isinstance(body, str):
                yield path, body
            elif body is not None:
                for fault in _faults(body):
                    yield path, fault


class DashboardMetrics(StackRule):
    """A widget for something that does not exist is an empty box."""

    id = "E9512"
    shortdesc = "Dashboards show metrics and alarms that the stack has"
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/"
        "CloudWatch-Dashboard-Body-Structure.html#CloudWatch-Dashboard-Properties-Metrics-Array-Format"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each metric or alarm of a widget that will not be there."""
        for dashboard in stack.of("AWS::CloudWatch::Dashboard"):
            body = _body(dashboard)
            if not isinstance(body, dict) or list(_faults(body)):
                continue
            path = dashboard.path("DashboardBody")
            for widget in body["widgets"]:
                properties = widget.get("properties", {})
                title = properties.get("title", widget["type"])
                region = properties.get("region", stack.place.region)
                if region != stack.place.region:
                    yield path, f"Widget {title!r} is about {region}; the stack is not there"
                for metric in _metrics(properties.get("metrics") or []):
                    namespace, name, *pairs = metric
                    dimensions = dict(zip(pairs[::2], pairs[1::2], strict=False))
                    if fault := metric_fault(stack, namespace, name, dimensions):
                        yield path, f"Widget {title!r}: {fault}"
                for arn in properties.get("alarms") or []:
                    if not stack.known_as(arn, "AWS::CloudWatch::Alarm"):
                        yield path, f"Widget {title!r}: the stack has no alarm {arn}"


def _body(dashboard: Resource) -> Any:
    """The body as data; a sentence if it is no JSON; None if it is unknown."""
    text = dashboard.properties.get("DashboardBody")
    if text is None or isinstance(text, Unknown):
        return None
    try:
        body = json.loads(text) if isinstance(text, str) else text
    except ValueError as error:
        return f"The body is no JSON: {error}"
    return body if isinstance(body, dict) else "The body is no JSON object"


def _faults(body: dict[str, Any]) -> Iterator[str]:
    widgets = body.get("widgets")
    if not isinstance(widgets, list) or len(widgets) > 500:
        yield "widgets is to be a list of at most 500"
        return
    for number, widget in enumerate(widgets):
        if not isinstance(widget, dict) or not isinstance(widget.get("properties"), dict):
            yield f"Widget {number} lacks properties"
            continue
        kind, properties = widget.get("type"), widget["properties"]
        name = properties.get("title", number)
        if kind not in _TYPES:
            yield f"Widget {name!r} is of no type that CloudWatch has: {kind}"
        x, width = widget.get("x", 0), widget.get("width", 6)
        y, height = widget.get("y", 0), widget.get("height", 6)
        if not all(isinstance(size, int) for size in (x, y, width, height)):
            yield f"Widget {name!r} has a place or size that is no whole number"
        elif x < 0 or width < 1 or x + width > _COLUMNS:
            yield f"Widget {name!r} is beyond the {_COLUMNS} columns: x {x}, width {width}"
        elif y < 0 or not 1 <= height <= _MAX_HEIGHT:
            yield f"Widget {name!r} has no valid place: y {y}, height {height}"
        if kind == "metric":
            yield from _metric_widget_faults(name, properties)
        if kind == "alarm" and not properties.get("alarms"):
            yield f"Widget {name!r} lists no alarms"


def _metric_widget_faults(name: object, properties: dict[str, Any]) -> Iterator[str]:
    if "region" not in properties:
        yield f"Widget {name!r} names no region"
    if not properties.get("metrics") and not properties.get("annotations"):
        yield f"Widget {name!r} has no metrics"
    if properties.get("view", "timeSeries") not in _VIEWS:
        yield f"Widget {name!r} has no view {properties['view']}"
    period = properties.get("period", 300)
    if not isinstance(period, int) or (period not in {1, 5, 10, 20, 30} and period % 60):
        yield f"Widget {name!r} has a period that is no multiple of 60: {period}"
    for metric in properties.get("metrics") or []:
        if not isinstance(metric, list) or not metric:
            yield f"Widget {name!r} has a metric that is no list"


def _metrics(listed: list[list[Any]]) -> Iterator[list[Any]]:
    """Each metric in full: "." stands for the same as above it, "..." for all that is missing."""
    above: list[Any] = []
    for metric in listed:
        parts = [part for part in metric if not isinstance(part, dict)]
        if not parts:  # an expression has nothing but its options
            continue
        full: list[Any] = []
        for position, part in enumerate(parts):
            if part == "...":
                full += above[position : len(above) - (len(parts) - position - 1)]
            elif part == "." and len(full) < len(above):
                full.append(above[len(full)])
            else:
                full.append(part)
        above = full
        if len(full) >= 2:
            yield full
