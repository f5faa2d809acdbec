"""Functions of another Python than the emulator's, which ./tapstack install --python makes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.function_runtimes import VERSIONS, find_python
from harness.problems import Problem
from harness.targets.emulator import EmulatorConfig, start
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for
from tests.emulator.invocations import ANYTHING, Run, runner


@pytest.fixture(scope="module")
def version() -> str:
    """A version that this machine has."""
    for one in VERSIONS:
        try:
            find_python(one)
        except Problem:
            continue
        return one
    reason = f"needs one of Python {', '.join(VERSIONS)}"
    if os.environ.get("TAPSTACK_REQUIRE_RUNTIMES") == "1":
        raise FileNotFoundError(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def run(
    version: str, installation: Path, project_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """Run code in a function of that version, in an installation that has a runtime for it."""
    place = tmp_path_factory.mktemp("installation")
    runtime = place / "runtimes" / f"python{version}"
    (place / "emulator-venv").symlink_to(installation / "emulator-venv")
    subprocess.run([find_python(version), "-I", "-m", "venv", "--without-pip", runtime], check=True)
    uv = Path(sys.executable).parent / "uv"
    lock = project_root / "emulator" / "runtime" / "requirements.lock"
    python = ("--python", runtime / "bin" / "python")
    subprocess.run([uv, "pip", "sync", "-q", *python, "--require-hashes", lock], check=True)
    config = EmulatorConfig(tmp_path_factory.mktemp("state"), port=0, installation=place)
    with start(config, background=False) as running:
        emulator = Emulator(running)
        with (
            role_for(emulator, "sts:*") as role,
            function_of(emulator, ANYTHING, role, Runtime=f"python{version}") as arn,
        ):
            yield runner(emulator, arn)


def test_it_runs_on_its_version_with_awss_modules(run: Run, version: str) -> None:
    """The same boto3 as for Python 3.13, as the function's role."""
    answer = run("""
    import boto3, sys
    me = boto3.client('sts').get_caller_identity()['Arn']
    result = ['{}.{}'.format(*sys.version_info), me, sys.executable]
    """)

    assert answer.payload[0] == version
    assert ":assumed-role/role-" in answer.payload[1]
    assert answer.payload[2] == "/var/lang/bin/python"


def test_its_errors_are_those_of_the_runtime_client(run: Run) -> None:
    """As for every Python."""
    answer = run("raise ValueError('no such picture')")

    assert (answer.payload["errorType"], answer.error) == ("ValueError", "Unhandled")
    assert "[ERROR] ValueError: no such picture" in answer.lines
