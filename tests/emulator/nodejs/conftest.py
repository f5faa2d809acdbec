"""Functions in Node.js: the runtime that this machine has, and a function that runs any code.

Without Node.js these tests are skipped, or fail if TAPSTACK_REQUIRE_RUNTIMES=1 says that there
must be one (`.ci/node` installs it).
"""

import io
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for
from tests.emulator.invocations import Invocation, Run, invoke, runner

# Runs the code in its event, so that each test says itself what its function does.
ANYTHING = """
exports.handler = async (event, context) =>
    eval(`(async () => { ${event.code} })()`);
"""
Invoke = Callable[..., Invocation]


def packed(files: dict[str, str]) -> bytes:
    """A package with these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for name, text in files.items():
            package.writestr(name, text)
    return content.getvalue()


@pytest.fixture(scope="session")
def runtime() -> str:
    """The runtime whose Node.js this machine has, one with callbacks."""
    program = shutil.which("node")
    asked = [program, "-p", "process.versions.node"] if program else ["false"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    if (major := said.partition(".")[0]) not in ("20", "22"):
        _need("Node.js 20 or 22 on the PATH")
    return f"nodejs{major}.x"


@pytest.fixture(scope="session")
def sdk(installation: Path) -> None:
    """The AWS SDK is installed."""
    if not (installation / "runtimes" / "nodejs" / ".installed").exists():
        _need("npm, before ./tapstack install")


def _need(what: str) -> NoReturn:
    reason = f"needs {what}, which `.ci/node` installs"
    if os.environ.get("TAPSTACK_REQUIRE_RUNTIMES") == "1":
        raise FileNotFoundError(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def role(emulator: Emulator) -> Iterator[str]:
    with role_for(emulator, "sts:*", "s3:*") as arn:
        yield arn


@pytest.fixture(scope="session")
def function(
    emulator: Emulator, role: str, runtime: str
) -> Callable[..., AbstractContextManager[str]]:
    """Make a function of some files, or of an index.js: its ARN, for the length of a block."""

    def make(files: dict[str, str] | str, **configuration: Any) -> AbstractContextManager[str]:
        package = packed({"index.js": files} if isinstance(files, str) else files)
        wanted = {"Runtime": runtime, "Handler": "index.handler", **configuration}
        return function_of(emulator, package, role, **wanted)

    return make


Function = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session")
def run(emulator: Emulator, function: Function) -> Iterator[Run]:
    """Run code in a function that lives as long as the tests: `run("return 1").payload`."""
    with function(ANYTHING) as arn:
        yield runner(emulator, arn)


@pytest.fixture(scope="session")
def invoked(emulator: Emulator, function: Function) -> Invoke:
    """Invoke a function of some files once."""

    def invoke_once(files: dict[str, str] | str, **configuration: Any) -> Invocation:
        with function(files, **configuration) as arn:
            return invoke(emulator, arn)

    return invoke_once
