"""Where the kernel refuses namespaces, functions work, with what can be kept private without."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from harness.polling import wait_until
from harness.settings import Settings
from harness.targets.endpoint import EndpointTarget
from harness.targets.isolation import why_not_isolated
from tests.emulator.conftest import Emulator, StartEmulator
from tests.emulator.invocations import Run, lasting_function, runner

ORPHAN = """
import subprocess, sys
leave = "import os, time; os.setsid(); os.fork() and os._exit(0); time.sleep(300)"
subprocess.run([sys.executable, '-c', leave])
"""


@pytest.fixture
def emulator(start_emulator: StartEmulator) -> Emulator:
    return start_emulator(TAPSTACK_FUNCTION_ISOLATION="off")


@pytest.fixture
def run(emulator: Emulator) -> Run:
    return runner(emulator, lasting_function(emulator, Timeout=3))


def test_what_needs_no_namespaces_is_private(run: Run, emulator: Emulator) -> None:
    """Temporary files, the home folder, modules and variables are the function's own."""
    code = """
    import os, sys, tempfile, importlib.util
    result = {
        'home': os.path.expanduser('~'),
        'temporary': tempfile.gettempdir(),
        'first': sys.path[0],
        'cwd': os.getcwd(),
        'foreign': [name for name in ('localstack', 'PIL') if importlib.util.find_spec(name)],
        'boto3': importlib.util.find_spec('boto3') is not None,
    }
    """
    found = run(code).payload

    assert found["home"] == found["temporary"] != "/tmp"
    assert found["first"] == found["cwd"]
    assert Path(found["first"], "handler.py").exists()
    assert (found["foreign"], found["boto3"]) == ([], True)
    assert emulator.log.read_text().count("Functions share /tmp") == 1


def test_limits_and_faults_are_the_same(run: Run) -> None:
    """Time-out, memory and crashes do not depend on namespaces."""
    timeout = run("import time; time.sleep(30)").payload
    memory = run("import time; block = bytearray(400_000_000); time.sleep(1)").payload
    crash = run("import os; os._exit(7)").payload

    assert timeout["errorType"] == "Sandbox.Timedout"
    assert memory["errorType"] == "Runtime.OutOfMemory"
    assert crash["errorMessage"].endswith("Runtime exited with error: exit status 7")
    assert run("result = 1").payload == 1


def test_who_runs_it_learns_of_it(emulator: Emulator, project_root: Path) -> None:
    """`status` says so, before there is a function too; runs take it from the same place."""
    target = EndpointTarget(Settings(endpoint=emulator.endpoint))
    assert why_not_isolated(target) == "switched off"

    said = subprocess.run(
        [sys.executable, "-m", "harness", "status"],
        cwd=project_root,
        env={**os.environ, "TARGET": "endpoint", "ENDPOINT_URL": emulator.endpoint},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Functions are not isolated here (switched off)" in said


@pytest.mark.parametrize("end", ["timeout", "kill"])
def test_orphans_end_with_their_environment(run: Run, emulator: Emulator, end: str) -> None:
    """A process that left its family ends with a time-out and with the emulator."""
    run(ORPHAN)
    process = psutil.Process(emulator.running.pid)
    below = process.children(recursive=True)
    assert len(below) == 4

    if end == "timeout":
        run("import time; time.sleep(30)")
    else:
        process.kill()
    wait_until(
        lambda: [each for each in below if each.is_running()],
        until=lambda living: not living,
        deadline_s=20,
        interval_s=0.1,
        describe="the end of all processes of the function",
    )
