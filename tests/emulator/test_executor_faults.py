"""How functions fail, and that what AWS says about it is said here."""

import platform
import re
import uuid
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, zipped
from tests.emulator.invocations import ANYTHING, Run, invoke, runner


@pytest.fixture(scope="module")
def run(emulator: Emulator, role: str) -> Iterator[Run]:
    with function_of(emulator, ANYTHING, role, Timeout=20) as arn:
        yield runner(emulator, arn)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit(0)", "Runtime exited without providing a reason"),
        ("import sys; sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("import os; os._exit(1)", "Runtime exited with error: exit status 1"),
        ("import os; os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("import os; os.kill(os.getpid(), 15)", "Runtime exited with error: signal: terminated"),
        ("import os; os.abort()", "Runtime exited with error: signal: aborted"),
        (
            "import ctypes; ctypes.string_at(0)",
            "Runtime exited with error: signal: segmentation fault",
        ),
    ],
)
def test_a_process_that_ends_is_an_exit_error(run: Run, code: str, reason: str) -> None:
    """However the process ends, the caller gets Runtime.ExitError in AWS's words."""
    answer = run(code)

    assert answer.error == "Unhandled"
    assert answer.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {answer.request_id} Error: {reason}",
    }
    assert f"RequestId: {answer.request_id} Error: {reason}" in answer.lines
    assert answer.report["Status"] == "error"
    assert answer.report["Error Type"] == "Runtime.ExitError"


def test_after_an_exit_the_function_works_again(run: Run) -> None:
    """The next invocation gets a fresh process."""
    run("import os; os._exit(1)")

    assert run("result = 'fine'").payload == "fine"


def test_an_exception_is_returned_with_its_trace(run: Run) -> None:
    """The payload is what the runtime posts; the log has the trace as one event."""
    answer = run("raise ValueError('no such picture')")

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "ValueError"
    assert answer.payload["errorMessage"] == "no such picture"
    assert answer.payload["requestId"] == answer.request_id
    assert "/var/task/handler.py" in answer.payload["stackTrace"][0]
    assert "[ERROR] ValueError: no such picture" in answer.lines
    assert "Status" not in answer.report


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        (
            "import not_in_the_package",
            "Runtime.ImportModuleError",
            "Unable to import module 'handler': No module named 'not_in_the_package'",
        ),
        (
            "other = 1",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'handler'",
        ),
        (
            "def handler(:",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'handler': invalid syntax (handler.py, line 1)",
        ),
        ("raise KeyError('SETTING')", "KeyError", "'SETTING'"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_an_init_error(
    emulator: Emulator, role: str, source: str, error_type: str, message: str
) -> None:
    """The runtime's init error is the result; the log tells of both attempts."""
    with function_of(emulator, zipped(source), role) as function:
        answer = invoke(emulator, function)

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == error_type
    assert answer.payload["errorMessage"] == message
    assert f"[ERROR] {error_type}: {message}" in answer.lines
    assert any("Phase: invoke\tStatus: error" in line for line in answer.lines)


def test_a_module_that_exits_is_an_exit_error(emulator: Emulator, role: str) -> None:
    """Leaving while the module is loaded ends init and then the invocation."""
    with function_of(emulator, zipped("import sys; sys.exit(1)"), role) as function:
        answer = invoke(emulator, function)

    assert answer.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {answer.request_id} Error: "
        "Runtime exited with error: exit status 1",
    }


def test_failed_init_is_tried_again_by_the_next_invocation(emulator: Emulator, role: str) -> None:
    """A function that could not start may start later, in the same environment."""
    source = """
import pathlib
attempts = pathlib.Path('/tmp/attempts')
attempts.write_text(attempts.read_text() + 'x' if attempts.exists() else 'x')
if len(attempts.read_text()) < 3:
    raise RuntimeError('not yet')
def handler(event, context):
    return attempts.read_text()
"""
    with function_of(emulator, zipped(source), role) as function:
        first, second = invoke(emulator, function), invoke(emulator, function)

    assert first.payload["errorMessage"] == "not yet"
    assert second.payload == "xxx"


@pytest.mark.parametrize(
    ("configuration", "reason"),
    [
        ({"Runtime": "python3.9"}, "python3.9 is needed to run this function"),
        ({"Runtime": "nodejs18.x"}, "nodejs18.x is needed to run this function"),
        ({"Runtime": "ruby3.4"}, "ruby3.4 is needed to run this function"),
    ],
)
def test_a_runtime_that_is_not_installed_is_refused(
    emulator: Emulator, role: str, configuration: dict[str, str], reason: str
) -> None:
    """CreateFunction fails and says which interpreter is needed and which there are."""
    client = emulator.client("lambda")

    with pytest.raises(client.exceptions.InvalidParameterValueException) as refused:
        client.create_function(
            FunctionName="unsupported",
            Role=role,
            Handler="handler.handler",
            Code={"ZipFile": ANYTHING},
            **configuration,
        )

    assert reason in str(refused.value)
    assert re.search(r"installed: .*python3\.13", str(refused.value))


def test_code_is_no_folder_of_this_machine(emulator: Emulator, role: str) -> None:
    """LocalStack mounts the folder `S3Key` where the bucket is called hot-reload."""
    lambda_ = emulator.client("lambda")
    for bucket in ("hot-reload", "__local__"):
        with pytest.raises(ClientError, match="bucket"):
            lambda_.create_function(
                FunctionName=f"folder-{uuid.uuid4().hex[:8]}",
                Runtime="python3.13",
                Role=role,
                Handler="handler.handler",
                Code={"S3Bucket": bucket, "S3Key": "/etc"},
            )


def test_an_architecture_of_another_machine_is_refused(emulator: Emulator, role: str) -> None:
    """A package for a processor that this machine has not would fail at its first binary."""
    foreign = "x86_64" if platform.machine() in ("aarch64", "arm64") else "arm64"
    client = emulator.client("lambda")

    with pytest.raises(
        client.exceptions.InvalidParameterValueException, match=f"built for {foreign}"
    ):
        client.create_function(
            FunctionName="foreign",
            Role=role,
            Runtime="python3.13",
            Handler="handler.handler",
            Architectures=[foreign],
            Code={"ZipFile": ANYTHING},
        )
