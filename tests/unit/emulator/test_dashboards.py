"""What PutDashboard thinks of a dashboard's body.

Source: Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax".
"""

import json
from typing import Any

import pytest

from localstack_parity.cloudwatch.dashboards import Problem, problems, refusal, warnings


def _metric(**properties: Any) -> dict[str, Any]:
    shown = {"metrics": [["AWS/Lambda", "Errors"]], "region": "us-east-1", **properties}
    return {"type": "metric", "properties": shown}


def _problems(*widgets: object) -> list[Problem]:
    return problems(json.dumps({"widgets": widgets}))


@pytest.mark.parametrize(
    "metrics",
    [
        [["AWS/Lambda", "Errors", "FunctionName", "f"], [".", "Duration", ".", "."]],
        [["AWS/Lambda", "Errors", "FunctionName", "f", {"stat": "p95"}], ["...", "g"]],
        [["...", {"stat": "Maximum"}]],
        [[{"expression": "m1 / 2", "id": "e1", "label": "half"}]],
    ],
)
def test_metrics_that_are_taken(metrics: list[Any]) -> None:
    """Rows with names, dimensions, shorthands and rendering are fine."""
    assert not _problems(_metric(metrics=metrics))


def test_other_widgets_that_are_taken() -> None:
    """Text, logs and alarms with what they need are fine, as is a board without widgets."""
    assert not _problems(
        {"type": "text", "x": 0, "y": 9, "width": 24, "height": 1, "properties": {"markdown": "#"}},
        {"type": "log", "properties": {"query": "SOURCE 'a'", "region": "us-east-1"}},
        {"type": "alarm", "properties": {"alarms": []}},
    )
    assert not _problems()


@pytest.mark.parametrize("body", ["no json", "[]", '"text"', ""])
def test_bodies_that_are_no_object(body: str) -> None:
    """They have the one problem that CloudWatch names."""
    message = "The field DashboardBody must be a valid JSON object"
    assert problems(body) == [Problem("", message)]
    assert refusal(problems(body)) == message


@pytest.mark.parametrize(
    ("widget", "path", "message"),
    [
        ("text", "", "Should be object"),
        ({"properties": {}}, "", "Should have required property 'type'"),
        ({"type": "metric"}, "", "Should have required property 'properties'"),
        (
            {"type": "pie", "properties": {}},
            "/type",
            "Should be equal to one of the allowed values",
        ),
        ({"type": "text", "properties": {}}, "/properties", "Should have required property 'mark"),
        ({**_metric(), "x": 24}, "/x", "Should be <= 23"),
        ({**_metric(), "width": 0}, "/width", "Should be >= 1"),
        ({**_metric(), "y": "0"}, "/y", "Should be integer"),
        (
            _metric(metrics=["Errors"]),
            "/properties/metrics/0",
            'Field "metrics" has to be an array',
        ),
        (
            _metric(metrics=[["AWS/Lambda", "Errors", {"FunctionName": "f"}]]),
            "/properties/metrics/0/2",
            'Invalid metric field type, only "String" type is allowed',
        ),
        (
            _metric(metrics=[["AWS/Lambda", "Errors", "FunctionName"]]),
            "/properties/metrics/0",
            "Should NOT have more than 2 items",
        ),
    ],
)
def test_a_defect_is_named_with_its_path(widget: object, path: str, message: str) -> None:
    """Each defect is named with the path to it."""
    found = _problems(widget)[0]
    assert found.path == f"/widgets/0{path}"
    assert found.message.startswith(message)


def test_a_refusal_lists_all_problems() -> None:
    """The error's message counts and lists them as JSON."""
    text = refusal(_problems({"type": "text", "properties": {}}, {"type": "alarm"}))
    first, listed = text.split("\n", 1)
    assert first == "The dashboard body is invalid, there are 2 validation errors:"
    assert [problem["dataPath"] for problem in json.loads(listed)] == [
        "/widgets/0/properties",
        "/widgets/1",
    ]


def test_unknown_properties_are_warnings() -> None:
    """A property that no widget has is ignored, and CloudWatch says so."""
    (warning,) = warnings(json.dumps({"widgets": [{**_metric(), "colour": "red"}]}))
    assert warning.path == "/widgets/0"
    assert warning.message == (
        'The "colour" property is not expected to be part of a widget definition, will be ignored'
    )
