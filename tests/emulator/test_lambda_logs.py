"""Where and how the lines of a function reach CloudWatch Logs."""

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, zipped
from tests.emulator.observations import await_logs, log_events, log_group_of

SOURCE = """
import logging, time

def handler(event, context):
    if event.get("pause"):
        print("before")
        time.sleep(event["pause"])
        print("after")
    if event.get("fail"):
        raise ValueError("no such picture")
    return {"group": context.log_group_name, "stream": context.log_stream_name}
"""


@pytest.fixture(scope="module")
def function(emulator: Emulator, role: str) -> Iterator[str]:
    with function_of(emulator, zipped(SOURCE), role) as arn:
        yield arn


def _invoke(emulator: Emulator, function: str, event: dict[str, Any]) -> tuple[str, Any]:
    answer = emulator.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return answer["ResponseMetadata"]["RequestId"], json.load(answer["Payload"])


def test_an_error_with_its_traceback_is_one_event(emulator: Emulator, function: str) -> None:
    """An exception that the function raises is logged as one event of several lines."""
    request_id, _ = _invoke(emulator, function, {"fail": True})
    events = await_logs(
        emulator,
        log_group_of(function),
        lambda messages: any(m.startswith(f"REPORT RequestId: {request_id}") for m in messages),
    )
    (error,) = [event["message"] for event in events if "no such picture" in event["message"]]
    assert "Traceback" in error
    assert "\n" in error.strip()


def test_an_event_has_the_time_at_which_it_was_written(emulator: Emulator, function: str) -> None:
    """Two lines written half a second apart have timestamps half a second apart."""
    _invoke(emulator, function, {"pause": 0.5})
    events = await_logs(
        emulator, log_group_of(function), lambda messages: any("after" in m for m in messages)
    )
    before, after = (
        next(event["timestamp"] for event in events if event["message"].strip() == text)
        for text in ("before", "after")
    )
    assert after - before >= 450


def test_a_stream_belongs_to_an_execution_environment(emulator: Emulator, function: str) -> None:
    """The stream is named by date, version and environment, and is the one the function is told."""
    request_id, answer = _invoke(emulator, function, {})
    events = await_logs(
        emulator, log_group_of(function), lambda messages: any(request_id in m for m in messages)
    )
    (stream,) = {event["logStreamName"] for event in events if request_id in event["message"]}
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    assert answer == {"group": log_group_of(function), "stream": stream}


def test_the_configured_log_group_is_used(emulator: Emulator, role: str) -> None:
    """With LoggingConfig.LogGroup the lines go there, and the default group is not made."""
    group = f"/images/{uuid.uuid4().hex}"
    emulator.client("logs").create_log_group(logGroupName=group)
    with function_of(emulator, zipped(SOURCE), role, LoggingConfig={"LogGroup": group}) as function:
        request_id, answer = _invoke(emulator, function, {})
        await_logs(emulator, group, lambda messages: any(request_id in m for m in messages))
        assert answer["group"] == group
        assert not log_events(emulator, log_group_of(function))


def test_no_line_of_a_burst_is_lost(emulator: Emulator, function: str) -> None:
    """Each of many invocations leaves its START, END and REPORT, once."""
    client = emulator.client("lambda")
    sent = {
        client.invoke(FunctionName=function, InvocationType="Event", Payload="{}")[
            "ResponseMetadata"
        ]["RequestId"]
        for _ in range(60)
    }

    def lines(messages: list[str]) -> Counter[tuple[str, str]]:
        found = (re.match(r"(START|END|REPORT) RequestId: ([0-9a-f-]{36})", m) for m in messages)
        return Counter(match.groups() for match in found if match and match[2] in sent)  # type: ignore[misc]

    events = await_logs(
        emulator, log_group_of(function), lambda messages: len(lines(messages)) == 180
    )
    assert set(lines([event["message"] for event in events]).values()) == {1}


def test_lines_survive_the_deletion_of_the_function(emulator: Emulator, role: str) -> None:
    """What a function wrote just before it was deleted is in its log group."""
    with function_of(emulator, zipped(SOURCE), role) as function:
        request_id, _ = _invoke(emulator, function, {})
    await_logs(
        emulator,
        log_group_of(function),
        lambda messages: any(m.startswith(f"REPORT RequestId: {request_id}") for m in messages),
    )
