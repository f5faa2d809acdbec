"""What PutDashboard thinks of a dashboard's body.

Pure functions.

Source: Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html).
What a widget shows (expressions, queries, ARNs) is not looked at: CloudWatch does not either.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MAX_WIDGETS = 500
NO_OBJECT = "The field DashboardBody must be a valid JSON object"

# The properties that a widget of each type must have; of a tuple at least one.
REQUIRED: Mapping[str, tuple[str | tuple[str, ...], ...]] = {
    "metric": (("metrics", "annotations"), "region"),
    "text": ("markdown",),
    "log": ("query", "region"),
    "alarm": ("alarms",),
    "explorer": ("metrics",),
    "custom": ("endpoint",),
    "chart": (),
}
WIDGET = {"type", "x", "y", "width", "height", "properties"}
GRID = {"x": (0, 23), "y": (0, None), "width": (1, 24), "height": (1, 1000)}
RENDERING = {
    *("color", "label", "period", "region", "stat", "visible", "yAxis", "id", "expression"),
    "accountId",
}


class Problem(NamedTuple):
    """What is wrong, and the path to it in the body."""

    path: str
    message: str


def problems(body: str) -> list[Problem]:
    """Everything for which CloudWatch refuses a body."""
    document = _object(body)
    if document is None:
        return [Problem("", NO_OBJECT)]
    return list(_problems(document))


def warnings(body: str) -> list[Problem]:
    """What CloudWatch ignores in a body that it takes."""
    document = _object(body) or {}
    return [
        Problem(
            f"/widgets/{number}",
            f'The "{name}" property is not expected to be part of a widget definition, will be'
            " ignored",
        )
        for number, widget in enumerate(document.get("widgets", ()))
        for name in widget
        if name not in WIDGET
    ]


def refusal(found: list[Problem]) -> str:
    """The message of the error for these problems."""
    if found[0].message == NO_OBJECT:
        return NO_OBJECT
    listed = [{"dataPath": problem.path, "message": problem.message} for problem in found]
    return (
        f"The dashboard body is invalid, there are {len(found)} validation errors:\n"
        f"{json.dumps(listed, indent=2)}"
    )


def _object(body: str) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    widgets = document.get("widgets")
    if widgets is None:
        yield Problem("", "Should have required property 'widgets'")
    elif not isinstance(widgets, list):
        yield Problem("/widgets", "Should be array")
    elif len(widgets) > MAX_WIDGETS:
        yield Problem("/widgets", f"Should NOT have more than {MAX_WIDGETS} items")
    else:
        for number, widget in enumerate(widgets):
            yield from _widget_problems(widget, f"/widgets/{number}")


def _widget_problems(widget: object, path: str) -> Iterator[Problem]:
    if not isinstance(widget, dict):
        yield Problem(path, "Should be object")
        return
    for name, (lowest, highest) in GRID.items():
        value = widget.get(name)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            yield Problem(f"{path}/{name}", "Should be integer")
        elif value < lowest:
            yield Problem(f"{path}/{name}", f"Should be >= {lowest}")
        elif highest is not None and value > highest:
            yield Problem(f"{path}/{name}", f"Should be <= {highest}")
    type_, properties = widget.get("type"), widget.get("properties")
    if type_ is None:
        yield Problem(path, "Should have required property 'type'")
    elif not isinstance(type_, str) or type_ not in REQUIRED:
        yield Problem(f"{path}/type", "Should be equal to one of the allowed values")
    if properties is None:
        yield Problem(path, "Should have required property 'properties'")
    elif not isinstance(properties, dict):
        yield Problem(f"{path}/properties", "Should be object")
    elif isinstance(type_, str) and type_ in REQUIRED:
        yield from _property_problems(type_, properties, f"{path}/properties")


def _property_problems(type_: str, properties: Mapping[str, Any], path: str) -> Iterator[Problem]:
    for required in REQUIRED[type_]:
        names = (required,) if isinstance(required, str) else required
        if not any(name in properties for name in names):
            yield Problem(path, f"Should have required property '{names[0]}'")
    match type_, properties:
        case "text", {"markdown": text} if not isinstance(text, str):
            yield Problem(f"{path}/markdown", "Should be string")
        case "alarm", {"alarms": alarms} if not isinstance(alarms, list):
            yield Problem(f"{path}/alarms", "Should be array")
        case "metric", {"metrics": metrics}:
            yield from _metrics_problems(metrics, f"{path}/metrics")


def _metrics_problems(metrics: object, path: str) -> Iterator[Problem]:
    """A metric is a namespace, a name, pairs of dimensions, and how to show it."""
    form = (
        'Field "metrics" has to be an array of array of strings, with an optional metricRenderer'
        " object as last element"
    )
    if not isinstance(metrics, list):
        yield Problem(path, form)
        return
    for number, row in enumerate(metrics):
        here = f"{path}/{number}"
        if not isinstance(row, list) or not row:
            yield Problem(here, form)
            continue
        shown = isinstance(row[-1], dict) and set(row[-1]) <= RENDERING
        names = row[:-1] if shown else row
        wrong = [at for at, name in enumerate(names) if not isinstance(name, str)]
        for at in wrong:
            message = 'Invalid metric field type, only "String" type is allowed'
            yield Problem(f"{here}/{at}", message)
        if wrong:
            yield Problem(here, f"Should NOT have more than {wrong[0]} items")
        elif len(names) % 2 and "..." not in names:
            yield Problem(here, f"Should NOT have more than {len(names) - 1} items")
