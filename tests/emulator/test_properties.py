"""Properties that LocalStack's CloudFormation drops or pretends to apply."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack


@pytest.fixture
def stack(emulator: Emulator) -> Iterator[Stack]:
    """A stack of its own, deleted at the end."""
    one = Stack(emulator.client("cloudformation"))
    yield one
    one.delete()


def _dashboard(name: str, body: str) -> dict[str, Any]:
    properties = {"DashboardName": name, "DashboardBody": body}
    return {
        "Resources": {"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}},
        "Outputs": {"Name": {"Value": {"Ref": "Board"}}},
    }


def _log_group(days: int | None) -> dict[str, Any]:
    retention = {"RetentionInDays": days} if days else {}
    topic = {"Type": "AWS::SNS::Topic"}  # there is always something to change
    group = {"Type": "AWS::Logs::LogGroup", "Properties": retention}
    return {"Resources": {"Group": group, f"Topic{days}": topic}}


def test_a_dashboard_is_created_updated_and_deleted(emulator: Emulator, stack: Stack) -> None:
    """The dashboard in CloudWatch has the body that the template gives it, and Ref is its name."""
    cloudwatch = emulator.client("cloudwatch")
    name = f"board-{uuid.uuid4().hex}"
    for text in ("one", "two"):
        body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": text}}]})
        stack.deploy(_dashboard(name, body))
        assert stack.outputs() == {"Name": name}
        assert cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"] == body
    stack.delete()
    assert not cloudwatch.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"]


@pytest.mark.parametrize("body", ["{", '"text"'])
def test_a_dashboard_that_is_no_json_object_fails_the_stack(stack: Stack, body: str) -> None:
    """PutDashboard refuses it on AWS, so the resource fails with that reason."""
    assert stack.deploy(_dashboard(f"board-{uuid.uuid4().hex}", body)) != "CREATE_COMPLETE"
    assert any("DashboardBody" in reason for reason in stack.reasons("CREATE_FAILED"))


def test_the_retention_of_a_log_group_is_applied(emulator: Emulator, stack: Stack) -> None:
    """RetentionInDays is set on create, changed on update and removed with the property."""
    logs = emulator.client("logs")
    for days in (7, 30, None):
        stack.deploy(_log_group(days))
        (group,) = logs.describe_log_groups(logGroupNamePrefix=stack.resource("Group"))["logGroups"]
        assert group.get("retentionInDays") == days
