"""What a deployment says while it goes on: one line a resource."""

from datetime import UTC, datetime, timedelta
from typing import Any

from harness.stack.events import EventLines

BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def event(after_s: float, name: str, status: str, reason: str | None = None) -> dict[str, Any]:
    """An event of DescribeStackEvents."""
    return {
        "Timestamp": BEGAN + timedelta(seconds=after_s),
        "LogicalResourceId": name,
        "ResourceStatus": status,
        **({"ResourceStatusReason": reason} if reason else {}),
    }


def told(*events: dict[str, Any], now_s: float = 0.0) -> list[str]:
    """The lines about these events."""
    lines: list[str] = []
    shown = EventLines(lines.append)
    for each in events:
        shown.take(each)
    shown.waiting((BEGAN + timedelta(seconds=now_s)).timestamp())
    return lines


def test_a_resource_has_one_line_with_the_time_it_took() -> None:
    assert told(
        event(0, "Bucket", "CREATE_IN_PROGRESS"),
        event(0.1, "Bucket", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
        event(1.5, "Bucket", "CREATE_COMPLETE"),
    ) == ["12:00:01 created   Bucket in 1.5 s"]


def test_a_failure_has_its_status_and_reason() -> None:
    (line,) = told(
        event(0, "Topic", "UPDATE_IN_PROGRESS"),
        event(2, "Topic", "UPDATE_FAILED", "Invalid parameter: DisplayName"),
    )
    assert line == "12:00:02 UPDATE_FAILED Topic in 2.0 s – Invalid parameter: DisplayName"


def test_what_takes_long_is_named() -> None:
    begun = event(0, "Function", "CREATE_IN_PROGRESS")
    assert told(begun, now_s=5) == []
    assert told(begun, now_s=12) == ["  still in progress: Function, 12 s"]
