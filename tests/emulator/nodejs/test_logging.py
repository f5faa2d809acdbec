"""What console writes: events with time, request id and level, as text or as JSON."""

import json
import re

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.invocations import Run, invoke
from tests.emulator.nodejs.conftest import Function
from tests.emulator.observations import await_logs, log_group_of


def test_lines_have_time_request_and_level(run: Run) -> None:
    """In the order they were written; what bypasses console has only its text."""
    answer = run("""
    console.log('pictures: %d', 3, {of: 'a'});
    process.stdout.write('bare\\n');
    console.warn('careful');
    console.error('failed');
    console.debug('detail');
    """)
    start = answer.lines.index(f"START RequestId: {answer.request_id} Version: $LATEST")
    end = answer.lines.index(f"END RequestId: {answer.request_id}")
    time, request, level, message = answer.lines[start + 1].split("\t")

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
    assert (request, level) == (answer.request_id, "INFO")
    assert message == "pictures: 3 { of: 'a' }"
    rest = [line.split("\t")[2:] for line in answer.lines[start + 2 : end]]
    assert rest == [[], ["WARN", "careful"], ["ERROR", "failed"], ["DEBUG", "detail"]]


def test_a_log_starts_with_the_version_of_the_runtime(
    emulator: Emulator, function: Function, runtime: str
) -> None:
    """As for every function."""
    with function("exports.handler = async () => 1;") as arn:
        invoke(emulator, arn)
        events = await_logs(emulator, log_group_of(arn), len)

    major = runtime.removeprefix("nodejs").removesuffix(".x")
    assert events[0]["message"].startswith(f"INIT_START Runtime Version: nodejs:{major}.v")


def test_an_event_may_span_lines(emulator: Emulator, run: Run) -> None:
    """CloudWatch Logs has it as one."""
    answer = run("console.log('one\\ntwo'); return context.logGroupName")
    logs = emulator.client("logs")
    group = answer.payload

    def found() -> list[str]:
        events = logs.filter_log_events(logGroupName=group, filterPattern='"one"')["events"]
        return [event["message"] for event in events if answer.request_id in event["message"]]

    wait_until(lambda: bool(found()), deadline_s=20, interval_s=0.2, describe="the log event")
    assert found()[0].endswith("\tINFO\tone\ntwo\n")


def test_a_flood_of_output_is_read_while_the_function_runs(run: Run) -> None:
    """More than a pipe holds, by both ways."""
    answer = run("""
    process.stdout.write('x'.repeat(100) + '\\n');
    for (let line = 0; line < 300; line++) console.log('y'.repeat(5000));
    return 'ended'
    """)

    assert answer.payload == "ended"


def test_json_format_has_a_record_for_each_event(emulator: Emulator, function: Function) -> None:
    """With the levels of LoggingConfig; an error has its type, message and trace."""
    code = """
    exports.handler = async () => {
        console.debug('hidden');
        console.log({picture: 1});
        console.warn('no %s', 'picture', new RangeError('size'));
        throw new TypeError('bad');
    };
    """
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
    with function(code, LoggingConfig=logging) as arn:
        answer = invoke(emulator, arn)
    records = [json.loads(line) for line in answer.lines]
    given, warned, failed = (record for record in records if "message" in record)

    assert "hidden" not in answer.log
    assert given["message"] == {"picture": 1}
    assert (given["level"], given["requestId"]) == ("INFO", answer.request_id)
    assert warned["message"].startswith("no picture RangeError: size")
    assert (warned["errorType"], warned["errorMessage"]) == ("RangeError", "size")
    assert failed["level"] == "ERROR"
    assert failed["message"]["errorType"] == "TypeError"
    assert failed["message"]["stackTrace"][0] == "TypeError: bad"
