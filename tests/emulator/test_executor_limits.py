"""The limits of Lambda: time, memory, the init phase, the size of a response."""

from collections.abc import Iterator

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, zipped
from tests.emulator.invocations import ANYTHING, Run, invoke, runner
from tests.emulator.observations import await_logs, log_group_of

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def run(emulator: Emulator, role: str) -> Iterator[Run]:
    with function_of(emulator, ANYTHING, role, Timeout=20, MemorySize=128) as arn:
        yield runner(emulator, arn)


@pytest.fixture(scope="module")
def run_briefly(emulator: Emulator, role: str) -> Iterator[Run]:
    """A function that has two seconds."""
    with function_of(emulator, ANYTHING, role, Timeout=2, MemorySize=128) as arn:
        yield runner(emulator, arn)


def test_a_timeout_ends_the_invocation_with_awss_message(run_briefly: Run) -> None:
    """The caller gets Sandbox.Timedout and the log AWS's line and status."""
    answer = run_briefly("import time; print('started', flush=True); time.sleep(30)")

    assert answer.error == "Unhandled"
    assert answer.payload == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {answer.request_id} Error: Task timed out after 2.00 seconds",
    }
    assert "started" in answer.lines
    assert any(
        line.endswith(f"{answer.request_id} Task timed out after 2.00 seconds")
        for line in answer.lines
    )
    assert answer.report["Duration"] == "2000.00"
    assert answer.report["Billed Duration"].isdigit()
    assert answer.report["Status"] == "timeout"


def test_after_a_timeout_the_next_invocation_gets_a_fresh_process(run_briefly: Run) -> None:
    """The process is gone, but /tmp is kept, as AWS resets an environment."""
    run_briefly("import sys, pathlib; sys.mark = 1; pathlib.Path('/tmp/mark').touch()")
    run_briefly("import time; time.sleep(30)")

    code = "import sys, os; result = [hasattr(sys, 'mark'), os.path.exists('/tmp/mark')]"
    answer = run_briefly(code)

    assert answer.payload == [False, True]
    assert "Init Duration" not in answer.report


def test_ignoring_signals_does_not_outlast_a_timeout(run_briefly: Run) -> None:
    """A function that ignores every signal it can is killed all the same."""
    code = """
    import signal, time
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(30)
    """
    assert run_briefly(code).payload["errorType"] == "Sandbox.Timedout"


def test_more_memory_than_configured_ends_the_invocation(run: Run) -> None:
    """The caller gets Runtime.OutOfMemory; REPORT shows the whole memory as used."""
    answer = run(f"import time; block = bytearray({200 * MIB}); time.sleep(1)")

    assert answer.error == "Unhandled"
    assert answer.payload == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": f"RequestId: {answer.request_id} Error: "
        "Runtime exited with error: signal: killed",
    }
    assert answer.report["Max Memory Used"] == answer.report["Memory Size"] == "128"
    assert answer.report["Error Type"] == "Runtime.OutOfMemory"


def test_a_short_peak_of_memory_counts(run: Run) -> None:
    """Memory that is freed at once would have ended the process on AWS, so it does here."""
    assert run(f"bytearray({150 * MIB})").payload["errorType"] == "Runtime.OutOfMemory"


def test_memory_of_subprocesses_counts(run: Run) -> None:
    """The limit is for everything that runs in the environment."""
    code = f"""
    import subprocess, sys
    hog = 'import time; block = bytearray({180 * MIB}); time.sleep(1.5)'
    subprocess.run([sys.executable, '-c', hog])
    """
    assert run(code).payload["errorType"] == "Runtime.OutOfMemory"


def test_files_in_memory_count(run: Run) -> None:
    """What is written to a memfd is no process's resident memory, and memory all the same."""
    code = """
    import os, time
    kept = os.memfd_create("kept")
    chunk = bytes(1 << 20)
    for _ in range(200):
        os.write(kept, chunk)
    time.sleep({pause})
    """
    for pause in ("1", "0"):
        answer = run(code.format(pause=pause))
        assert answer.payload["errorType"] == "Runtime.OutOfMemory", pause


def test_a_file_in_memory_that_is_mapped_counts_once(run: Run) -> None:
    code = """
    import mmap, os, time
    kept = os.memfd_create("kept")
    os.truncate(kept, 60 << 20)
    view = mmap.mmap(kept, 60 << 20)
    for start in range(0, 60 << 20, 1 << 20):
        view[start : start + (1 << 20)] = bytes(1 << 20)
    time.sleep(0.5)
    result = len(view)
    view.close()
    os.close(kept)  # or the environment would keep it for the next test
    """
    assert run(code).payload == 60 << 20


def test_memory_shared_by_processes_counts_once(run: Run) -> None:
    """Forks that only read what their parent has do not take memory of their own."""
    code = f"""
    import os, time
    block = bytearray({60 * MIB})
    child = os.fork()
    if not child:
        time.sleep(0.5)
        os._exit(0)
    os.waitpid(child, 0)
    result = len(block)
    """
    assert run(code).payload == 60 * MIB


def test_a_report_line_has_the_memory_that_was_used(run: Run) -> None:
    """Max Memory Used is the resident memory at its peak."""
    run("import os; os._exit(1)")

    used = int(run(f"block = bytearray({40 * MIB})").report["Max Memory Used"])

    assert 50 <= used <= 90


def test_init_that_takes_over_ten_seconds_is_retried_within_the_functions_timeout(
    emulator: Emulator, role: str
) -> None:
    """The init phase ends after 10 s and starts again as part of the invocation."""
    source = "import time; time.sleep(10.5)\ndef handler(event, context): return 'done'"
    with function_of(emulator, zipped(source), role, Timeout=20) as function:
        answer = invoke(emulator, function)
        await_logs(
            emulator,
            log_group_of(function),
            lambda lines: any("Phase: init\tStatus: timeout" in line for line in lines),
        )

    assert answer.payload == "done"
    assert float(answer.report["Duration"]) > 10_000
    assert "Init Duration" not in answer.report


def test_a_response_over_6_mb_is_an_error(run: Run) -> None:
    """A response may have 6 MB; a larger one is replaced by AWS's error."""
    assert len(run("result = 'x' * 6_000_000").payload) == 6_000_000
    assert run("result = 'x' * 6_300_000").payload["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_function_has_1024_open_files(run: Run) -> None:
    """Lambda Developer Guide, "Lambda quotas"; recorded: LocalStack's test_runtime_ulimits."""
    answer = run(
        "import resource; result = [resource.getrlimit(one) for one in "
        "(resource.RLIMIT_NOFILE, resource.RLIMIT_MEMLOCK)]"
    )
    assert answer.payload == [[1024, 1024], [65536, 65536]]
    answer = run("kept = [open('/dev/null') for _ in range(2000)]")
    assert answer.payload["errorMessage"].startswith("[Errno 24] Too many open files")
