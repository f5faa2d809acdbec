"""A wrapper script starts a function's runtime.

Source: AWS Lambda Developer Guide, "Modifying the runtime environment", Wrapper scripts; recorded:
LocalStack's tests at v4.14.0, lambda_/test_lambda_common.py, test_runtime_wrapper_invoke. What is
said of a script that is none is in the start scripts of AWS's runtimes.
"""

import io
import uuid
import zipfile

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of
from tests.emulator.invocations import ANYTHING, invoke, runner
from tests.emulator.nodejs.conftest import ANYTHING as ANYTHING_IN_NODE
from tests.emulator.nodejs.conftest import runtime as runtime

_ADDS_A_VARIABLE = '#!/bin/bash\nexport ADDED="by $AWS_LAMBDA_FUNCTION_NAME"\nexec "$@"\n'
# As the guide's example: options of the interpreter go before the last argument.
_ADDS_AN_OPTION = """#!/bin/bash
args=("$@")
exec "${args[@]:0:$#-1}" -X importtime "${args[@]: -1}"
"""
_NAMES_ANOTHER_HANDLER = """#!/bin/sh
export ORIGINAL="$_HANDLER" _HANDLER=tracing.handler
exec "$@"
"""
_TRACING = """
import os
def handler(event, context):
    return ["traced", os.environ["ORIGINAL"]]
"""


def _added(package: bytes, files: dict[str, str], mode: int = 0o755) -> bytes:
    """The package with more files of this mode."""
    content = io.BytesIO(package)
    with zipfile.ZipFile(content, "a") as more:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = (0o100000 | mode) << 16
            more.writestr(entry, text)
    return content.getvalue()


def _wrapped(path: str) -> dict[str, dict[str, str]]:
    return {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": path}}


def test_a_wrapper_of_the_package_starts_the_runtime(emulator: Emulator, role: str) -> None:
    """It has the function's variables, and what it exports is the function's."""
    code = _added(ANYTHING, {"wrapper": _ADDS_A_VARIABLE})
    with function_of(emulator, code, role, Environment=_wrapped("/var/task/wrapper")) as arn:
        found = runner(emulator, arn)("import os; result = os.environ['ADDED']").payload

    assert found == f"by {arn.rsplit(':', 1)[1]}"


def test_a_wrapper_of_a_layer_adds_options_of_the_interpreter(
    emulator: Emulator, role: str
) -> None:
    """The runtime's program is the last argument: the guide's example logs the imports."""
    functions = emulator.client("lambda")
    layer = functions.publish_layer_version(
        LayerName=f"wrapper-{uuid.uuid4().hex[:8]}",
        Content={"ZipFile": _added(b"", {"bin/importtime_wrapper": _ADDS_AN_OPTION})},
    )["LayerVersionArn"]
    name, version = layer.rsplit(":", 1)
    environment = _wrapped("/opt/bin/importtime_wrapper")
    try:
        with function_of(emulator, ANYTHING, role, Layers=[layer], Environment=environment) as arn:
            answer = runner(emulator, arn)("import sys, wave; result = sys._xoptions")
    finally:
        functions.delete_layer_version(LayerName=name, VersionNumber=int(version))

    assert answer.payload == {"importtime": True}
    assert any(line.startswith("import time:") and "wave" in line for line in answer.lines)


def test_a_wrapper_names_another_handler(emulator: Emulator, role: str) -> None:
    """As those of tracing do: the runtime takes the handler from the environment."""
    code = _added(ANYTHING, {"wrapper": _NAMES_ANOTHER_HANDLER, "tracing.py": _TRACING})
    with function_of(emulator, code, role, Environment=_wrapped("/var/task/wrapper")) as arn:
        assert invoke(emulator, arn).payload == ["traced", "handler.handler"]


def test_a_wrapper_starts_nodejs(emulator: Emulator, role: str, runtime: str) -> None:
    """Functions in Node.js have them, too."""
    code = _added(b"", {"index.js": ANYTHING_IN_NODE, "wrapper": _ADDS_A_VARIABLE})
    with function_of(
        emulator,
        code,
        role,
        Runtime=runtime,
        Handler="index.handler",
        Environment=_wrapped("/var/task/wrapper"),
    ) as arn:
        found = runner(emulator, arn)("return process.env.ADDED").payload

    assert found == f"by {arn.rsplit(':', 1)[1]}"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/var/task/nothing", 127, "/var/task/nothing: does not exist"),
        ("/var/task/handler.py", 126, "/var/task/handler.py: is not an executable"),
    ],
)
def test_what_is_no_wrapper_ends_the_runtime(
    emulator: Emulator, role: str, path: str, status: int, said: str
) -> None:
    """The function is made, and fails when it is invoked."""
    code = _added(b"", {"handler.py": "def handler(event, context): pass"}, mode=0o644)
    with function_of(emulator, code, role, Environment=_wrapped(path)) as arn:
        answer = invoke(emulator, arn)

    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert answer.payload["errorMessage"].endswith(
        f"Error: Runtime exited with error: exit status {status}"
    )
    assert said in answer.log
