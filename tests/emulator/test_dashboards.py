"""Which dashboards CloudWatch takes.

Source: Amazon CloudWatch API Reference, PutDashboard and "Dashboard Body Structure and Syntax".
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def name(cloudwatch: Any) -> Iterator[str]:
    name = f"board-{uuid.uuid4().hex}"
    yield name
    cloudwatch.delete_dashboards(DashboardNames=[name])


def _body(**properties: Any) -> str:
    shown = {"metrics": [["AWS/Lambda", "Errors"]], "region": "us-east-1", **properties}
    return json.dumps({"widgets": [{"type": "metric", "properties": shown}]})


def test_a_dashboard_is_kept_as_it_was_put(cloudwatch: Any, name: str) -> None:
    """A body without problems has no messages, and is given back with its size."""
    body = _body()

    put = cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)

    assert not put.get("DashboardValidationMessages")
    assert cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"] == body
    (entry,) = cloudwatch.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"]
    assert entry["Size"] == len(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("no json", "The field DashboardBody must be a valid JSON object"),
        (
            _body(metrics=[["AWS/Lambda", "Errors", {"FunctionName": "f"}]]),
            "The dashboard body is invalid, there are 2 validation errors:",
        ),
    ],
    ids=["not JSON", "dimensions as an object"],
)
def test_a_wrong_body_is_refused(cloudwatch: Any, name: str, body: str, message: str) -> None:
    """The error is InvalidParameterInput with every problem, and nothing is stored."""
    with pytest.raises(ClientError) as refused:
        cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)

    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidParameterInput"
    assert error["Message"].startswith(message)
    assert not cloudwatch.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"]


def test_what_is_ignored_is_a_message(cloudwatch: Any, name: str) -> None:
    """A property that no widget has is stored, with a warning."""
    widget = {"type": "text", "colour": "red", "properties": {"markdown": "#"}}

    put = cloudwatch.put_dashboard(
        DashboardName=name, DashboardBody=json.dumps({"widgets": [widget]})
    )

    (message,) = put["DashboardValidationMessages"]
    assert message["DataPath"] == "/widgets/0"
    assert message["Message"].startswith('The "colour" property is not expected')
