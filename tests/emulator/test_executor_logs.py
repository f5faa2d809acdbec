"""What an invocation writes to its log: the function's lines between those of the platform."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, zipped
from tests.emulator.invocations import ANYTHING, Run, invoke, runner
from tests.emulator.observations import await_logs, log_group_of


@pytest.fixture(scope="module")
def run(emulator: Emulator, role: str) -> Iterator[Run]:
    with function_of(emulator, ANYTHING, role, Timeout=5) as arn:
        yield runner(emulator, arn)


@pytest.fixture(scope="module")
def run_json(emulator: Emulator, role: str) -> Iterator[Run]:
    logging = {"LogFormat": "JSON", "SystemLogLevel": "INFO", "ApplicationLogLevel": "INFO"}
    with function_of(emulator, ANYTHING, role, Timeout=1, LoggingConfig=logging) as arn:
        yield runner(emulator, arn)


def test_the_functions_lines_stand_between_start_and_end(run: Run) -> None:
    """Standard output, standard error and log records come in the order they were written."""
    answer = run("""
    import logging, sys
    print('first')
    logging.getLogger().error('second')
    print('third', file=sys.stderr)
    logging.getLogger().error('fourth')
    """)
    start = answer.lines.index(f"START RequestId: {answer.request_id} Version: $LATEST")
    end = answer.lines.index(f"END RequestId: {answer.request_id}")
    written = [line.split("\t")[-1] for line in answer.lines[start + 1 : end]]

    assert written == ["first", "second", "third", "fourth"]
    assert answer.lines[end + 1].startswith(f"REPORT RequestId: {answer.request_id}\t")


def test_only_a_cold_start_reports_init(emulator: Emulator, role: str) -> None:
    """Init Duration is in the first report, and billed; a warm start has none.

    That the answer has no more than the invocation said is recorded in LocalStack's tests at
    v4.14.0, lambda_/test_lambda.py::TestLambdaFeatures::test_invocation_with_logs.
    """
    source = "import time; time.sleep(0.2)\ndef handler(event, context): pass"
    with function_of(emulator, zipped(source), role) as function:
        cold, warm = invoke(emulator, function), invoke(emulator, function)
        events = await_logs(emulator, log_group_of(function), lambda it: len(it) > 6)

    assert events[0]["message"].startswith("INIT_START Runtime Version: python:3.13")
    assert cold.lines[0].startswith("START RequestId: ")  # the init phase is in the log alone
    assert float(cold.report["Init Duration"]) >= 200
    billed = float(cold.report["Duration"]) + float(cold.report["Init Duration"])
    assert abs(int(cold.report["Billed Duration"]) - billed) <= 1.01
    assert "Init Duration" not in warm.report
    assert int(warm.report["Billed Duration"]) < 200


def test_report_is_written_as_on_aws(run: Run) -> None:
    """Fields, units and tabs are those that tools parse."""
    run("pass")
    line = next(line for line in run("pass").lines if line.startswith("REPORT"))

    assert re.fullmatch(
        r"REPORT RequestId: [0-9a-f-]{36}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 256 MB\tMax Memory Used: \d+ MB\t",
        line,
    )


def test_output_without_an_end_of_line_is_kept(run: Run) -> None:
    """What a function leaves unfinished still belongs to its invocation."""
    assert "no newline" in run("print('no newline', end='')").lines


def test_what_a_dying_process_wrote_is_kept(run: Run) -> None:
    """The last words before a crash are in the log."""
    answer = run("import os; os.write(1, b'last words\\n'); os.kill(os.getpid(), 9)")

    assert "last words" in answer.lines


def test_output_of_subprocesses_is_in_the_log(run: Run) -> None:
    """Children write to the same log."""
    assert "from below" in run("import os; os.system('echo from below')").lines


def test_a_flood_of_output_does_not_block_the_function(run: Run) -> None:
    """More than a pipe holds is read while the function runs."""
    assert (
        run("print('x' * 100 + '\\n' * 1, end='')\nresult = print('y' * 2_000_000)").error is None
    )


def test_json_format_writes_platform_records(run_json: Run) -> None:
    """Every line of a function with LogFormat JSON is JSON, the platform's own too."""
    answer = run_json("import logging; logging.getLogger().warning('two\\nlines')")
    records = [json.loads(line) for line in answer.lines]
    by_type = {record["type"]: record["record"] for record in records if "type" in record}
    message = next(record for record in records if "message" in record)

    assert by_type["platform.start"]["requestId"] == answer.request_id
    assert by_type["platform.start"]["version"] == "$LATEST"
    assert by_type["platform.report"]["status"] == "success"
    metrics = by_type["platform.report"]["metrics"]
    assert {"durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB"} <= set(metrics)
    assert (message["level"], message["message"]) == ("WARNING", "two\nlines")
    assert message["requestId"] == answer.request_id
    assert "platform.runtimeDone" not in by_type


def test_json_format_reports_a_timeout(run_json: Run) -> None:
    """In JSON the report's status says what the text format says in a line of its own."""
    answer = run_json("import time; time.sleep(10)")
    records = [json.loads(line) for line in answer.lines]
    report = next(record for record in records if record.get("type") == "platform.report")

    assert report["record"]["status"] == "timeout"
    assert answer.payload["errorType"] == "Sandbox.Timedout"


def test_json_format_drops_what_is_below_the_application_log_level(run_json: Run) -> None:
    """Records of `logging` and JSON lines on standard output are filtered by their level."""
    answer = run_json("""
    import json, logging
    at = {'timestamp': '2026-01-01T10:00:00.000Z'}
    logging.getLogger().debug('hidden record')
    print(json.dumps({**at, 'level': 'DEBUG', 'message': 'hidden line'}))
    print(json.dumps({**at, 'level': 'ERROR', 'message': 'shown line'}))
    print(json.dumps({'level': 'DEBUG', 'message': 'a line without a time counts as INFO'}))
    """)

    assert "hidden" not in answer.log
    assert "shown line" in answer.log
    assert "counts as INFO" in answer.log


def test_deeply_nested_lines_are_lines(run_json: Run) -> None:
    """With LogFormat JSON too, where each line is looked at for its level: it is no JSON."""
    answer = run_json("""
    print('[' * 100_000)
    print('{"a":' * 100_000)
    print('{"level": "ERROR", "a":' + '[' * 5000 + ']' * 5000 + '}')
    result = 3
    """)
    assert (answer.error, answer.payload) == (None, 3)
    assert "]]]]}" in answer.log  # of which there are only the last 4 KB
