"""Execution environments: started when needed, reused while warm, gone without a trace."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from harness.polling import wait_until
from tests.emulator.conftest import Emulator, StartEmulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.invocations import ANYTHING, Run, invoke, lasting_function, runner

DEADLINE_S = 20.0
# Leaves a process behind that has nothing to do with its parent any more.
ORPHAN = """
import subprocess, sys
sleep = [sys.executable, '-c', 'import time; time.sleep(300)']
subprocess.Popen(sleep, start_new_session=True)
"""


def _processes(emulator: Emulator) -> list[psutil.Process]:
    """All processes of the emulator's functions."""
    return psutil.Process(emulator.running.pid).children(recursive=True)


def _folders(emulator: Emulator) -> list[Path]:
    """The folders of all execution environments."""
    state = emulator.running.state_dir
    return [path.parent for path in state.rglob("environments/*/*/tmp")]


def _await_gone(processes: list[psutil.Process]) -> None:
    wait_until(
        lambda: [process for process in processes if _lives(process)],
        until=lambda living: not living,
        deadline_s=DEADLINE_S,
        interval_s=0.1,
        describe="the end of the functions' processes",
    )


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_warm_environment_is_reused(run: Run) -> None:
    """The second invocation finds what the first one left in memory and in /tmp."""
    run("import sys, pathlib; sys.mark = 1; pathlib.Path('/tmp/mark').touch()")

    code = "import sys, os; result = [hasattr(sys, 'mark'), os.path.exists('/tmp/mark')]"
    assert run(code).payload == [True, True]


def test_concurrent_invocations_have_processes_and_tmp_of_their_own(run: Run) -> None:
    """Each environment runs one invocation at a time."""
    code = """
    import os, pathlib, time, uuid
    before = os.listdir('/tmp')
    pathlib.Path('/tmp', uuid.uuid4().hex).touch()
    time.sleep(1.5)
    result = [before, os.environ['AWS_LAMBDA_LOG_STREAM_NAME']]
    """
    with ThreadPoolExecutor(3) as pool:
        answers = [done.payload for done in pool.map(run, [code] * 3)]

    assert [before for before, _ in answers] == [[], [], []]
    assert len({stream for _, stream in answers}) == 3


def test_a_new_version_of_the_code_starts_afresh(emulator: Emulator, role: str) -> None:
    """After an update no invocation reaches the old code or its environment."""
    with function_of(emulator, zipped("def handler(e, c): return 'old'"), role) as function:
        assert invoke(emulator, function).payload == "old"
        client = emulator.client("lambda")
        client.update_function_code(
            FunctionName=function, ZipFile=zipped("def handler(e, c): return 'new'")
        )
        client.get_waiter("function_updated_v2").wait(FunctionName=function)

        answer = invoke(emulator, function)

    assert answer.payload == "new"
    assert "Init Duration" in answer.report


def test_a_new_configuration_keeps_the_code(emulator: Emulator, role: str) -> None:
    """An update of the memory starts new environments with the package as it is."""
    with function_of(emulator, ANYTHING, role, MemorySize=256) as function:
        run, client = runner(emulator, function), emulator.client("lambda")
        run("pass")
        client.update_function_configuration(FunctionName=function, MemorySize=320)
        client.get_waiter("function_updated_v2").wait(FunctionName=function)

        answers = [run("result = open('handler.py').read()") for _ in range(2)]

    assert all("def handler" in answer.payload for answer in answers)
    assert answers[-1].report["Memory Size"] == "320"


def test_an_update_leaves_running_invocations_their_code(emulator: Emulator, role: str) -> None:
    """What runs when the code is replaced ends with the code it began with."""
    code = """
    import pathlib, time
    time.sleep(3)
    result = pathlib.Path('/var/task/handler.py').read_text()
    """
    with (
        function_of(emulator, ANYTHING, role, Timeout=20) as function,
        ThreadPoolExecutor(1) as pool,
    ):
        before = set(_folders(emulator))
        running = pool.submit(runner(emulator, function), code)
        wait_until(
            lambda: set(_folders(emulator)) - before,
            deadline_s=DEADLINE_S,
            interval_s=0.1,
            describe="the start of the invocation",
        )
        client = emulator.client("lambda")
        new_code = zipped("def handler(e, c): return 'new'")
        client.update_function_code(FunctionName=function, ZipFile=new_code)
        client.get_waiter("function_updated_v2").wait(FunctionName=function)
        new, old = invoke(emulator, function).payload, running.result().payload

    assert new == "new"
    assert "exec(event" in old


def test_a_process_that_ended_while_idle_is_replaced(emulator: Emulator, run: Run) -> None:
    """Nobody's invocation fails because the process died between two of them."""
    before = _processes(emulator)
    run("pass")
    own = [each for each in _processes(emulator) if each not in before]
    own[-1].kill()  # the runtime, which cannot end by itself: it is frozen
    _await_gone(own)

    assert run("result = 'fine'").payload == "fine"


def test_deleting_a_function_ends_its_processes_and_removes_its_folder(
    emulator: Emulator, role: str
) -> None:
    """Orphans of the function go with it."""
    before, folders = _processes(emulator), set(_folders(emulator))
    with function_of(emulator, ANYTHING, role) as function:
        runner(emulator, function)(ORPHAN)
        own = [each for each in _processes(emulator) if each not in before]
        (folder,) = set(_folders(emulator)) - folders

    assert len(own) == 4  # outer, init, runtime and the orphan
    _await_gone(own)
    wait_until(
        folder.exists,
        until=lambda there: not there,
        deadline_s=DEADLINE_S,
        interval_s=0.1,
        describe="the end of the environment's folder",
    )


def test_an_idle_environment_expires(start_emulator: StartEmulator) -> None:
    """After LAMBDA_KEEPALIVE_MS without an invocation the process and its folder are gone."""
    emulator = start_emulator(LAMBDA_KEEPALIVE_MS="1000")
    with role_for(emulator) as role, function_of(emulator, ANYTHING, role) as function:
        run = runner(emulator, function)
        run("import sys; sys.mark = 1")
        wait_until(
            lambda: (_processes(emulator), _folders(emulator)),
            until=lambda left: not any(left),
            deadline_s=DEADLINE_S,
            interval_s=0.1,
            describe="the end of the idle environment",
        )
        answer = run("import sys; result = hasattr(sys, 'mark')")

    assert answer.payload is False
    assert "Init Duration" in answer.report


def test_nothing_survives_a_killed_emulator(start_emulator: StartEmulator) -> None:
    """Runtimes and their orphans die with the emulator even if it can do nothing about it."""
    emulator = start_emulator()
    runner(emulator, lasting_function(emulator, Timeout=120))(ORPHAN)
    processes = _processes(emulator)
    assert len(processes) == 4

    psutil.Process(emulator.running.pid).kill()
    _await_gone(processes)


def test_a_busy_function_does_not_keep_the_emulator_from_stopping(
    start_emulator: StartEmulator,
) -> None:
    """SIGTERM ends the emulator within seconds, idle and busy environments with it."""
    emulator = start_emulator()
    idle, busy = lasting_function(emulator, Timeout=120), lasting_function(emulator, Timeout=120)
    runner(emulator, idle)("pass")
    emulator.client("lambda").invoke(
        FunctionName=busy,
        InvocationType="Event",
        Payload='{"code": "import time; time.sleep(100)"}',
    )
    wait_until(
        lambda: _processes(emulator),
        until=lambda found: len(found) == 6,
        deadline_s=DEADLINE_S,
        interval_s=0.1,
        describe="two running functions",
    )
    processes = _processes(emulator)

    process = psutil.Process(emulator.running.pid)
    process.terminate()
    _await_gone([process, *processes])
