"""A function's log, read while it is being written."""

import json
import time
import uuid

from harness.evidence.invocations import InvocationLog
from tests.emulator.conftest import Emulator


def test_lines_that_come_when_an_invocation_is_over_are_read(emulator: Emulator) -> None:
    """GIVEN a slow invocation whose lines come after those of a later one THEN none is missed."""
    logs, group = emulator.client("logs"), f"/aws/lambda/slow-{uuid.uuid4()}"
    now = int(time.time() * 1000)
    logs.create_log_group(logGroupName=group)

    def put(request: str, began_ms: int) -> None:
        logs.create_log_stream(logGroupName=group, logStreamName=request)
        record = {"requestId": request, "status": "success"}
        lines = {
            began_ms: {"type": "platform.start", "record": record},
            began_ms + 1: {"message": "Started", "key": request, "function_request_id": request},
            now: {"type": "platform.report", "record": record},
        }
        events = [{"timestamp": at, "message": json.dumps(said)} for at, said in lines.items()]
        logs.put_log_events(logGroupName=group, logStreamName=request, logEvents=events)

    log = InvocationLog(logs, group, 7, now - 120_000)
    for request, began_ms in (("quick", now - 100), ("slow", now - 60_000)):
        put(request, began_ms)
        log.read()
    assert {id_: len(each.handled) for id_, each in log.invocations.items()} == {
        "quick": 1,
        "slow": 1,
    }
