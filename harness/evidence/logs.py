"""Log events of the functions, oldest first and each once, and how they are printed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harness.polling import every
from harness.targets.target import Target

# Fields that a line begins with, or that say the same for every line of a function.
_LEADING = {"timestamp", "level", "message", "log", "location", "service", "exception"}
_CONSTANT = {"function_name", "function_memory_size", "function_arn", "cold_start", "xray_trace_id"}
_FOLLOW_S = 1.0


@dataclass(frozen=True)
class LogEvent:
    """One line of a log group; `time_ms` is milliseconds since 1970, `id` is CloudWatch's own."""

    id: str
    time_ms: int
    group: str
    message: str


def log_groups(target: Target, stack_name: str) -> list[str]:
    """The names of the log groups that belong to the stack, in alphabetical order."""
    pages = target.client("cloudformation").get_paginator("list_stack_resources")
    return sorted(
        resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=stack_name)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Logs::LogGroup"
    )


def log_events(target: Target, groups: list[str], since_ms: int = 0) -> list[LogEvent]:
    """The events of the log groups from `since_ms` on, oldest first."""
    pages = target.client("logs").get_paginator("filter_log_events")
    events = [
        LogEvent(
            event.get("eventId") or f"{event['timestamp']} {event['message']}",
            event["timestamp"],
            group,
            event["message"].rstrip(),
        )
        for group in groups
        for page in pages.paginate(logGroupName=group, startTime=since_ms)
        for event in page["events"]
    ]
    return sorted(events, key=lambda event: event.time_ms)


def follow(target: Target, groups: list[str], since_ms: int) -> Iterator[LogEvent]:
    """Events as they come, without end; events of the same millisecond may come in any order."""
    seen: set[str] = set()
    for _ in every(_FOLLOW_S):
        events = log_events(target, groups, since_ms)
        yield from (event for event in events if event.id not in seen)
        since_ms = max([since_ms, *(event.time_ms for event in events)])
        seen = {event.id for event in events if event.time_ms == since_ms}


def readable(event: LogEvent) -> str:
    """One line for a person: time, function, level, message, then what else a JSON line holds."""
    time = f"{datetime.fromtimestamp(event.time_ms / 1000, UTC):%H:%M:%S.%f}"[:-3]
    head = f"{time} {event.group.removeprefix('/aws/lambda/')}"
    try:
        fields = json.loads(event.message)
    except ValueError:
        return f"{head} {event.message}"
    if not isinstance(fields, dict):
        return f"{head} {event.message}"
    if "_aws" in fields:
        return f"{head} METRIC {_metrics(fields)}"
    if "record" in fields and "type" in fields:  # the platform's own: START, REPORT …
        return f"{head} {fields['type']} {_pairs(fields['record'])}"
    message = fields.get("message", "")
    text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    rest = {k: v for k, v in fields.items() if k not in _LEADING | _CONSTANT}
    line = " ".join(part for part in (fields.get("level"), text, _pairs(rest)) if part)
    exception = fields.get("exception")
    return f"{head} {line}" + (f"\n{exception}" if exception else "")


def _metrics(fields: dict[str, Any]) -> str:
    """Names and values of a line in CloudWatch's embedded metric format."""
    names = [
        metric["Name"]
        for directive in fields["_aws"].get("CloudWatchMetrics", [])
        for metric in directive.get("Metrics", [])
    ]
    return _pairs({name: fields.get(name) for name in names})


def _pairs(fields: dict[str, Any]) -> str:
    return " ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in fields.items()
    )
