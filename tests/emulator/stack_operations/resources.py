"""Resources that are made quickly, and one that fails."""

from typing import Any

from tests.emulator.conftest import Emulator


def group(name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, **properties}}


def board(body: str, *others: str) -> dict[str, Any]:
    properties = {"DashboardBody": body}
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "DependsOn": list(others),
        "Properties": properties,
    }


GOOD, BAD = '{"widgets": []}', "{"


def groups_of(emulator: Emulator, prefix: str) -> dict[str, int | None]:
    """The log groups whose names start so, and their retention."""
    found = emulator.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return {group["logGroupName"]: group.get("retentionInDays") for group in found}
