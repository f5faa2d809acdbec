"""An environment is frozen between invocations, and what it left behind goes on with the next.

Source: Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle":
"background processes or callbacks that were initiated by your Lambda function and did not complete
when the function ended resume if Lambda reuses the execution environment".
"""

import time

import psutil
import pytest

from harness.polling import wait_until
from tests.emulator.conftest import Emulator, StartEmulator
from tests.emulator.functions import function_of, zipped
from tests.emulator.invocations import Run, invoke, lasting_function, runner

PAUSE_S = 3.0
COUNTS = PAUSE_S / 0.05  # that there would be in a pause
# Counts twenty times a second, in a thread that outlives the invocation.
COUNT = """
import sys, threading, time
sys.count = 0
def count():
    while True:
        time.sleep(0.05)
        sys.count += 1
threading.Thread(target=count, daemon=True).start()
"""
# The same in a process of its own, which writes to /tmp.
COUNT_OUTSIDE = """
import subprocess, sys
code = '''
import time
while True:
    time.sleep(0.05)
    with open("/tmp/count", "a") as file: file.write("1")
'''
subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
"""
COUNTED = {COUNT: "sys.count", COUNT_OUTSIDE: "os.path.getsize('/tmp/count')"}
COUNT_IN_NODE = """
let count = 0;
exports.handler = async () => {
    if (!count) setInterval(() => { count += 1; }, 50);
    const before = count;
    while (count < before + 3) await new Promise((resolve) => setTimeout(resolve, 50));
    return [before, count];
};
"""


@pytest.mark.parametrize("counting", COUNTED)
def test_threads_and_processes_stand_still_between_invocations(run: Run, counting: str) -> None:
    """They go on where they were, once the next invocation comes."""
    count = COUNTED[counting]
    wait = f"""
import os, sys, time
while not os.path.exists('/tmp/count') and not hasattr(sys, 'count'): time.sleep(0.05)
before = {count}
while {count} < before + 3: time.sleep(0.05)
result = [before, {count}]
"""
    _, first = run(f"{counting}\n{wait}").payload
    time.sleep(PAUSE_S)
    before, after = run(wait).payload

    assert before < first + COUNTS / 2
    assert after > before + 2


def test_timers_of_nodejs_stand_still_between_invocations(emulator: Emulator, role: str) -> None:
    """An interval that an async handler leaves behind goes on with the next invocation."""
    node = {"Runtime": "nodejs20.x", "Handler": "handler.handler"}
    package = zipped(COUNT_IN_NODE, "handler.js")
    with function_of(emulator, package, role, **node) as arn:
        _, first = invoke(emulator, arn).payload
        time.sleep(PAUSE_S)
        before, after = invoke(emulator, arn).payload

    assert before < first + COUNTS / 2
    assert after > before + 2


def test_what_a_thread_says_late_is_in_the_log_of_the_next_invocation(run: Run) -> None:
    """Nothing is written to the log while nothing runs."""
    late = "lambda: print('said late', flush=True)"
    first = run(f"import sys, threading; sys.late = threading.Timer(2, {late}); sys.late.start()")
    time.sleep(PAUSE_S)
    second = run("import sys; sys.late.join()")

    assert "said late" not in first.lines
    lines = second.lines
    (start,) = (at for at, line in enumerate(lines) if line.startswith("START"))
    (end,) = (at for at, line in enumerate(lines) if line.startswith("END"))
    assert start < lines.index("said late") < end


def test_all_processes_of_an_idle_environment_are_stopped(start_emulator: StartEmulator) -> None:
    """Also one that was made in advance, which no invocation had yet; and all end with it."""
    emulator = start_emulator()
    name = lasting_function(emulator, Timeout=20)
    runner(emulator, name)(COUNT_OUTSIDE)
    client = emulator.client("lambda")
    version = client.publish_version(FunctionName=name)["Version"]
    client.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=version, ProvisionedConcurrentExecutions=1
    )
    wait_until(
        lambda: client.get_provisioned_concurrency_config(FunctionName=name, Qualifier=version),
        until=lambda found: found["Status"] == "READY",
        deadline_s=30,
        describe="an environment to be made in advance",
    )
    processes = psutil.Process(emulator.running.pid).children(recursive=True)
    stopped = [each for each in processes if each.status() == psutil.STATUS_STOPPED]
    answer = client.invoke(FunctionName=name, Qualifier=version, Payload='{"code": "result = 1"}')
    told = answer["Payload"].read()
    client.delete_function(FunctionName=name)
    gone, left = psutil.wait_procs(processes, timeout=20)

    assert len(stopped) == 3  # two runtimes, and the process that one of them left behind
    assert told == b"1"
    assert (len(gone), left) == (7, [])  # with outer and init of both environments


def test_functions_without_namespaces_stand_still_too(start_emulator: StartEmulator) -> None:
    """And end all the same."""
    emulator = start_emulator(TAPSTACK_FUNCTION_ISOLATION="off")
    name = lasting_function(emulator, Timeout=20)
    run = runner(emulator, name)
    first = run(f"{COUNT}\nresult = sys.count").payload
    time.sleep(PAUSE_S)
    counted = run("import sys; result = sys.count").payload
    processes = psutil.Process(emulator.running.pid).children(recursive=True)
    emulator.client("lambda").delete_function(FunctionName=name)
    _, left = psutil.wait_procs(processes, timeout=20)

    assert counted < first + COUNTS / 2
    assert left == []
